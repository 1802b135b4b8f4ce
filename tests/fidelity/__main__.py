"""The same scenarios on the embedded and the real local cluster: ``make fidelity`` (about 25 minutes a repetition).

Figures go to ``tests/fidelity/measured.json`` after every run; ``make docs`` makes the page of them.
"""

import signal
import sys
from datetime import datetime
from pathlib import Path

import click

from autoscale.base.errors import AutoscaleError
from tests.fidelity import conduct
from tests.fidelity.measured import MEASURED, dumps, read


@click.command(help=__doc__)
@click.option("--repeat", type=click.IntRange(1, 100), default=3, show_default=True, help="Runs of each on each.")
@click.option("--add", is_flag=True, help="Keep the runs that were measured before.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="For records.")
def main(repeat: int, add: bool, out: Path) -> None:
    """Measure, and write down each run when it has ended."""
    runs = read() if add else []
    first = 1 + max((run.repetition for run in runs), default=0)
    scenarios = sorted(path.stem for path in conduct.SCENARIOS.glob("*.yaml"))
    for number in (signal.SIGINT, signal.SIGTERM):  # in the background of a shell, too
        signal.signal(number, signal.default_int_handler)
    folder = out.resolve() / f"{datetime.now():%Y%m%d-%H%M%S}-fidelity"
    try:
        with conduct.namespace():
            for turn in conduct.turns(scenarios, range(first, first + repeat)):
                runs.append(conduct.run(turn, folder, click.echo))
                MEASURED.write_text(dumps(runs), encoding="utf-8")
    except AutoscaleError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(int(error.exit_code))
    click.echo(f"Records  {folder}\nFigures  {MEASURED}\nNow write the page: make docs")


if __name__ == "__main__":
    main()
