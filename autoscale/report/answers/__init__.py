"""The four questions of the first screen, a file each: can I believe it, was it good enough, which phase was slow,
what should I change."""
