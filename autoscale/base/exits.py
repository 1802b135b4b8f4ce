"""Exit codes are an API: one list, one meaning each."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line ends with."""

    PASS = 0
    OBJECTIVE_FAILED = 1
    BAD_INPUT = 2
    CLUSTER_FAILED = 3
    GENERATOR_FAILED = 4
    UNKNOWN = 5
    INVALID = 6
    INTERRUPTED = 130


MEANING = {
    ExitCode.PASS: "every objective held",
    ExitCode.OBJECTIVE_FAILED: "an objective failed",
    ExitCode.BAD_INPUT: "bad input: a scenario, manifest, option, trace or record is wrong; nothing was started",
    ExitCode.CLUSTER_FAILED: "the cluster failed or could not be reached",
    ExitCode.GENERATOR_FAILED: "the load generator failed",
    ExitCode.UNKNOWN: "unknown: something needed for the verdict was not seen",
    ExitCode.INVALID: "invalid: the load generator was the limit, not the service",
    ExitCode.INTERRUPTED: "interrupted by the user",
}
