"""Amounts of resources (name -> quantity): sums, greatest ones, and how the API server writes them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from autoscale.hpa.reading.quantities import show_quantity
from autoscale.kube.quantities import parse_quantity

Amounts = Mapping[str, Any]


def add(amounts: Iterable[Amounts]) -> dict[str, str]:
    """The sum, each resource in the unit (decimal or binary) in which it came first and was not 0."""
    sums: dict[str, Fraction] = {}
    units: dict[str, str] = {}
    for one in amounts:
        for name, held in one.items():
            value = parse_quantity(held)
            sums[name] = sums.get(name, Fraction(0)) + value
            if value:
                units.setdefault(name, str(held))
    return {name: _shown(value, units.get(name, "")) for name, value in sums.items()}


def most(amounts: Iterable[Amounts]) -> dict[str, Any]:
    """Of each resource the greatest amount."""
    found: dict[str, Any] = {}
    for one in amounts:
        for name, held in one.items():
            if name not in found or parse_quantity(held) > parse_quantity(found[name]):
                found[name] = held
    return found


def _shown(value: Fraction, like: str) -> str:
    if like.endswith("i") and value.denominator == 1 and value % 1024 == 0:
        return show_quantity(f"{value / 1024}Ki")
    return show_quantity(f"{value.numerator}" if value.denominator == 1 else f"{int(value * 10**9)}n")


def listed(amounts: Amounts) -> str:
    """``limits.cpu=1,pods=2``, as messages have them."""
    return ",".join(f"{name}={show_quantity(amounts[name])}" for name in sorted(amounts))
