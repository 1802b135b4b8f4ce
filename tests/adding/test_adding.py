"""Adding is one file: in a scratch copy of the code, one more of each kind is a single new file and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SHAPE = '''"""``dip``: a short fall."""

from typing import ClassVar, Literal

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Dip(Shape):
    """A fall to nothing."""

    stages: ClassVar[str] = "before, dip"
    kind: Literal["dip"]
    base: Rate
    before: Positive = 30.0

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        return join([("before", hold(self.base, self.before)), ("dip", hold(0.0, 10.0))])
'''

COMMAND = '''"""``autoscale greet``: say good day."""

import click


@click.command()
def command() -> None:
    """Say good day."""
    click.echo("good day")
'''

FORM = '''"""One word."""

from autoscale.report.gather import Account


def render(account: Account) -> str:
    """The verdict alone."""
    return f"{account.verdict.outcome}\\n"
'''

SCENARIO = """name: dipping
load: {shape: {kind: dip, base: 6, before: 20s}}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code alone, as a fresh clone would have it."""
    for room in ("autoscale", "loadtest", "app", "k8s"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def autoscale(copy: Path, *words: str) -> str:
    """What the copy's command line says."""
    code = "import sys; sys.path.insert(0, '.'); from autoscale.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_load_shape_is_one_file(copy: Path) -> None:
    """A scenario may name it, and its plan is drawn."""
    (copy / "loadtest" / "shapes" / "dip.py").write_text(SHAPE)
    (copy / "dipping.yaml").write_text(SCENARIO)
    assert "dip" in autoscale(copy, "plan", "dipping.yaml")


def test_a_command_is_one_file(copy: Path) -> None:
    """It is listed with its line of help, and it runs."""
    (copy / "autoscale" / "cli" / "greet.py").write_text(COMMAND)
    assert "greet     Say good day." in autoscale(copy, "--help")
    assert autoscale(copy, "greet") == "good day\n"


def test_a_form_of_the_report_is_one_file(copy: Path) -> None:
    """It may be asked for by its file's name."""
    (copy / "autoscale" / "report" / "formats" / "word.py").write_text(FORM)
    assert autoscale(copy, "report", str(ROOT / "tests/fixtures/good.jsonl.gz"), "--format", "word") == "pass\n"


IMPORTER = '''"""A line of numbers: requests answered in each second."""

from collections.abc import Sequence
from pathlib import Path

from autoscale.imports.building import Second
from autoscale.imports.importer import Imported, Importer, first_line


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """Every number is a second."""
    rates = [int(word) for word in paths[0].read_text().split()[1:]]
    return Imported({1_800_000_000 + at: Second(answered=rate) for at, rate in enumerate(rates)})


IMPORTER = Importer("tally", "numbers", lambda head: first_line(head).startswith("tally"), read)
'''


def test_an_importer_is_one_file(copy: Path) -> None:
    """Its form is known by its beginning, and the record can be reported."""
    (copy / "autoscale" / "imports" / "tools" / "tally.py").write_text(IMPORTER)
    (copy / "numbers.txt").write_text("tally 3 4 5\n")
    autoscale(copy, "import", "numbers.txt", "--out", "o.jsonl")
    assert "imported from tally" in (copy / "o.jsonl").read_text()


TRACE = '''"""Beats: a line for each second, a letter for each request in it."""

from loadtest.pieces import steps_between
from loadtest.traces.forms import Reader, Source, Understood


def read(source: Source) -> Understood:
    """Every line below the heading is a second."""
    rates = [float(len(line.strip())) for line in list(source.lines)[1:]]
    return Understood(points=steps_between([float(i) for i in range(len(rates) + 1)], rates), what="Beats", bins="1s")


READER = Reader(lambda head: head[:1] == ["beats"], read, order=5)
'''


def test_a_format_of_recorded_demand_is_one_file(copy: Path) -> None:
    """A file of that kind is known by its beginning, and its demand can be planned."""
    (copy / "loadtest" / "traces" / "kinds" / "beats.py").write_text(TRACE)
    (copy / "heart.txt").write_text("beats\nxxx\nxxxx\nxx\n")
    (copy / "beating.yaml").write_text("name: beating\nload: {trace: {file: heart.txt}}\n")
    assert "Beats" in autoscale(copy, "plan", "beating.yaml")


FINDING = '''"""F99 any-answer: somebody was answered."""

from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F99: a request was answered."""
    return Hit("There was an answer.", (), "Rejoice.", None, run.start, run.end)


RULE = Rule(id="F99", name="any-answer", order=999, title="An answer came", severity="note", check=check, cure="None.")
'''


def test_a_finding_is_one_file(copy: Path) -> None:
    """Its rule is asked, and the report tells what it found."""
    (copy / "autoscale" / "findings" / "rules" / "f99_any_answer.py").write_text(FINDING)
    said = autoscale(copy, "report", str(ROOT / "tests/fixtures/good.jsonl.gz"), "--format", "json")
    assert '"F99"' in said


def change(file: Path, old: str, new: str) -> None:
    """One row of a table made, or made anew."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_a_word_for_objectives_is_one_row(copy: Path) -> None:
    """Named as a measure that there is: it is read, judged, and has the measure's value."""
    table = "METRICS: dict[str, Kind] = {\n"
    change(copy / "autoscale" / "objectives" / "language.py", table, table + '    "goodput": "rate",\n')
    said = autoscale(copy, "judge", str(ROOT / "tests/fixtures/good.jsonl.gz"), "-o", "goodput > 1/s")
    assert "PASS" in said
    assert "goodput > 1/s" in said


STORED = """
import json
from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.incoming import ResourcePath, WriteOptions
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.discovery import resources
from autoscale.kube.kinds import RESOURCES, TABLE
from autoscale.plane.store import Create, Store

store = Store()
store.apply(Create({"kind": "Namespace", "metadata": {"name": "default"}}), 0.0)
place = ResourcePath(RESOURCES["Ingress"], "default", "")
body = {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "front"}, "spec": {"rules": []}}
options = WriteOptions(now=0.0)
made = Registry(store, Block(99)).create(place, body, options)
listed = [one["name"] for one in resources(TABLE, "networking.k8s.io", "v1")["resources"]]
print(json.dumps([made["metadata"]["name"], listed]))
"""


def test_a_kind_that_is_stored_is_one_row(copy: Path) -> None:
    """Of a kind whose schema is there its row alone decides: objects are checked, kept and found by discovery."""
    kinds, row = copy / "autoscale" / "kube" / "kinds.py", 'plural="ingresses", kind="Ingress", short=("ing",)'
    change(kinds, f"{row}, served=False", row)
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, '.')\n" + STORED],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert done.stdout == '["front", ["ingresses"]]\n', done.stderr
