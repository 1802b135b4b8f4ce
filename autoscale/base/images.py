"""The names of this project's container images, as its manifests hold them (with the tag ``dev``)."""

APP = "autoscale-app"
LOAD = "autoscale-load"
TAG = "dev"
