"""Container images: those that are known, and those that are built here from a Dockerfile."""
