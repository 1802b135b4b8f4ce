"""What the APIs of custom and external metrics say of those that an HPA has, asked beside it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autoscale.base.errors import ClusterError
from autoscale.base.steady import SteadyClock
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.metrics import Question, metric_values, preferred
from autoscale.cluster.watch import Lost
from autoscale.observe.convert import metric_row
from autoscale.observe.fold import Answered
from autoscale.observe.sources import Inbox, running
from autoscale.record.rows.hpa import MetricAnswer

_OF_ANOTHER_FORM = (KeyError, ValueError, TypeError, AttributeError)


@contextmanager
def asking(asker: "Asker", questions: Callable[[], Iterable[Question]], period_s: float) -> Iterator[None]:
    """Ask what the HPA asks now, as often as it does."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            for question in questions():
                asker.ask(question)
            stop.wait(period_s)
        asker.end()

    with running(f"metrics{f' of {asker.of}' if asker.of else ''}", work, stop.set, asker.inbox):
        yield


@dataclass
class Asker:
    """Puts each answer into the inbox, and a gap for each span without one. That there is no such metric is an answer,
    of no values. ``labels`` select the pods; ``of``: as in ``Answered``."""

    cluster: Cluster
    namespace: str
    labels: str
    inbox: Inbox
    clock: SteadyClock
    of: str | None = None
    _versions: dict[str, str] = field(default_factory=dict)
    _failing: dict[Question, tuple[float, str]] = field(default_factory=dict)  # since when, and why at first

    def ask(self, question: Question) -> None:
        """Ask once."""
        since = self.clock()
        try:
            row = self._answer(question)
        except ClusterError as error:
            self._failing.setdefault(question, (since, error.what))
        except _OF_ANOTHER_FORM as error:
            why = f"its API gave an answer of another form ({type(error).__name__}: {error})"
            self._failing.setdefault(question, (since, why))
        else:
            self._heard(question)
            self.inbox.put(Answered(row, self.clock(), self.of))

    def end(self) -> None:
        """What still fails has failed until now."""
        for question in list(self._failing):
            self._heard(question)

    def _answer(self, question: Question) -> MetricAnswer:
        began = time.monotonic()
        try:
            if question.group not in self._versions:
                self._versions[question.group] = preferred(self.cluster, question.group)
            version = self._versions[question.group]
            items = metric_values(self.cluster, self.namespace, self.labels, question, version)
        except Refused as error:
            if error.code != 404:
                raise
            items = []
        return metric_row(question.type, question.name, items, round(time.monotonic() - began, 4))

    def _heard(self, question: Question) -> None:
        """The end of a span without an answer, if there was one."""
        if question in self._failing:
            since, why = self._failing.pop(question)
            self.inbox.put(Lost(f"metric {question.name}", since, self.clock(), why))
