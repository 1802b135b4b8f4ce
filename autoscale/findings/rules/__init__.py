"""The rules, one file each: every module here that has a ``RULE`` is one. Doubts about the test come first."""

import importlib
import pkgutil

from autoscale.findings.rule import Rule


def _found() -> tuple[Rule, ...]:
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.order))


RULES = _found()
