"""How a request ended, by the labels that exporters give: a code, a class of codes, or a word."""

import re
from collections.abc import Mapping

# In the order in which they are believed, however they are spelled (status_code, statusCode, http.status_code); which
# exporter has which stands in docs/imports.md.
LABELS = (
    "code",
    "status",
    "status_code",
    "response_code",
    "http_response_status_code",
    "http_status_code",
    "http_status",
    "http_code",
    "http_response_code",
    "envoy_response_code",
    "envoy_response_code_class",
    "response_code_class",
    "status_class",
    "code_class",
    "grpc_code",
    "grpc_status",
    "rpc_grpc_status_code",
    "grpc_response_status",
    "outcome",
    "classification",
    "success",
    "result",
)
_PLAIN = {label: re.sub(r"[^a-z0-9]", "", label) for label in LABELS}
_GOOD = {"ok", "success", "succeeded", "redirection", "informational", "true"}
_BAD = {
    "client_error",
    "server_error",
    "error",
    "failure",
    "failed",
    "fail",
    "false",
    "timeout",
    "canceled",
    "cancelled",
}
_GRPC_BAD = {
    "unknown",
    "invalidargument",
    "deadlineexceeded",
    "notfound",
    "alreadyexists",
    "permissiondenied",
    "aborted",
    "resourceexhausted",
    "failedprecondition",
    "outofrange",
    "unimplemented",
    "internal",
    "unavailable",
    "dataloss",
    "unauthenticated",
    "canceled",
    "cancelled",
}


def label_of(labels: Mapping[str, str]) -> str | None:
    """The label that says how a series' requests ended, however it is spelled; None where none does."""
    return next((name for name, _ in _said(labels)), None)


def ended(labels: Mapping[str, str]) -> str | None:
    """ "" for requests that were answered, a cause for those that failed, None where it is not known.

    A call of gRPC that failed has an HTTP status of 200: whichever label tells of a failure is believed.
    """
    known = [cause for label, text in _said(labels) if (cause := _read(label, text)) is not None]
    return next((cause for cause in known if cause and cause.lower() != "unknown"), known[0] if known else None)


def _said(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """(label as it is known, value) of the labels that say how requests ended, those that are believed first."""
    found = {_plain(name): text for name, text in labels.items() if text}
    return [(known, found[plain]) for known, plain in _PLAIN.items() if plain in found]


def _plain(label: str) -> str:
    """A label without what exporters differ in: statusCode, status-code and http.response.status_code's marks."""
    return re.sub(r"[^a-z0-9]", "", label.lower())


def _read(label: str, text: str) -> str | None:
    plain = text.strip().lower()
    if "grpc" in label:
        return _grpc(plain, text)
    if re.fullmatch(r"[1-5](\d\d|xx)?", plain):
        return "" if plain[0] in "123" else (text if len(plain) == 3 else f"{plain}xx")
    if plain == "0" and label.endswith("code"):
        return "no answer"
    if plain in _GOOD:
        return ""
    grpc = plain.replace("_", "")  # a label of another name with gRPC's words, as Java's code="UNAVAILABLE"
    return text if plain in _BAD or (grpc in _GRPC_BAD and grpc != "unknown") else None


def _grpc(plain: str, text: str) -> str | None:
    if plain in ("ok", "0"):
        return ""
    if re.fullmatch(r"[0-9]{1,2}", plain) and int(plain) <= 16:
        return f"gRPC {plain}"
    return text if plain.replace("_", "") in _GRPC_BAD else None
