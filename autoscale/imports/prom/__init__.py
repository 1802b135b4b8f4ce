"""Range answers of Prometheus: which series count requests, how long these took, and what Kubernetes did."""
