"""``python -m loadtest.driver master|worker``. Locust comes first: it patches the standard library for gevent."""

import locust  # noqa: F401, I001 - before anything that opens a socket

import logging
import os
import sys
from pathlib import Path

from loadtest.driver import locustfile
from loadtest.driver import settings as environment
from loadtest.driver.locustmaster import LocustMaster
from loadtest.driver.locustworker import LocustWorker
from loadtest.driver.master import Master
from loadtest.driver.output import keep_apart, say
from loadtest.driver.worker import Worker, raise_file_limit
from loadtest.errors import ScenarioError

BAD_INPUT = 2
GENERATOR_FAILED = 4


def main(arguments: list[str]) -> int:
    """Run one role; the exit code (0 done, 2 bad settings, 4 the generator failed)."""
    if arguments not in (["master"], ["worker"]):
        say("Usage: python -m loadtest.driver master|worker")
        return BAD_INPUT
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = environment.read(os.environ, arguments[0])
    except ScenarioError as error:
        say(str(error))
        return BAD_INPUT
    raise_file_limit()
    try:
        return _role(arguments[0], settings)
    except ScenarioError as error:
        say(str(error))
        return GENERATOR_FAILED


def _role(role: str, settings: environment.Settings) -> int:
    load = settings.scenario["load"]
    if not load.get("locustfile"):
        return Master(settings).run() if role == "master" else Worker(settings).run()
    keep_apart()
    found = locustfile.behaviour(locustfile.unpack(settings.files) / Path(load["locustfile"]).name, load)
    itself = locustfile.environment(found, load, settings.url)
    shape = found.shapes[0] if load["own_shape"] else None
    return LocustMaster(settings, itself, shape).run() if role == "master" else LocustWorker(settings, itself).run()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Locust's greenlets and ZeroMQ's threads would hold the interpreter's end for seconds
