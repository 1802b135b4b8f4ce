"""One run from scenario to report."""

import threading
from collections.abc import Sequence

from autoscale.base.errors import AutoscaleError
from autoscale.run.options import Listener, Options, Result


def execute(options: Options, listeners: Sequence[Listener] = (), stop: threading.Event | None = None) -> Result:
    """Run a scenario: deploy, drive, record, report; returns when everything it made is removed.

    ``listeners`` get every row as it is written. ``stop``: set it to end the load early; the report is still written.
    Raises InputError (nothing was started), ClusterError, GeneratorError; a record that was begun stays readable.
    """
    raise AutoscaleError("the run is being written")
