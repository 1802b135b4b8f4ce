"""The part of kustomize that we use: what ``kubectl apply -k FOLDER`` takes is what ``autoscale run`` applies."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Object = dict[str, Any]


def render(
    folder: Path,
    *,
    labels: Mapping[str, str] | None = None,
    namespace: str | None = None,
    images: Mapping[str, str] | None = None,
    patches: Sequence[Mapping[str, Any]] = (),
) -> list[Object]:
    """The objects of the kustomization in ``folder``, in the order in which kustomize writes them.

    ``labels`` go on every object and on every pod template, never into a selector. ``namespace`` replaces that of
    every namespaced object. ``images`` maps an image's name to what takes its place (``{"autoscale-app":
    "registry.example/app:1.2"}``). ``patches`` are ``{"kind", "name", "patch"}``, each a strategic merge patch
    (lists of containers, env, ports, volumes merge by their key, None deletes) that must meet an object.

    Raises InputError with every mistake at once; what we do not know of kustomize is refused by name.
    """
    raise NotImplementedError
