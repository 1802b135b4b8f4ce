"""The kubelet: pods as processes, their probes, logs, limits and ends. The only part that does I/O for pods."""
