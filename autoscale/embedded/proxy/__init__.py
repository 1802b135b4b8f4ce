"""kube-proxy's part: connections to a Service go to one of its ready pods."""
