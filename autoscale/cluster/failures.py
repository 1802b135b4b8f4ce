"""Errors of the API, translated once: what was asked, what the server said, how to mend it."""

import json
import ssl
from typing import Any

import urllib3

from autoscale.base.errors import ClusterError, Problem

_FIX = {
    401: "the credentials of this context were refused: log in again, or choose another context",
    404: "check the namespace (-n) and the name, and that the cluster serves this kind",
    409: "another field manager owns a field, or the object is being deleted: see the message above",
    422: "the API server refused the object: see the fields named above",
    429: "the API server asks for fewer requests: try again in a moment",
}


class Refused(ClusterError):
    """The API server answered with an error ``Status``; ``code`` is the HTTP status, ``status`` the object."""

    def __init__(
        self, what: str, code: int, status: dict[str, Any], *, problems: tuple[Problem, ...], fix: str
    ) -> None:
        super().__init__(what, problems=problems, fix=fix)
        self.code = code
        self.status = status

    @property
    def reason(self) -> str:
        """The machine-readable reason, for example ``NotFound`` ("" where the server gave none)."""
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        """What the server said."""
        return str(self.status.get("message") or "")


class Unreachable(ClusterError):
    """No answer: the server is down, the network is, or its certificate is not the expected one."""


def passes(error: ClusterError) -> bool:
    """Whether the same request may do in a moment: there was no answer, or that of a server that starts or is busy."""
    return isinstance(error, Unreachable) or (isinstance(error, Refused) and (error.code == 429 or error.code >= 500))


def parse_status(body: bytes) -> dict[str, Any]:
    """The ``Status`` object of an error's body, or one made of its text."""
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict):
        return status
    return {"message": body.decode("utf-8", "replace").strip()[:500]}


def refused(method: str, path: str, code: int, status: dict[str, Any]) -> Refused:
    """The error for one refused request. 403 names verb, resource and the Role that grants it."""
    message = str(status.get("message") or f"HTTP {code}")
    causes = (status.get("details") or {}).get("causes") or []
    problems = tuple(
        Problem(str(cause.get("field") or path), str(cause.get("message") or cause.get("reason"))) for cause in causes
    )
    fix = _FIX.get(code, "see the API server's log") if code != 403 else _forbidden_fix(method, path)
    if code == 404 and message.startswith("namespaces "):
        fix = "create the namespace (`kubectl create namespace NAME`), or choose another with -n"
    if "being terminated" in message:
        fix = "the namespace is being deleted: wait until it is gone, or choose another with -n"
    return Refused(f"the API server refused {method} {path}: {message}", code, status, problems=problems, fix=fix)


def _forbidden_fix(method: str, path: str) -> str:
    """What a 403 lacks, as a rule of a Role."""
    parts = [part for part in path.split("?")[0].split("/") if part]
    group = parts[1] if parts and parts[0] == "apis" else ""
    rest = parts[3:] if group else parts[2:]
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    resource = "/".join([rest[0], *rest[2:3]]) if rest else "?"
    verbs = {"GET": "get, list, watch", "POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}
    rule = f'{{apiGroups: ["{group}"], resources: ["{resource}"], verbs: [{verbs.get(method, method.lower())}]}}'
    return f"ask for a Role with the rule {rule}, or see `autoscale doctor`"


def unreachable(server: str, error: Exception) -> Unreachable:
    """The error for a request without an answer."""
    cause = _innermost(error)
    text = f"{type(cause).__name__}: {cause}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable(
            f"the certificate of {server} is not the one that the kubeconfig names ({cause.verify_message})",
            fix="fetch a fresh kubeconfig for this cluster",
        )
    if isinstance(cause, ConnectionRefusedError):
        text = "connection refused"
    if isinstance(cause, urllib3.exceptions.TimeoutError | TimeoutError):
        text = "no answer in time"
    return Unreachable(
        f"the API server {server} cannot be reached: {text}",
        fix="is the cluster running, and is this still its address?",
    )


def _innermost(error: BaseException) -> BaseException:
    """The cause at the bottom of urllib3's wrapping."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _innermost(reason)
    inner = error.__cause__ or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
    return _innermost(inner) if inner is not None and inner is not error else error
