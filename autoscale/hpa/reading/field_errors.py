"""One mistake in one field, as the API server words it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from autoscale.kube.go import marshal, quote

Kind = Literal["Invalid value", "Required value", "Forbidden", "Unsupported value"]


class FieldError(NamedTuple):
    """``field`` is the path, ``value`` what was found as Go prints it (None where it is not shown)."""

    field: str
    kind: Kind
    value: str | None
    detail: str

    def __str__(self) -> str:
        text = f"{self.field}: {self.kind}"
        if self.value is not None:
            text += f": {self.value}"
        return f"{text}: {self.detail}" if self.detail else text


def invalid(field: str, value: int | str, detail: str) -> FieldError:
    """A value that is there but wrong."""
    return FieldError(field, "Invalid value", quote(value) if isinstance(value, str) else str(value), detail)


def invalid_name(field: str, value: str, detail: str) -> FieldError:
    """A wrong value of a type of its own (a resource name, a target type), which Go prints as JSON."""
    return FieldError(field, "Invalid value", marshal(value), detail)


def required(field: str, detail: str) -> FieldError:
    """A value that is missing."""
    return FieldError(field, "Required value", None, detail)


def forbidden(field: str, detail: str) -> FieldError:
    """A value that may not be there."""
    return FieldError(field, "Forbidden", None, detail)


def not_supported(field: str, value: str, supported: Sequence[str]) -> FieldError:
    """A value outside of a list."""
    shown = ", ".join(quote(each) for each in supported)
    return FieldError(field, "Unsupported value", marshal(value), f"supported values: {shown}")
