"""The disk takes nothing."""

from pathlib import Path

from tests.faults.fault import Fault, Wanted
from tests.faults.files import Given
from tests.faults.matrix.g_records import kept

REFUSED = Wanted((2, 3, 5), ["cannot write"])


def beside_a_full_disk(folder: Path) -> Path:
    """A record, and by the name `full` what takes no byte; a link, so that nothing can put a file in its place."""
    record = kept(lambda lines: lines)(folder)
    (folder / f"{record.name}.full").symlink_to("/dev/full")
    return record


FAULTS: list[Fault] = [
    fault
    for form in ("html", "json", "markdown")
    for fault in (
        Given(f"{form}: a full disk", ("report", "FILE", "--format", form, "--out", "FILE.full"),
              beside_a_full_disk, REFUSED),
        Given(f"{form}: a file system that is not to be written",
              ("report", "FILE", "--format", form, "--out", "/proc/report"), kept(lambda lines: lines), REFUSED),
    )
]  # fmt: skip
