"""The disk takes nothing."""

import resource
from pathlib import Path

from tests.faults.fault import Fault, Wanted
from tests.faults.files import Given
from tests.faults.matrix.g_records import kept
from tests.faults.stage import Stage
from tests.faults.whole import WholeRun

REFUSED = Wanted((2,), ["cannot write"])


def beside_a_full_disk(folder: Path) -> Path:
    """A record, and by the name `full` what takes no byte; a link, so that nothing can put a file in its place."""
    record = kept(lambda lines: lines)(folder)
    (folder / f"{record.name}.full").symlink_to("/dev/full")
    return record


def full(stage: Stage) -> None:
    """From the peak on no file of the runner's grows beyond what its record has by then: neither that nor a report."""
    stage.until_load()
    assert stage.record
    most = stage.record.stat().st_size
    resource.prlimit(stage.run.pid, resource.RLIMIT_FSIZE, (most, most))


FAULTS: list[Fault] = [
    WholeRun("the record: a full disk at the peak", full, Wanted((5,), ["cannot be written any further"])),
    *(
        fault
        for form in ("html", "json", "markdown")
        for fault in (
            Given(
                f"{form}: a full disk",
                ("report", "FILE", "--format", form, "--out", "FILE.full"),
                beside_a_full_disk,
                REFUSED,
            ),
            Given(
                f"{form}: a file system that is not to be written",
                ("report", "FILE", "--format", form, "--out", "/proc/report"),
                kept(lambda lines: lines),
                REFUSED,
            ),
        )
    ),
]
