"""What ``kubectl kustomize`` does with a folder of manifests, as far as this project's files need it."""
