"""What the load generator's workers counted."""

from autoscale.record.rows.fields import Stamp
from loadtest import lines


class Load(Stamp, lines.Load):
    """One worker, one second. ``at`` is the second's beginning; age keys of ``response`` and ``service`` are
    whole seconds between that second and the intended one. ``by_name`` is there where the scenario's requests have more
    than one name. ``answered`` and ``failed`` are None where a source does not tell how requests ended."""


class PodLoad(Stamp, lines.PodLoad):
    """One worker, ten seconds, one answering pod."""
