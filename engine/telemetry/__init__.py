"""What the builds of the past came to, figure by figure."""
