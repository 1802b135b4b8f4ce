"""``python -m loadtest.driver master|worker``. Locust comes first: it patches the standard library for gevent."""

import locust  # noqa: F401, I001 - before anything that opens a socket

import logging
import os
import sys

from loadtest.driver import settings as environment
from loadtest.driver.master import Master
from loadtest.driver.output import say
from loadtest.driver.worker import Worker, raise_file_limit
from loadtest.errors import ScenarioError

BAD_INPUT = 2


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
    return Master(settings).run() if arguments == ["master"] else Worker(settings).run()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Locust's greenlets and ZeroMQ's threads would hold the interpreter's end for seconds
