"""One module for each form of results; a new one is found by itself."""
