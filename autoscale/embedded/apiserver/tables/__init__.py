"""What ``kubectl get`` shows: the server-side tables of each kind."""
