"""Kubernetes' protobuf bodies as the objects that JSON would have brought."""
