"""From the rows of a record to what was collected of load, pods and clocks, in one pass."""
