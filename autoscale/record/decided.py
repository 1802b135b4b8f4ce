"""What an HPA's row says that was decided, where the API has a 0 for what is not known."""

from autoscale.record.rows.hpa import Hpa


def decided_size(row: Hpa) -> int | None:
    """The size that the HPA wishes; None where none was decided.

    The API requires ``desiredReplicas``: an HPA that has had no metrics yet says 0 beside pods that run. That is no
    wish. 0 is one where the metrics were there, where a target at 0 is left alone (``ScalingDisabled``), and
    where the HPA itself went to 0.
    """
    if row["desired"] != 0:
        return row["desired"]
    active = row["conditions"].get("ScalingActive")
    if active is not None and (active["status"] == "True" or active["reason"] == "ScalingDisabled"):
        return 0
    return 0 if row["last_scale"] is not None and row["current"] == 0 else None
