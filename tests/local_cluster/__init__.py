"""A real one-node Kubernetes for the tests: built from Go modules, started in namespaces of its own, removed whole.

``python -m tests.local_cluster up | down | status`` (``make cluster``, ``cluster-down``, ``cluster-status``).
See ``docs/real-cluster.md``.
"""
