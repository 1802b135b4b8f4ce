"""What can be set of an embedded cluster: every period has the real cluster's default, so that tests may be quick."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from autoscale.base.errors import InputError, Problem, did_you_mean
from autoscale.hpa.config import DEFAULTS, Flags
from autoscale.kube.quantities import parse_quantity


def _quantity(text: str) -> str:
    if parse_quantity(text) <= 0:
        raise ValueError("must be above 0")
    return text


Quantity = Annotated[str, AfterValidator(_quantity)]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Image:
    """How a known image runs. ``env`` is added to what every container gets; ``path`` is put first on PATH and
    ``pythonpath`` first on PYTHONPATH. ``priority``: it measures (a load generator), so it gets the CPU first.
    ``files`` is a folder of files by their paths in the container, which starts in ``workdir``; ``entrypoint`` and
    ``command`` are what it runs unless its own ``command`` and ``args`` say otherwise."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    env: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    pythonpath: str = ""
    priority: bool = False
    files: str = ""
    workdir: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Names, sizes and periods of one embedded cluster; durations in seconds.

    The defaults are those of kube-controller-manager, of a kubelet with containerd and of the metrics-server manifest:
    metrics are scraped every ``metric_resolution_s``, HPAs are synced every ``hpa_sync_s``. ``housekeeping_s``: 0 where
    the container runtime is asked at each scrape, else cAdvisor's base interval (10 s). ``endpoint_delay_s`` is the
    time from a change of endpoints to the service proxy's following it. ``node_cpu`` and ``node_memory`` are
    quantities; None means what the machine has. Up to ``nodes_max`` such nodes are made where pods fit nowhere, each
    Ready ``node_start_s`` after it was asked for and gone ``node_idle_s`` after its last pod. ``images`` adds to the
    known images, by name without registry and tag.
    ``use_cgroups``, ``own_files``, ``own_addresses``: limits by cgroups, file systems and addresses of pods' own, each
    where the machine allows it; false: as where it does not.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    node_name: str = "embedded"
    node_cpu: Quantity | None = None
    node_memory: Quantity | None = None
    node_pods: Count = 110
    nodes_max: Count = 1
    node_start_s: Seconds = 20.0
    node_idle_s: Seconds = 600.0
    images: Mapping[str, Image] = field(default_factory=dict)
    image_pull_s: Seconds = 0.0
    housekeeping_s: Seconds = 0.0
    metric_resolution_s: Seconds = 15.0
    metric_fresh_s: Seconds = 10.0
    hpa_sync_s: Seconds = DEFAULTS.sync_period_s
    hpa_tolerance: Annotated[float, Field(ge=0)] = DEFAULTS.tolerance
    hpa_downscale_stabilization_s: Seconds = DEFAULTS.downscale_stabilization_s
    hpa_cpu_initialization_s: Seconds = DEFAULTS.cpu_initialization_period_s
    hpa_initial_readiness_delay_s: Seconds = DEFAULTS.initial_readiness_delay_s
    endpoint_delay_s: Seconds = 0.5
    restart_backoff_s: Seconds = 10.0
    restart_backoff_max_s: Seconds = 300.0
    log_max_bytes: Count = 10 * 1024 * 1024
    log_max_files: Count = 5
    use_cgroups: bool = True
    own_files: bool = True
    own_addresses: bool = True

    def cpu(self) -> str:
        """The node's CPU as a quantity."""
        return self.node_cpu or str(len(os.sched_getaffinity(0)))

    def memory(self) -> str:
        """The node's memory as a quantity."""
        return self.node_memory or f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 1024}Ki"

    def hpa_flags(self) -> Flags:
        """The HPA controller's flags."""
        return Flags(
            sync_period_s=self.hpa_sync_s,
            tolerance=self.hpa_tolerance,
            downscale_stabilization_s=self.hpa_downscale_stabilization_s,
            cpu_initialization_period_s=self.hpa_cpu_initialization_s,
            initial_readiness_delay_s=self.hpa_initial_readiness_delay_s,
        )

    def to_json(self) -> str:
        """As JSON; ``from_json`` gives the same settings again."""
        return json.dumps(asdict(self), indent=2)


def quick(settings: Settings | None = None) -> Settings:
    """The same cluster with a hurried metrics pipeline and HPA: periods of one to two seconds, for smoke tests."""
    return replace(
        settings or Settings(),
        metric_resolution_s=1.0,
        metric_fresh_s=0.5,
        hpa_sync_s=2.0,
        hpa_downscale_stabilization_s=5.0,
        hpa_initial_readiness_delay_s=2.0,
        endpoint_delay_s=0.1,
        restart_backoff_s=1.0,
    )


def from_json(text: str, where: str = "settings") -> Settings:
    """Settings from JSON; what is not named keeps its default. InputError names every mistake at once."""
    try:
        return TypeAdapter(Settings).validate_json(text)
    except ValidationError as error:
        problems = [_problem(dict(mistake), where) for mistake in error.errors()]
        raise InputError("The settings of the embedded cluster are wrong.", problems=problems) from None


def _problem(mistake: dict[str, Any], where: str) -> Problem:
    place = f"{where}: {'.'.join(map(str, mistake['loc']))}"
    if mistake["type"] == "unexpected_keyword_argument":
        known = [one.name for one in fields(Settings if len(mistake["loc"]) == 1 else Image)]
        return Problem(place, "an unknown key", fix=did_you_mean(str(mistake["loc"][-1]), known))
    return Problem(place, repr(mistake["input"]), str(mistake["msg"]))
