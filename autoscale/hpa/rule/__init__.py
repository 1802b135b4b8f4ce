"""The steps of one pass: metrics, replicas, limits, stabilization, and what is remembered."""
