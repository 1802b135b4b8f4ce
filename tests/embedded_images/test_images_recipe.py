"""Dockerfiles are understood as Docker does, or refused by name."""

from pathlib import Path

import pytest

from autoscale.base.errors import InputError
from autoscale.embedded.images.context import Context
from autoscale.embedded.images.recipe import Copy, Install, recipe
from autoscale.embedded.images.words import exec_form, expand, instructions
from tests.embedded_images.seed import blocks


def test_the_seeds_dockerfile() -> None:
    """Word for word, with its comments and its spaces at the ends of lines."""
    made = recipe(blocks()["Dockerfile"], "Dockerfile")
    assert (made.base, made.python) == ("python:3.12-alpine", (3, 12))
    workdir, copy, install = made.steps
    assert (workdir, copy) == (Copy(5, (), "/app/"), Copy(8, (".",), "/app/"))
    assert isinstance(install, Install)
    assert (install.arguments, install.workdir) == (("--no-cache-dir", "-r", "requirements.txt"), "/app")
    assert made.config.env["NAME"] == "World"
    assert (made.config.command, made.config.ports) == (("python", "agent.py"), ("5001/tcp",))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("RUN apt-get install -y gcc", "RUN apt-get install -y"),
        ("RUN pip install flask && rm -rf /tmp", "RUN rm -rf /tmp"),
        ("RUN pip install flask || true", "RUN pip install flask"),
        ("HEALTHCHECK CMD true", "HEALTHCHECK"),
        ("FROM node:22", "a second FROM node:22"),
        ("COPY --from=build /x /y", "COPY --from"),
        ("ADD https://example.com/x /x", "ADD https://example.com/x"),
        ("ADD app.tar.gz /app", "ADD app.tar.gz"),
        ("RUN --mount=type=secret,id=x pip install flask", "RUN --mount=type=secret,id=x"),
        ("RUN <<EOF", "RUN <<EOF"),
        ("VOLUME /data", "VOLUME"),
    ],
)
def test_what_is_not_understood_is_refused_by_name_and_line(line: str, found: str) -> None:
    """The line and the instruction stand in the message."""
    with pytest.raises(InputError) as raised:
        recipe(f"FROM python:3.12\n{line}\n", "Dockerfile")
    [problem] = raised.value.problems
    assert (problem.where, problem.found) == ("Dockerfile: line 2", found)


def test_every_problem_is_told_at_once() -> None:
    """Not one after the other."""
    with pytest.raises(InputError) as raised:
        recipe("FROM alpine\nRUN apk add x\nVOLUME /x\n", "Dockerfile")
    assert [problem.found for problem in raised.value.problems] == ["FROM alpine", "RUN apk add x", "VOLUME"]
    with pytest.raises(InputError, match="no FROM"):
        recipe("# nothing\n", "Dockerfile")


@pytest.mark.parametrize(
    ("base", "python"),
    [("python", ()), ("python:3", (3,)), ("python:3.13.1-slim", (3, 13)), ("docker.io/library/python:slim", ())],
)
def test_which_python_an_image_asks_for(base: str, python: tuple[int, ...]) -> None:
    """As far as the tag says it."""
    assert recipe(f"FROM {base} AS app", "Dockerfile").python == python


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("pip install flask 'gunicorn>=23'", [("flask", "gunicorn>=23")]),
        ("python3 -m pip install --user -r r.txt", [("-r", "r.txt")]),
        ("pip install --upgrade pip && pip install \\\n  -r /app/r.txt", [("--upgrade", "pip"), ("-r", "/app/r.txt")]),
        ('["pip", "install", "flask"]', [("flask",)]),
        ("--mount=type=cache,target=/cache pip3 install flask", [("flask",)]),
    ],
)
def test_ways_to_write_pip_install(line: str, arguments: list[tuple[str, ...]]) -> None:
    """Each of them is the same for the image."""
    steps = recipe(f"FROM python\nRUN {line}\n", "Dockerfile").steps
    assert [step.arguments for step in steps if isinstance(step, Install)] == arguments


