"""SPDY/3.1, as far as kubectl and client-go speak it: streams over one connection, for port-forward and exec."""
