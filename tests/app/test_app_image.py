"""What goes into the service's image."""

import re
from pathlib import Path

import app

ROOT = Path(app.__file__).resolve().parents[1]


def pins(path: Path) -> dict[str, set[str]]:
    """name==version -> its hashes."""
    text = path.read_text()
    found = re.findall(r"^([\w.\[\]-]+==[\w.]+)[^\n]*\\\n((?:\s+--hash=\S+(?:\s*\\)?\n?)+)", text, re.MULTILINE)
    return {name: set(re.findall(r"sha256:[0-9a-f]{64}", hashes)) for name, hashes in found}


def test_the_image_installs_what_was_tested() -> None:
    """Every package of the image is pinned to the version and the hashes that the project itself uses."""
    image, project = pins(ROOT / "app" / "requirements.txt"), pins(ROOT / "requirements" / "run.txt")
    assert {name.split("==")[0] for name in image} >= {"flask", "gunicorn", "prometheus-client"}
    assert all(hashes and project.get(name) == hashes for name, hashes in image.items())


def test_the_image_installs_no_more_than_it_runs() -> None:
    """The load generator's and the tester's libraries stay out of the service's image, and so does any index."""
    text = (ROOT / "app" / "requirements.txt").read_text()
    assert not re.search(r"^(locust|kubernetes|aiohttp|gevent)", text, re.MULTILINE)
    assert "index-url" not in text
