"""The forms of a report, one file each: its name is the form's, ``render(account)`` makes the text.

Loaded only when asked for: a template engine and charts are no matter of ten lines for a terminal.
"""

import importlib
import pkgutil

from autoscale.base.visible import visible
from autoscale.report.gather import Account


def names() -> list[str]:
    """The forms that there are."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def render(account: Account, form: str) -> str:
    """A report in one of ``names()``."""
    return visible(str(importlib.import_module(f"{__name__}.{form}").render(account)))
