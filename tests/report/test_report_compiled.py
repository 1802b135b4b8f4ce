"""What is compiled of a template is kept as Python keeps compiled modules, and is never needed."""

import sys
from pathlib import Path

import jinja2
import pytest

from autoscale.report import compiled

TEXT = "<p>{{ name }}</p>\n"


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """A folder for whatever Python compiles in this test."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path / "kept"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page").write_text(TEXT)
    return tmp_path / "templates"


@pytest.fixture
def compilations(monkeypatch) -> list[str]:
    """The text of every template that is compiled."""
    found: list[str] = []
    parse = jinja2.Environment._parse

    def counting(self, source, name, filename):
        found.append(source)
        return parse(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "_parse", counting)
    return found


def drawn(folder: Path, name: str = "web", **options) -> str:
    return compiled.environment(folder, **options).get_template("page").render(name=name)


def test_a_template_is_compiled_once(kept, folder, compilations):
    """The second report, which is another process, finds it compiled."""
    assert [drawn(folder, name) for name in "ab"] == ["<p>a</p>", "<p>b</p>"]
    assert compilations == [TEXT]
    assert [path.suffix for path in kept.rglob("*") if path.is_file()] == [".jinja"]


def test_another_text_and_other_options_are_compiled_anew(kept, folder, compilations):
    """What is kept is of one text and one set of options: an upgrade never draws an old page."""
    drawn(folder)
    assert drawn(folder, "<", autoescape=True) == "<p>&lt;</p>"
    (folder / "page").write_text("{{ name }}!")
    assert drawn(folder) == "web!"
    assert len(compilations) == 3


@pytest.mark.parametrize("junk", [b"", b"junk", None], ids=["empty", "other", "cut off"])
def test_what_cannot_be_read_is_made_again(kept, folder, compilations, junk):
    """A file that is no compiled template costs its time and nothing else."""
    drawn(folder)
    file = next(path for path in kept.rglob("*.jinja"))
    file.write_bytes(file.read_bytes()[:40] if junk is None else junk)
    assert drawn(folder) == drawn(folder) == "<p>web</p>"
    assert len(compilations) == 2


def test_where_nothing_can_be_written_the_page_is_the_same(kept, folder):
    """A home or an installation that cannot be written to."""
    kept.write_text("no folder")
    assert drawn(folder) == "<p>web</p>"


def test_where_python_may_write_nothing_nothing_is_written(kept, folder, monkeypatch):
    """``PYTHONDONTWRITEBYTECODE`` holds for templates too."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert drawn(folder) == "<p>web</p>"
    assert not kept.exists()
