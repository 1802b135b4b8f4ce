"""What a record says of the VPA."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.scaling import VpaSpec


def vpa_spec(kept: Collected) -> VpaSpec | None:
    """The VPA as it was at the end; None where none was seen."""
    row = next((row for row in reversed(kept.vpas) if not row.get("removed")), None)
    if row is None:
        return None
    told = next((one["recommended"] for one in reversed(kept.vpas) if one["recommended"]), [])
    return VpaSpec(
        name=row["name"],
        mode=row["mode"],
        resources=tuple(row["resources"]),
        recommended_m={one["name"]: int(one["cpu_m"]) for one in told if one["cpu_m"] is not None},
    )
