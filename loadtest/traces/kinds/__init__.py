"""The kinds of traces, one module each with ``READER``."""
