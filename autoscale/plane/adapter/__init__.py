"""Prometheus and prometheus-adapter, as far as an HPA needs them: series of the pods' own metrics, rules, answers."""
