"""JSON Patch, JSON Merge Patch, strategic merge and server-side apply, on plain objects."""
