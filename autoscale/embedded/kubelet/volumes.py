"""A pod's volumes: folders of its own, with what ConfigMaps, Secrets and the pod itself say as files in them.

What is written changes as a whole, by upstream's ``..data`` link (pkg/volume/util/atomic_writer.go of Kubernetes).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoscale.embedded.kubelet.environment import ConfigError, data_of, expand, field_value, resource_value
from autoscale.kube.kinds import Object
from autoscale.plane.store import Objects

READS = ("ConfigMap", "Secret")
_DATA = "..data"
_MODE = 0o644


@dataclass(frozen=True)
class File:
    """One file of a volume: its path in there, what is in it, its mode."""

    path: str
    data: bytes
    mode: int


def write_volumes(pod: Object, folder: Path, objects: Objects, allocatable: Object) -> None:
    """Bring the volumes of a pod, each a folder in ``folder``, up to date. ConfigError where a source is missing."""
    for volume in pod["spec"].get("volumes") or []:
        at = folder / volume["name"]
        at.mkdir(parents=True, exist_ok=True)
        try:
            found = list(_files(volume, pod, objects, allocatable))
        except ConfigError as error:
            raise ConfigError(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}') from None
        if "emptyDir" not in volume:
            _write(at, found)


def mounts(container: Object, folder: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Which path a container is to see where: path seen -> path on the machine. ``values``: its variables."""
    found: dict[str, str] = {}
    for mount in container.get("volumeMounts") or []:
        inner = mount.get("subPath") or expand(mount.get("subPathExpr") or "", values)
        source = folder / mount["name"] / inner
        if not source.exists():
            source.mkdir(parents=True)
        found["/" + mount["mountPath"].strip("/")] = str(source.resolve() if inner else source)
    return found


def room_for(over: Mapping[str, str], files: Path) -> bool:
    """Make places in ``files`` (what lies over the machine's file system) for mounts where the machine has nothing;
    whether it lacks any."""
    needed = False
    for path, source in over.items():
        place = files / path.lstrip("/")
        if os.path.exists(path):
            continue
        needed = True
        if os.path.lexists(place):
            continue
        if os.path.isdir(source):
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    return needed


def _files(volume: Object, pod: Object, objects: Objects, allocatable: Object) -> Iterator[File]:
    if "projected" in volume:
        mode = int(volume["projected"].get("defaultMode") or _MODE)
        for source in volume["projected"].get("sources") or []:
            yield from _source(source, pod, objects, allocatable, mode)
    else:
        yield from _source(volume, pod, objects, allocatable, _MODE)


def _source(source: Object, pod: Object, objects: Objects, allocatable: Object, mode: int) -> Iterator[File]:
    namespace = pod["metadata"]["namespace"]
    for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if field in source:
            yield from _keys(source[field], kind, namespace, objects, mode)
    if "downwardAPI" in source:
        yield from _said(source["downwardAPI"], pod, allocatable, mode)


def _keys(source: Object, kind: str, namespace: str, objects: Objects, mode: int) -> Iterator[File]:
    name = source.get("secretName") or source.get("name", "")
    mode = int(source.get("defaultMode") or mode)
    data = data_of(kind, namespace, name, objects)
    if data is None:
        if source.get("optional"):
            return
        raise ConfigError(f'{kind.lower()} "{name}" not found')
    items = source.get("items") or [{"key": key, "path": key} for key in sorted(data)]
    for item in items:
        if item["key"] in data:
            yield File(item["path"], data[item["key"]], int(item.get("mode") or mode))
        elif not source.get("optional"):
            raise ConfigError(f"references non-existent {kind.lower()} key: {item['key']}")


def _said(source: Object, pod: Object, allocatable: Object, mode: int) -> Iterator[File]:
    mode = int(source.get("defaultMode") or mode)
    for item in source.get("items") or []:
        text = _text(item, pod, allocatable)
        yield File(item["path"], text.encode(), int(item.get("mode") or mode))


def _text(item: Object, pod: Object, allocatable: Object) -> str:
    if "resourceFieldRef" in item:
        wanted = item["resourceFieldRef"].get("containerName")
        found = next((one for one in pod["spec"]["containers"] if one["name"] == wanted), None)
        if found is None:
            raise ConfigError(f"container {wanted} not found")
        return resource_value(found, item["resourceFieldRef"], allocatable)
    path = item["fieldRef"]["fieldPath"]
    if path in ("metadata.labels", "metadata.annotations"):
        held = pod["metadata"].get(path.partition(".")[2]) or {}
        return "\n".join(f'{name}="{value}"' for name, value in sorted(held.items()))
    return field_value(pod, path)


def _write(at: Path, files: list[File]) -> None:
    """Put the files there in one step, where anything is new; what is gone goes."""
    current = at / _DATA
    if current.exists() and _content(current) == {file.path: (file.data, file.mode) for file in files}:
        return
    new = Path(tempfile.mkdtemp(prefix="..", dir=at))
    new.chmod(0o755)
    for file in files:
        place = new / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.data)
        place.chmod(file.mode)
    old = current.resolve() if current.is_symlink() else None
    link = at / "..data_tmp"
    link.symlink_to(new.name)
    link.replace(current)
    tops = {file.path.split("/")[0] for file in files}
    for name in tops:
        if not (at / name).is_symlink():
            (at / name).symlink_to(f"{_DATA}/{name}")
    for path in at.iterdir():
        if path.is_symlink() and path.name not in (*tops, _DATA):
            path.unlink()
    if old:
        shutil.rmtree(old, ignore_errors=True)


def _content(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o777) for path in files}
