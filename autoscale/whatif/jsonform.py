"""The answer as JSON: every figure with its source, every band, every curve."""

import json
from typing import Any

from autoscale.analysis.results.jsonform import plain
from autoscale.whatif import order
from autoscale.whatif.answer import Answer, Outcome

SCHEMA = 1


def to_json(answer: Answer) -> str:
    """``schema`` is the version of this form; times in seconds from the load's start, shares 0 to 1.

    ``alike``: by figure the pairs of settings that it does not tell apart; null where it is unknown.
    """
    model = answer.model
    return (
        json.dumps(
            {
                "schema": SCHEMA,
                "run": model.seen.run.run,
                "seeds": answer.seeds,
                "service": plain(model.service.figures()),
                "replay": [{**plain(error), "held": error.ok} for error in model.replay],
                "spread": plain(model.spread),
                "recorded": _outcome(answer.base),
                "variants": [_outcome(outcome) for outcome in answer.variants],
                "alike": {name: order.alike(order.comparable(answer), name) for name in order.FIGURES},
            },
            indent=2,
            allow_nan=False,
        )
        + "\n"
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    setting = outcome.setting
    return {
        "name": setting.name,
        "hpa": plain(setting.hpa),
        "request_m": setting.request_m,
        "limit_m": setting.limit_m,
        "peak_rate": setting.load.peak,
        "figures": plain(outcome.figures),
        "change": plain(outcome.change),
        "binds": outcome.binds,
        "curves": plain(outcome.curves),
    }
