"""The locks hold all that is needed, so that nothing has to be resolved where they are installed."""

from importlib.metadata import version
from itertools import product

import pytest
from locks import LOCKS, ROOT, SYSTEMS, declared, faults, pins


def found(text: str, groups: tuple[str, ...]) -> set[str]:
    """What a lock's text lacks on any supported system."""
    roots = [one for group in groups for one in declared(group)]
    return {fault for system in SYSTEMS for fault in faults(pins(text, system), roots, system)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_everything_and_names_every_extra(lock: str) -> None:
    """Whatever a locked package's metadata asks for on a supported system is pinned, its extras named."""
    assert found((ROOT / lock).read_text(), LOCKS[lock]) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_the_metadata_read_are_those_of_the_pinned_versions(lock: str) -> None:
    """What is installed here is what is locked: else the test above would read other metadata."""
    here = pins((ROOT / lock).read_text())
    assert {name: str(pin.specifier) for name, pin in here.items()} == {name: f"=={version(name)}" for name in here}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("coverage[toml]==", "coverage==", "pytest-cov asks for coverage[toml]>=7.10.6: the pin does not name toml"),
        ("python-socketio[client]==", "python-socketio==", "the pin does not name client"),
        ("websocket-client==", "another-client==", "asks for websocket-client"),
        ("\nmdurl==0.1.2", "\nmdurl==0.0.2", "0.0.2 is pinned"),
        ("\nnumba==", "\nanother==", "pyproject.toml asks for numba"),
    ],
)
def test_what_a_lock_lacks_is_seen(old: str, new: str, fault: str) -> None:
    """An extra not named, a package left out (also one that only an extra brings) or too old a pin is a fault."""
    text = (ROOT / "requirements/dev.txt").read_text()
    assert old in text
    assert any(fault in one for one in found(text.replace(old, new), LOCKS["requirements/dev.txt"]))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_hashes_every_pin(lock: str) -> None:
    """Every line is a pin with hashes: no address, no option."""
    text = (ROOT / lock).read_text()
    blocks = [block for block in text.replace("\\\n", " ").splitlines() if block]
    assert "://" not in text
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


def test_the_image_locks_pin_what_the_project_pins() -> None:
    """A package has one version in all locks, on each system."""
    versions: dict[tuple[str, int], set[str]] = {}
    for lock, (number, system) in product(LOCKS, enumerate(SYSTEMS)):
        for name, pin in pins((ROOT / lock).read_text(), system).items():
            versions.setdefault((name, number), set()).add(str(pin.specifier))
    assert {name: many for name, many in versions.items() if len(many) > 1} == {}
