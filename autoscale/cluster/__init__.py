"""The door to any cluster: contexts, render, apply, watch, logs, clean-up; the only room that knows the client library.

Nothing is imported here: what only reads manifests or the allow-list need not pay for the client.
"""
