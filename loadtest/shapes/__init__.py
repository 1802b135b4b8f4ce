"""Named shapes of load, one file each: every ``Shape`` in a file of this folder may be named in a scenario."""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Union, get_args

from pydantic import Field

from loadtest.shapes.shape import Shape


def _all() -> dict[str, type[Shape]]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {_kind(shape): shape for shape in Shape.__subclasses__()}


def _kind(shape: type[Shape]) -> str:
    return str(get_args(shape.model_fields["kind"].annotation)[0])


SHAPES = _all()
"""By the name that a scenario gives."""

# The union of what lies in a folder is not known before it is read; to a type checker it is the base.
if TYPE_CHECKING:
    AnyShape = Shape
else:
    AnyShape = Annotated[Union[tuple(SHAPES.values())], Field(discriminator="kind")]  # noqa: UP007

__all__ = ["SHAPES", "AnyShape", "Shape"]
