"""The endpoint: kill switch, health and metrics over HTTP, on the machine itself."""
