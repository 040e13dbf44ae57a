"""Keys that a build gets only when it was granted them."""
