"""W3C extended logs: IIS and Amazon CloudFront. ``#Fields:`` names the columns, each other line is a request.

Both write the date and time in UTC, divided by blanks (IIS) or tabs (CloudFront), of a request's end, and
``time-taken`` in whole milliseconds (IIS) or seconds with their decimals (CloudFront). The directive may come again,
where the program began anew or was set up otherwise.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from loadtest.errors import Problem
from loadtest.traces.forms import Reader, Source, Understood, refuse
from loadtest.traces.hits import Hit, counted, duration

_FIELDS = "#Fields:"
_NEEDED = ("date", "time")


class _Log:
    """The lines of a log and the columns that the last directive named."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns: list[str] = []

    def lines(self) -> Iterator[str]:
        """Its lines, a blank one in the place of each directive; ScenarioError where there is no date or no time."""
        for number, line in enumerate(self.source.lines, start=1):
            if line.startswith(_FIELDS):
                self.columns = _columns(line)
                if missing := [name for name in _NEEDED if name not in self.columns]:
                    where, wanted = f"{self.source.name}: line {number}", f"the columns {' and '.join(_NEEDED)}"
                    refuse(self.source.name, [Problem(where, f"no {' and no '.join(missing)}", wanted)])
            yield "" if line.startswith("#") else line

    def hit(self, line: str) -> Hit | None:
        """The request of a line, None where it is none."""
        row = dict(zip(self.columns, line.split(), strict=False))
        try:
            moment = datetime.fromisoformat(f"{row.get('date', '')}T{row.get('time', '')}+00:00")
        except ValueError:
            return None
        taken = row.get("time-taken", "")
        took = duration(taken) * (1.0 if "." in taken else 1e-3)
        return Hit(moment.timestamp(), "+0000", row.get("cs-method", "-"), row.get("cs-uri-stem", "-"), took=took)


def _columns(line: str) -> list[str]:
    return line.removeprefix(_FIELDS).split()


def matches(head: Sequence[str]) -> bool:
    """Whether the first lines name a web server's columns (client to server, server to client, client)."""
    named = next((_columns(line) for line in head if line.startswith(_FIELDS)), [])
    return any(name.startswith(("cs-", "sc-", "c-ip")) for name in named)


def read(source: Source) -> Understood:
    """Count a log's requests; ScenarioError where it holds none, or does not date them."""
    log = _Log(source)
    return counted(source, "W3C extended access log (IIS, CloudFront)", log.lines(), log.hit)


READER = Reader(matches, read, order=9)
