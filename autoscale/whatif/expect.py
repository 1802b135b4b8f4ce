"""Whether a report asks the model: what it expects is in ``effects``, which is loaded only where it is asked.

A report must not become slow: a longer load than ``MOST_REQUESTS`` and ``MOST_DECISIONS`` is not modelled beside it,
but said to be too long (an hour of an HPA's usual 15 s takes some ten seconds of CPU, a few minutes take two).
"""

from dataclasses import replace

from autoscale.analysis.decisions import controller_config
from autoscale.report.expected import Expected
from autoscale.report.gather import Account
from autoscale.whatif import fast

MOST_REQUESTS = 50_000  # with a compiler; a tenth of it without
MOST_DECISIONS = 240


def with_expected(account: Account) -> Account:
    """The account with what the model expects of its patches, and why it expects nothing where that is so."""
    try:
        found = expected(account)
    except Exception as error:  # a guess beside a report must not cost the report
        found = Expected(unknown=f"the model failed ({type(error).__name__}: {error})")
    return replace(account, expected=found)


def expected(account: Account) -> Expected | None:
    """None where there is nothing to ask: no patch, and no objectives that held."""
    if account.verdict.outcome != "pass" and not any(finding.patch for finding in account.findings):
        return None
    if too_long := _too_long(account):
        return Expected(unknown=too_long)
    from autoscale.whatif import effects  # here: a fifth of what a report would load

    return effects.expected(account)


def _too_long(account: Account) -> str | None:
    """In words how long the run is for a report's model; None where it is not."""
    sent = sum(n or 0 for n in account.analysis.seconds.asked)
    most = MOST_REQUESTS if fast.available() else MOST_REQUESTS // 10
    period_s = controller_config(account.analysis.header).sync_period_s
    decisions = (account.analysis.end - account.analysis.start) / period_s
    if sent <= most and decisions <= MOST_DECISIONS:
        return None
    found = f"{sent:,.0f} requests and {decisions:,.0f} decisions of the HPA"
    return f"length: {found}, wanted at most {most:,} and {MOST_DECISIONS} for a report. Ask autoscale whatif"
