"""The ResourceQuota controller: what is used of each quota, for those who look. (Admission counts by itself.)"""

from autoscale.hpa.reading.quantities import show_quantity
from autoscale.kube.conditions import is_terminating
from autoscale.plane.admission.quota import COUNTED, used_of
from autoscale.plane.controllers.common import changed_status, guarded
from autoscale.plane.store import Objects, UpdateStatus, Write
from autoscale.plane.view import CUSTOM

READS = (*COUNTED, CUSTOM)


def step(objects: Objects, now: float) -> list[Write]:  # noqa: ARG001
    """One pass over all quotas."""
    writes: list[Write] = []
    for quota in objects.list("ResourceQuota"):
        if is_terminating(quota):
            continue
        with guarded(quota):
            hard = {name: show_quantity(amount) for name, amount in (quota["spec"].get("hard") or {}).items()}
            status = {"hard": hard, "used": used_of(quota, objects)}
            if changed_status(quota, status):
                writes.append(UpdateStatus({**quota, "status": status}))
    return writes
