"""An index in a folder: wheels made again of what is installed here, so that images are built without a network."""

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def closure(name: str) -> dict[str, Distribution]:
    """A distribution and all that it needs here, by name."""
    found: dict[str, Distribution] = {}
    todo = [name]
    while todo:
        one = distribution(todo.pop())
        if one.name.lower() in found:
            continue
        found[one.name.lower()] = one
        needed = map(Requirement, one.requires or [])
        todo += [need.name for need in needed if not need.marker or need.marker.evaluate({"extra": ""})]
    return found


def make(name: str, folder: Path) -> None:
    """Write wheels of a distribution and all that it needs into the folder."""
    for one in closure(name).values():
        tags = [line.split(": ")[1] for line in (one.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: ")]
        stem = f"{one.name.replace('-', '_')}-{one.version}"
        with zipfile.ZipFile(folder / f"{stem}-{tags[0]}.whl", "w") as wheel:
            _fill(wheel, one)


def _fill(wheel: zipfile.ZipFile, one: Distribution) -> None:
    record, lines = "", []
    for file in one.files or []:
        path = str(file)
        if path.endswith("RECORD"):
            record = path
        elif not path.startswith("..") and "__pycache__" not in path:
            data = Path(str(one.locate_file(file))).read_bytes()
            wheel.writestr(path, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{path},sha256={digest},{len(data)}")
    wheel.writestr(record, "\n".join([*lines, f"{record},,", ""]))
