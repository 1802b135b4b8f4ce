"""The CronJob controller: a Job at each time of its schedule, and old Jobs cleared away.

Source of the rules: pkg/controller/cronjob (cronjob_controllerv2.go, utils.go) of Kubernetes 1.35.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from autoscale.base.times import format_time, parse_time
from autoscale.kube.conditions import is_terminating
from autoscale.kube.cron import Schedule, parse_schedule
from autoscale.kube.defaults import with_defaults
from autoscale.kube.kinds import Object
from autoscale.kube.references import reference
from autoscale.plane.admission.jobs import identified
from autoscale.plane.controllers.common import by_owner, changed_status, guarded, owner_reference
from autoscale.plane.controllers.job import finished_as
from autoscale.plane.controllers.making import Maker, told_lately
from autoscale.plane.store import Create, Delete, Emit, Objects, UpdateStatus, Write

COMPONENT = "cronjob-controller"
_BUSY = "Not starting job because prior execution is running and concurrency policy is Forbid"


def step(objects: Objects, now: float) -> list[Write]:
    """One pass over all CronJobs."""
    jobs, maker = by_owner(objects, "Job"), Maker(COMPONENT, objects, now)
    writes: list[Write] = []
    for one in objects.list("CronJob"):
        with guarded(one):
            writes += _Cron(one, jobs.get(one["metadata"]["uid"], []), maker).sync()
    return writes


def next_due(objects: Objects, now: float) -> float | None:
    """The next time of any schedule."""
    running = (one for one in objects.list("CronJob") if not one["spec"].get("suspend"))
    moments = (parse_schedule(one["spec"]["schedule"]).after(now, _zone(one)) for one in running)
    return min((at for at in moments if at is not None), default=None)


def _zone(cron: Object) -> str:
    return str(cron["spec"].get("timeZone") or "UTC")


@dataclass
class _Cron:
    """One CronJob with its Jobs. ``status`` is what it becomes."""

    obj: Object
    jobs: list[Object]
    maker: Maker
    status: dict[str, Any] = field(default_factory=dict)

    def sync(self) -> list[Write]:
        """Jobs that have ended, the Job that is due, old Jobs; then the status."""
        self.status = dict(self.obj.get("status") or {})
        writes = list(self._seen())
        if not is_terminating(self.obj) and not self.obj["spec"].get("suspend"):
            writes += self._start(parse_schedule(self.obj["spec"]["schedule"]))
        writes += self._clear()
        if not self.status.get("active"):
            self.status.pop("active", None)
        return writes + (
            [UpdateStatus({**self.obj, "status": self.status})] if changed_status(self.obj, self.status) else []
        )

    def _seen(self) -> Iterator[Write]:
        """Jobs in the list of active ones that have ended, or are gone."""
        by_uid = {job["metadata"]["uid"]: job for job in self.jobs}
        active: list[Object] = []
        for one in self.status.get("active") or []:
            job = by_uid.get(one["uid"])
            if job is None:
                yield self._told("Normal", "MissingJob", f"Active job went missing: {one['name']}")
            elif ended := finished_as(job):
                text = f"Saw completed job: {one['name']}, condition: {ended}"
                yield self._told("Normal", "SawCompletedJob", text)
            else:
                active.append(one)
        self.status["active"] = active
        done = [at for job in self.jobs if (at := job["status"].get("completionTime"))]
        if done:
            self.status["lastSuccessfulTime"] = max([*done, self.status.get("lastSuccessfulTime", "")])

    def _start(self, schedule: Schedule) -> list[Write]:
        spec, now = self.obj["spec"], self.maker.now
        deadline = spec.get("startingDeadlineSeconds")
        since = parse_time(self.status.get("lastScheduleTime") or self.obj["metadata"]["creationTimestamp"])
        at = schedule.last(since if deadline is None else max(since, now - deadline), now, _zone(self.obj))
        if at is None:
            missed = schedule.last(since, now, _zone(self.obj)) if deadline is not None else None
            return [] if missed is None else self._once("Warning", "MissSchedule", _missed(missed))
        active = self.status.get("active") or []
        if spec.get("concurrencyPolicy") == "Forbid" and active:
            return self._once("Normal", "JobAlreadyActive", _BUSY)
        writes: list[Write] = []
        if spec.get("concurrencyPolicy") == "Replace":
            writes += [write for one in active for write in self._delete(one["name"])]
            self.status["active"] = []
        return [*writes, *self._create(at)]

    def _create(self, at: float) -> list[Write]:
        job = self._job(at)
        name = job["metadata"]["name"]
        if self.maker.objects.get("Job", job["metadata"]["namespace"], name):
            self.status["lastScheduleTime"] = format_time(at)
            return []
        _, refused = self.maker.admit([job])
        if refused:
            return self._once("Warning", "FailedCreate", f"Error creating job: {refused.message}")
        self.status["active"] = [*(self.status.get("active") or []), _reference(job)]
        self.status["lastScheduleTime"] = format_time(at)
        return [Create(job), self._told("Normal", "SuccessfulCreate", f"Created job {name}")]

    def _job(self, at: float) -> Object:
        template, metadata = self.obj["spec"]["jobTemplate"], self.obj["metadata"]
        given = template.get("metadata") or {}
        about = {
            "name": f"{metadata['name']}-{int(at) // 60}",
            "namespace": metadata["namespace"],
            **({"labels": given["labels"]} if given.get("labels") else {}),
            "annotations": {
                **(given.get("annotations") or {}),
                "batch.kubernetes.io/cronjob-scheduled-timestamp": format_time(at),
            },
            "ownerReferences": [owner_reference(self.obj)],
        }
        job = {"kind": "Job", "apiVersion": "batch/v1", "metadata": about, "spec": template["spec"]}
        return identified(with_defaults(job), f"{metadata['uid']}/{at:.0f}")

    def _clear(self) -> list[Write]:
        """Of the Jobs that have ended the oldest beyond the limits."""
        writes: list[Write] = []
        for kind, name, usual in (("Complete", "successful", 3), ("Failed", "failed", 1)):
            most = self.obj["spec"].get(f"{name}JobsHistoryLimit", usual)
            ended = sorted((job for job in self.jobs if finished_as(job) == kind), key=_started)
            for job in ended[: max(0, len(ended) - most)]:
                if not is_terminating(job):
                    writes += self._delete(job["metadata"]["name"])
        return writes

    def _delete(self, name: str) -> list[Write]:
        gone = Delete("Job", self.obj["metadata"]["namespace"], name)
        return [gone, self._told("Normal", "SuccessfulDelete", f"Deleted job {name}")]

    def _once(self, kind: str, reason: str, message: str) -> list[Write]:
        """Tell of what does not pass by itself, but not with every pass."""
        lately = told_lately(self.obj, self.maker.objects, self.maker.now, reason)
        return [] if lately else [self._told(kind, reason, message)]

    def _told(self, kind: str, reason: str, message: str) -> Emit:
        return Emit(obj=self.obj, type=kind, reason=reason, message=message, component=COMPONENT)


def _missed(at: float) -> str:
    clock = format_datetime(dt.datetime.fromtimestamp(at, dt.UTC))
    return f"Missed scheduled time to start a job: {clock}"


def _started(job: Object) -> tuple[str, str]:
    return job["status"].get("startTime", ""), job["metadata"]["name"]


def _reference(job: Object) -> Object:
    return {name: value for name, value in reference(job).items() if value is not None}
