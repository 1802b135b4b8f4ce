"""Ports as objects name them: by number, or by the name of a container's port."""

from autoscale.kube.kinds import Object


def port_number(port: int | str, containers: list[Object]) -> int | None:
    """A port given by number, or by its name in one of the containers; None where none has it."""
    if isinstance(port, int) or (port.isascii() and port.isdigit()):
        return int(port)
    named = (p for c in containers for p in c.get("ports") or [] if p.get("name") == port)
    return next((int(p["containerPort"]) for p in named), None)
