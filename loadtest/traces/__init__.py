"""Recorded demand as a rate plan: tables, access logs, answers of monitoring systems.

What a file is, is told by its content (``understand``); every reader is one module of this package with ``READER``, and
a new one is found by itself. What cannot be told is refused with the question, never guessed.
"""

from loadtest.traces.forms import Form, Understood
from loadtest.traces.mix import requests
from loadtest.traces.reading import SHOWN, cut, parse, read, understand, window

__all__ = ["SHOWN", "Form", "Understood", "cut", "parse", "read", "requests", "understand", "window"]
