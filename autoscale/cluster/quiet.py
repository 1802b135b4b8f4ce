"""What the client library logs: to the root logger it writes what a failing plugin said, which may be a credential."""

import logging


def hush() -> None:
    """Show no more of the root logger's own records; other libraries' warnings go to standard error as ever.

    It has to last: credentials are renewed in the middle of a run.
    """
    root = logging.getLogger()
    if not root.handlers:  # the library's first record would bring one
        handler = logging.StreamHandler()
        handler.setLevel(logging.WARNING)
        handler.addFilter(lambda record: record.name != root.name)
        root.addHandler(handler)
