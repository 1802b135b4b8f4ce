"""After the last row: the report, the verdict, ten lines for the terminal."""

from collections.abc import Callable
from pathlib import Path

from autoscale.base.errors import AutoscaleError
from autoscale.base.exits import ExitCode
from autoscale.record.rows.course import Totals
from autoscale.run.options import Result


def finish(
    folder: Path, reason: str, error: AutoscaleError | None, totals: Totals, say: Callable[[str], None]
) -> Result:
    """Write ``report.html`` beside the record and judge it. A report that cannot be made never loses the record."""
    from autoscale import report  # here, since drawing it needs more than running does
    from autoscale.whatif import expect

    record, page = folder / "record.jsonl", folder / "report.html"
    summary, written, code, account = "", None, ExitCode.UNKNOWN, None
    try:
        made = expect.with_expected(report.gather(record))
        report.save(report.formats.render(made, "html"), page)
        written, account = page, made
        summary, code = report.formats.render(account, "text"), account.verdict.exit_code
    except AutoscaleError as failure:
        say(f"The report could not be made: {failure}")
    if reason == "interrupted":
        code = ExitCode.INTERRUPTED
    if error is not None:
        code = error.exit_code
    return Result(
        path=folder,
        record=record,
        exit_code=code,
        summary=summary,
        report=written,
        totals=totals,
        error=error,
        account=account,
    )
