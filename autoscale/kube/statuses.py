"""Refusals as Kubernetes words them: a ``Status`` object with reason and code."""

from typing import Any

from autoscale.kube.kinds import RESOURCES, Key, Object


class StatusError(Exception):
    """A refusal: ``code`` is the HTTP status, ``reason`` the machine's word, ``message`` the person's."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def to_dict(self) -> Object:
        """The ``Status`` object to answer with."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            body["details"] = self.details
        return body


def _named(key: Key) -> tuple[str, Object]:
    """``deployments.apps`` and the details; a custom kind's shelf is named so."""
    qualified = RESOURCES[key[0]].qualified if key[0] in RESOURCES else key[0]
    plural, _, group = qualified.partition(".")
    return qualified, {"name": key[2], "kind": plural} | ({"group": group} if group else {})


def not_found(key: Key) -> StatusError:
    """404: there is no such object."""
    qualified, details = _named(key)
    return StatusError(404, "NotFound", f'{qualified} "{key[2]}" not found', details)


def already_exists(key: Key) -> StatusError:
    """409: an object of that name is there already."""
    qualified, details = _named(key)
    return StatusError(409, "AlreadyExists", f'{qualified} "{key[2]}" already exists', details)


def conflict(key: Key, why: str = "") -> StatusError:
    """409: the object has changed since it was read (or ``why``)."""
    qualified, details = _named(key)
    why = why or ("the object has been modified; please apply your changes to the latest version and try again")
    text = f'Operation cannot be fulfilled on {qualified} "{key[2]}": {why}'
    return StatusError(409, "Conflict", text, details)


def expired(version: int, oldest: int) -> StatusError:
    """410: the watch history no longer reaches back to that version; list again."""
    return StatusError(410, "Expired", f"too old resource version: {version} ({oldest})")


def bad_request(message: str) -> StatusError:
    """400: the request cannot be read."""
    return StatusError(400, "BadRequest", message)


def unsupported(message: str) -> StatusError:
    """501: Kubernetes has this, the embedded cluster does not."""
    return StatusError(501, "NotImplemented", message)
