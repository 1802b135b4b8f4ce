"""The four questions of the first screen, in plain words, in the order in which a reader asks."""

from autoscale.report.answers.answer import Answer
from autoscale.report.answers.belief import believe
from autoscale.report.answers.change import change
from autoscale.report.answers.good_enough import good_enough
from autoscale.report.answers.slow_phase import slow_phase
from autoscale.report.gather import Account


def answers(account: Account) -> tuple[Answer, ...]:
    """The four answers, in the order in which a reader asks."""
    return (believe(account), good_enough(account), slow_phase(account), change(account))
