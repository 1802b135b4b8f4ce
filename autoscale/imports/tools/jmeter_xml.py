"""JMeter's JTL as XML (``jmeter.save.saveservice.output_format=xml``)."""

import xml.parsers.expat
from collections.abc import Sequence
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import Second, check_span
from autoscale.imports.files import Lines
from autoscale.imports.importer import Imported, Importer
from autoscale.imports.tools.jmeter_csv import NOTES, add

_SAMPLES = ("httpSample", "sample")


class _Reader:
    """Counts samples as they stream by: the outermost one of each request; transactions are no requests."""

    def __init__(self) -> None:
        self.seconds: dict[int, Second] = {}
        self.left = 0
        self._inside: list[bool] = []  # of each open sample: whether it counts
        self.parser = xml.parsers.expat.ParserCreate("utf-8")  # as it is given here, whatever the file says of itself
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise InputError("a JTL with a document type is not read", fix="JMeter writes none")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if tag not in _SAMPLES:
            return
        transaction = given.get("rm", "").startswith("Number of samples in transaction")
        counts = not transaction and not any(self._inside)
        self.left += transaction
        self._inside.append(counts)
        if counts:
            add(self.seconds, given.get("ts", ""), given.get("t", ""), given.get("s", ""), given.get("rc", ""))

    def _end(self, tag: str) -> None:
        if tag in _SAMPLES:
            self._inside.pop()


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """Samples by the second of their end; a file that is cut off is read as far as it goes."""
    if len(paths) > 1:
        raise InputError(f"JMeter results are one file, found {len(paths)}", fix="import each on its own")
    reader, lines, cut = _Reader(), Lines(paths[0]), ""
    try:
        for line in lines:
            reader.parser.Parse(line.encode(), False)
        reader.parser.Parse(b"", True)
    except xml.parsers.expat.ExpatError as error:
        cut = f"the XML breaks off at line {error.lineno}"
        if not reader.seconds:
            problem = Problem(f"{paths[0]}: line {error.lineno}", str(error), "well-formed XML")
            raise InputError(f"{paths[0]} is no JTL", problems=[problem]) from None
    if not reader.seconds:
        raise InputError(f"{paths[0]} holds no samples of JMeter")
    check_span(reader.seconds, str(paths[0]))
    notes = [f"The end is missing: {cut}."] if cut else []
    notes += [f"{reader.left} transactions are left out: their samples are counted."] if reader.left else []
    return Imported(reader.seconds, notes=(*notes, *NOTES), partial=cut)


def recognises(head: str) -> bool:
    """Whether a file begins as JMeter's test results."""
    return head.lstrip().startswith("<") and "<testResults" in head


IMPORTER = Importer("jmeter", "a JTL as XML", recognises, read)
