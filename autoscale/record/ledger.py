"""Whether a record is whole: its rows numbered without a hole, its end true, its bytes as they were written."""

from dataclasses import dataclass, field
from typing import Final, cast

from autoscale.record.rows.course import EndAsRead
from autoscale.record.rows.kinds import Row
from autoscale.record.shape import misfit
from autoscale.record.totals import Totals

_MOST_HOLES = 100_000
_SUMMED: Final = ("planned", "sent", "answered", "dropped", "failed")


@dataclass(slots=True)
class Numbers:
    """A sequence that should read 0, 1, 2 ...; what is amiss is kept by its number."""

    next: int = 0
    holes: set[int] = field(default_factory=set)
    late: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)

    def add(self, n: int) -> None:
        """Take the next number."""
        if n == self.next:
            self.next += 1
        elif n > self.next:
            self.holes.update(range(self.next, min(n, self.next + _MOST_HOLES)))
            self.next = n + 1
        elif n in self.holes:
            self.holes.remove(n)
            self.late.append(n)
        else:
            self.again.append(n)

    def faults(self, what: str, *, told: bool = False) -> list[str]:
        """What is amiss in words; ``told``: the record says itself that some are missing."""
        found = ((self.holes if not told else (), "missing"), (self.late, "out of order"), (self.again, "there twice"))
        return [
            f"{len(numbers)} {what} {'is' if len(numbers) == 1 else 'are'} {how} (the first: number {min(numbers)})"
            for numbers, how in found
            if numbers
        ]


@dataclass(slots=True)
class Ledger:
    """Counts along as the rows of a record go by, header first."""

    rows: Numbers = field(default_factory=Numbers)
    sources: dict[tuple[str, int], Numbers] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    totals: Totals = field(default_factory=Totals)
    count: int = 0
    end: EndAsRead | None = None
    behind: int = 0

    def add(self, row: Row) -> None:
        """Take one row; KeyError or TypeError for one that is none of its kind."""
        self.count += 1
        if self.end is not None:
            self.behind += 1
        n, rows = row.get("n"), self.rows
        if isinstance(n, int):  # a kind that nobody knows passes the reader with anything in it
            if n == rows.next:  # nearly all: without a call
                rows.next = n + 1
            else:
                rows.add(n)
        if row["k"] == "pod_load":
            self._number("pod_load", row["shard"], row["seq"])
        elif row["k"] == "load":
            self._number("load", row["shard"], row["seq"])
            self.totals.add(row)
        elif row["k"] == "gap":
            self.told.add(row["source"])
        elif row["k"] == "end":
            self.end = cast("EndAsRead", row)

    def _number(self, kind: str, shard: int, seq: int) -> None:
        """Take the next number of a worker."""
        numbers = self.sources.get((kind, shard))
        if numbers is None:
            numbers = self.sources[kind, shard] = Numbers()
        if seq == numbers.next:
            numbers.next = seq + 1
        else:
            numbers.add(seq)

    @property
    def digest_holds(self) -> bool | None:
        """Whether the bytes before the end are those of which it has the digest; None where it has none."""
        return self.end.get("digest_holds") if self.end else None

    def faults(self) -> list[str]:
        """What is amiss, the plainest first. A record that breaks off is known by its missing end, and is no fault."""
        found = self.rows.faults("row(s)")
        for (kind, shard), numbers in sorted(self.sources.items()):
            found += numbers.faults(f"{kind} row(s) of worker {shard}", told=f"{kind}/{shard}" in self.told)
        if self.end is not None:
            found += self._against(self.end)
        return found

    def _against(self, end: EndAsRead) -> list[str]:
        """What the end says otherwise than the rows."""
        found = []
        if self.behind:
            found.append(f"{self.behind} row(s) stand behind the end")
        if odd := misfit(end, "end", written=False):  # modelled rows have no number
            return [*found, f"the end is not as it was written: {odd.path}: {odd.found}"]
        if end["rows"] != self.count - self.behind:
            found.append(f"the end counts {end['rows']} rows, the record has {self.count - self.behind}")
        said, summed = end["totals"], self.totals.to_json()
        found += [
            f"the end's total of {name} is {told}, that of the load rows {summed[name]}"
            for name in _SUMMED
            if (told := said.get(name)) is not None and told != summed[name]
        ]
        if self.digest_holds is False:
            found.append(
                "the digest in the end is not that of the rows before it: something in them or in the end was changed"
            )
        return found
