"""What can be said against an HPA without a run, from its manifests alone."""