def test_variables() -> None:
    """ARG and ENV in what follows, build arguments over defaults; the old form of ENV takes the rest of the line."""
    text = (
        'ARG V=3.12\nFROM python:${V}\nARG DIR=/srv\nENV A=1 B="two words" C=$A\nENV D all the rest\nWORKDIR $DIR/x\n'
    )
    made = recipe(text, "Dockerfile", {"V": "3.11", "DIR": "/opt", "NOBODY": "x"})
    assert made.base == "python:3.11"
    assert made.config.workdir == "/opt/x"
    env = made.config.env
    assert (env["B"], env["D"]) == ("two words", "all the rest")
    assert any("NOBODY" in note for note in made.notes)


@pytest.mark.parametrize(
    ("text", "value"),
    [("$A-${A}", "1-1"), ("${B:-x}", "x"), ("${A:-x}", "1"), ("${A:+y}${B:+y}", "y"), (r"\$A", "$A"), ("$B", "")],
)
def test_expansion(text: str, value: str) -> None:
    """As the reference of Dockerfiles has it."""
    assert expand(text, {"A": "1"}) == value


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        ('ENTRYPOINT ["a"]\nCMD ["b"]', (("a",), ("b",))),
        ('CMD ["b"]\nENTRYPOINT ["a"]', (("a",), ("b",))),
        ('ENTRYPOINT ["a"]', (("a",), ())),
        ("CMD python app.py", ((), ("/bin/sh", "-c", "python app.py"))),
        ("USER app", ((), ("python3",))),
    ],
)
def test_entrypoint_and_cmd(lines: str, command: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    """Exec form and shell form; the base image's CMD holds only where nothing else is said."""
    config = recipe(f"FROM python\n{lines}", "Dockerfile").config
    assert (config.entrypoint, config.command) == command


def test_another_escape_character() -> None:
    """``# escape=`` in the first line; a comment inside a continued instruction goes."""
    text = "# escape=`\nFROM python\nRUN pip install `\n# why\n  flask\n"
    assert [one.text for one in instructions(text)] == ["python", "pip install flask"]
    assert exec_form("python app.py") is None


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A build's folder."""
    for name in ("a.py", "b.py", "c.txt", "sub/d.py", "node_modules/x.js", "keep.log", "drop.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text("# not these\nnode_modules\n**/*.log\n!keep.log\n")
    return Context(tmp_path, "Dockerfile")


def copied(context: Context, tmp_path: Path, target: str, *sources: str) -> set[str]:
    """Paths in the image after one COPY."""
    root = tmp_path / "image"
    context.copy(Copy(3, sources, target), root)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_copy(context: Context, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder's contents, files into a folder or under another name, and patterns; .dockerignore holds."""

    def take(target: str, *sources: str) -> set[str]:
        return copied(context, tmp_path_factory.mktemp("root"), target, *sources)

    assert take("/app/", ".") == {
        f"app/{x}" for x in (".dockerignore", "a.py", "b.py", "c.txt", "sub/d.py", "keep.log")
    }
    assert take("/app/", "sub") == {"app/d.py"}
    assert take("/app/main.py", "a.py") == {"app/main.py"}
    assert take("/app/", "*.py", "c.txt") == {"app/a.py", "app/b.py", "app/c.txt"}


@pytest.mark.parametrize("source", ["gone.py", "*.md", "../secret", "drop.log", "node_modules"])
def test_a_source_that_is_not_there(context: Context, tmp_path_factory: pytest.TempPathFactory, source: str) -> None:
    """Nor is what lies outside of the folder, or what is ignored."""
    with pytest.raises(InputError, match="line 3"):
        copied(context, tmp_path_factory.mktemp("root"), "/app/", source)
