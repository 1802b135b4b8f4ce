"""What holds where a scenario says nothing, for those who read records and need no scenario's model for it."""

TIMEOUT_S = 10.0  # of a request
