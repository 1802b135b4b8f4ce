"""The Kubernetes API of the embedded cluster: routes, bodies, admission, watches, tables, discovery."""
