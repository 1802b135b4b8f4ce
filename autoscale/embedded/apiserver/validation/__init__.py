"""What the API server refuses of an object, with upstream's causes."""
