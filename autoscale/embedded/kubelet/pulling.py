"""Images and back-offs: a known image is there (after a delay, if one is set), an unknown one never comes."""

from autoscale.embedded.images.known import find_image, known_images
from autoscale.embedded.kubelet.cell import Cell
from autoscale.embedded.settings import Image
from autoscale.plane.podstatus import waiting


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


async def pull(cell: Cell) -> Image | None:
    """The container's image once it is there; None where the pod is to end first."""
    settings, name = cell.node.settings, cell.spec["image"]
    backoff = Backoff(settings.restart_backoff_s, settings.restart_backoff_max_s)
    backoff.next()
    while not cell.stopping.is_set():
        image = find_image(name, settings)
        if image:
            await _present(cell, name)
            return image if not cell.stopping.is_set() else None
        await _refuse(cell, name, backoff.next())
    return None


async def _present(cell: Cell, name: str) -> None:
    delay, pulled = cell.node.settings.image_pull_s, cell.node.pulled
    always = cell.spec.get("imagePullPolicy") == "Always"
    if delay and (always or name not in pulled):
        cell.emit("Normal", "Pulling", f'Pulling image "{name}"')
        await cell.pause(delay)
        text = f'Successfully pulled image "{name}" in {delay:g}s ({delay:g}s including waiting). Image size: 0 bytes.'
    else:
        text = f'Container image "{name}" already present on machine and can be accessed by the pod'
    pulled.add(name)
    cell.emit("Normal", "Pulled", text)


async def _refuse(cell: Cell, name: str, delay: float) -> None:
    known = ", ".join(sorted(known_images(cell.node.settings)))
    why = f'image "{name}" is not one that the embedded cluster can run (it runs {known})'
    if cell.spec.get("imagePullPolicy") == "Never":
        text = f'Container image "{name}" is not present with pull policy of Never'
        cell.set(state=waiting("ErrImageNeverPull", text))
        cell.emit("Warning", "ErrImageNeverPull", text)
        await cell.pause(delay)
        return
    cell.emit("Normal", "Pulling", f'Pulling image "{name}"')
    cell.emit("Warning", "Failed", f'Failed to pull image "{name}": {why}')
    cell.emit("Warning", "Failed", "Error: ErrImagePull")
    cell.set(state=waiting("ErrImagePull", why))
    await cell.pause(min(1.0, delay))
    if cell.stopping.is_set():
        return
    cell.emit("Normal", "BackOff", f'Back-off pulling image "{name}"')
    cell.emit("Warning", "Failed", "Error: ImagePullBackOff")
    cell.set(state=waiting("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {why}'))
    await cell.pause(max(0.0, delay - 1.0))
