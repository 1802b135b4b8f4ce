"""The running local cluster and a namespace in it, for the tests marked ``cluster``."""

import uuid
from collections.abc import Iterator

import pytest

from tests.conftest import need
from tests.local_cluster import gobuild, images, lifecycle, places, prerequisites
from tests.local_cluster.client import Kubectl


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """kubectl as the administrator of the running local cluster."""
    lacking = prerequisites.lacking()
    need(not lacking, f"the local cluster cannot run here; needed: {'; '.join(lacking)}")
    need(places.state().kubeconfig.exists(), "the local cluster is not running: make cluster, or make test-cluster")
    return Kubectl(gobuild.build_kubectl(), places.state().kubeconfig)


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A namespace of the test's own, removed with all that is in it (the cluster does that in its own time)."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl.run("create", "namespace", name)
    yield name
    kubectl.run("delete", "namespace", name, "--wait=false")


@pytest.fixture
def with_images(kubectl: Kubectl) -> None:
    """The app's and the load generator's images are in the node."""
    need(all(image.archive.exists() for image in images.IMAGES), "the images are not built: make images")
    for image in images.IMAGES:
        if not lifecycle.has_image(places.state(), image.name):
            lifecycle.load_image(places.state(), image.name, image.archive)
