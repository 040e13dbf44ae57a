"""What operators write about tasks, turned into specs."""
