"""Images and back-offs: a known image is there (after a delay, if one is set), an unknown one never comes."""

from typing import TYPE_CHECKING

from autoscale.embedded.images import find_image, known_images
from autoscale.embedded.settings import Image
from autoscale.plane.podstatus import waiting

if TYPE_CHECKING:
    from autoscale.embedded.kubelet.container import ContainerWorker


class Backoff:
    """The kubelet's back-off: the first retry is at once, then ``first_s`` doubling up to ``most_s``."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s, self._most_s = first_s, most_s
        self._next_s = 0.0

    def next(self) -> float:
        """How long to wait before the next try, in seconds."""
        delay = self._next_s
        self._next_s = min(self._most_s, max(self._first_s, delay * 2))
        return delay

    def reset(self) -> None:
        """It ran well for long."""
        self._next_s = 0.0


async def pull(worker: "ContainerWorker") -> Image | None:
    """The container's image once it is there; None where the pod is to end first."""
    settings, name = worker.node.settings, worker.spec["image"]
    backoff = Backoff(settings.restart_backoff_s, settings.restart_backoff_max_s)
    backoff.next()
    while not worker.stopping.is_set():
        image = find_image(name, settings)
        if image:
            await _present(worker, name)
            return image if not worker.stopping.is_set() else None
        await _refuse(worker, name, backoff.next())
    return None


async def _present(worker: "ContainerWorker", name: str) -> None:
    delay, pulled = worker.node.settings.image_pull_s, worker.node.pulled
    always = worker.spec.get("imagePullPolicy") == "Always"
    if delay and (always or name not in pulled):
        worker.emit("Normal", "Pulling", f'Pulling image "{name}"')
        await worker.pause(delay)
        text = f'Successfully pulled image "{name}" in {delay:g}s ({delay:g}s including waiting). Image size: 0 bytes.'
    else:
        text = f'Container image "{name}" already present on machine and can be accessed by the pod'
    pulled.add(name)
    worker.emit("Normal", "Pulled", text)


async def _refuse(worker: "ContainerWorker", name: str, delay: float) -> None:
    known = ", ".join(sorted(known_images(worker.node.settings)))
    why = f'image "{name}" is not one that the embedded cluster can run (it runs {known})'
    if worker.spec.get("imagePullPolicy") == "Never":
        text = f'Container image "{name}" is not present with pull policy of Never'
        worker.set(state=waiting("ErrImageNeverPull", text))
        worker.emit("Warning", "ErrImageNeverPull", text)
        await worker.pause(delay)
        return
    worker.emit("Normal", "Pulling", f'Pulling image "{name}"')
    worker.emit("Warning", "Failed", f'Failed to pull image "{name}": {why}')
    worker.emit("Warning", "Failed", "Error: ErrImagePull")
    worker.set(state=waiting("ErrImagePull", why))
    await worker.pause(min(1.0, delay))
    if worker.stopping.is_set():
        return
    worker.emit("Normal", "BackOff", f'Back-off pulling image "{name}"')
    worker.emit("Warning", "Failed", "Error: ImagePullBackOff")
    worker.set(state=waiting("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {why}'))
    await worker.pause(max(0.0, delay - 1.0))
