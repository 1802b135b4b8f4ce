"""What every test may use."""

import os

import pytest
from hypothesis import settings

# Properties have no bound on wall time: a busy machine is no mistake.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def need(present: bool, reason: str) -> None:
    """Skip where something is absent, saying the reason and the cure; in CI (AUTOSCALE_REQUIRE=all) fail instead."""
    if present:
        return
    if os.environ.get("AUTOSCALE_REQUIRE") == "all":
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)
