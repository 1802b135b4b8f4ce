"""From a cluster to the rows of a record: sources of rows, entered and left in order."""
