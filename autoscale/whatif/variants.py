"""Variants of the recorded setting, from what a person asks for."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import yaml

from autoscale.base.errors import InputError, Problem
from autoscale.hpa import parse_spec
from autoscale.whatif.service import Load, Setting
from loadtest.yamltext import KubernetesLoader


def with_set(recorded: Setting, texts: Sequence[str], name: str = "") -> Setting:
    """The recorded setting with ``spec.path.to.field=value`` applied to its HPA (list items by number, values YAML).

    InputError for a path that cannot be, and for a spec that upstream would refuse.
    """
    hpa: dict[str, Any] = {"spec": deepcopy(dict(recorded.hpa))}
    problems = [problem for text in texts if (problem := _set(hpa, text))]
    if problems:
        raise InputError("An option --set is wrong.", problems=problems)
    return checked(replace(recorded, name=name or ", ".join(map(_short, texts)), hpa=hpa["spec"]))


def with_hpa(recorded: Setting, manifest: Mapping[str, Any], name: str) -> Setting:
    """The recorded setting with the HPA of a manifest, whose target stays the recorded one."""
    parse_spec(manifest, recorded.config, name)
    spec = {**manifest["spec"], "scaleTargetRef": recorded.hpa.get("scaleTargetRef")}
    return checked(replace(recorded, name=name, hpa=spec))


def with_load(setting: Setting, load: Load, name: str) -> Setting:
    """The setting under another load, sent as the recorded one was."""
    old = setting.load
    return replace(
        setting,
        name=name,
        load=replace(load, connections=old.connections, close_share=old.close_share, max_in_flight=old.max_in_flight),
    )


def checked(setting: Setting) -> Setting:
    """The same setting; InputError where upstream would refuse its HPA, or its pods make no sense."""
    parse_spec({"spec": dict(setting.hpa)}, setting.config, setting.name)
    if setting.limit_m is not None and setting.limit_m < setting.request_m:
        problem = Problem(
            f"{setting.name}: limit", f"{setting.limit_m}m", f"at least the request, {setting.request_m}m"
        )
        raise InputError("The pods' CPU limit is below their request.", problems=[problem])
    return setting


def _short(text: str) -> str:
    """``averageUtilization=70`` of ``spec.metrics.0.resource.target.averageUtilization=70``."""
    path, _, value = text.partition("=")
    return f"{path.rpartition('.')[2]}={value}"


def _set(data: dict[str, Any], text: str) -> Problem | None:
    path, equals, value = text.partition("=")
    if not equals or not path.startswith("spec."):
        return Problem(f"--set {text}", repr(text), "spec.path.to.field=value, for example spec.maxReplicas=12")
    *way, last = path.split(".")
    place: Any = data
    try:
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        place[int(last) if isinstance(place, list) else last] = yaml.load(value, KubernetesLoader)
    except (IndexError, ValueError):
        return Problem(f"--set {path}", "no such item of a list", "a number within it, counted from 0")
    except (TypeError, AttributeError):
        return Problem(f"--set {path}", "a path through a single value", "a path of keys")
    except yaml.YAMLError:
        return Problem(f"--set {path}", repr(value), "a YAML value")
    return None
