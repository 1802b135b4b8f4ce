"""An index in a folder: of each locked package an empty wheel with its real metadata, and a newer one beside it."""

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from locks import needs, pins
from packaging.requirements import Requirement

NEWER = "9999"
EXTRA = re.compile(r"""extra == ["']([^"']+)""")


def index(lock: str, folder: Path) -> list[tuple[Requirement, str]]:
    """Fill the folder with wheels of the pins that apply here; each pin with the SHA-256 of its wheel."""
    here = {name: pin for name, pin in pins(lock).items() if pin.marker is None or pin.marker.evaluate()}
    for name in here:
        wheel(folder, name, NEWER)
    return [(pin, wheel(folder, name, next(iter(pin.specifier)).version)) for name, pin in here.items()]


def wheel(folder: Path, name: str, version: str) -> str:
    """Write an empty wheel that asks for what the installed distribution of this name asks for; its SHA-256."""
    stem = f"{name.replace('-', '_')}-{version}"
    asked = needs(name)
    extras = {extra for one in asked if one.marker for extra in EXTRA.findall(str(one.marker))}
    metadata = [f"Name: {name}", f"Version: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in sorted(extras)] + [f"Requires-Dist: {one}" for one in asked]
    files = {
        "METADATA": "\n".join(["Metadata-Version: 2.1", *metadata, ""]),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(f"{stem}.dist-info/{file}", text)
        archive.writestr(f"{stem}.dist-info/RECORD", record(stem, files))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record(stem: str, files: dict[str, str]) -> str:
    """RECORD of a wheel: each file with its digest and size, itself without."""
    rows = []
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{stem}.dist-info/{file},sha256={digest},{len(text.encode())}\n")
    return "".join([*rows, f"{stem}.dist-info/RECORD,,\n"])


def requirements(hashed: Iterable[tuple[Requirement, str]], extras: bool) -> str:
    """A lock's text of these wheels; without extras it is what compilers of locks write if nobody says otherwise."""
    named = ((pin, f"[{','.join(sorted(pin.extras))}]" if extras and pin.extras else "", sha) for pin, sha in hashed)
    return "".join(f"{pin.name}{words}{pin.specifier} --hash=sha256:{sha}\n" for pin, words, sha in named)
