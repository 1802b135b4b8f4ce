"""The rows of a record (schema 1), as they stand in the file; ``kinds`` names them all.

Times are seconds since the epoch; durations seconds; CPU millicores; memory bytes. Unknown is null.
Every row has ``k`` (kind), ``n`` (sequence in the record) and ``t`` (receive time on the observer's clock).
A source's own time is ``at``, on the clock named by ``clk`` (its offset and error stand in ``clock`` rows).

These types are the one description: producers make rows of them, the reader and the analysis check what they read
against them (``autoscale.record.shape``), and the JSON schema is made from them.
"""
