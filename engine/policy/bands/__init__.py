"""What the figures of builds are usually like."""
