"""A body of ``application/vnd.kubernetes.protobuf``: ``k8s\\0`` and a runtime.Unknown around the object's message.

Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf. What it refuses is worded as upstream words it
(``transformDecodeError`` of k8s.io/apiserver).
"""

from google.protobuf.message import DecodeError, Message

from autoscale.kube.kinds import Object
from autoscale.kube.protobuf.messages import as_json, message_named, message_of
from autoscale.kube.statuses import StatusError, bad_request

PREFIX = b"k8s\x00"
_SHOWN = 30
"""How many bytes of a body that is not understood upstream shows."""


def decode(data: bytes, api_version: str, kind: str) -> Object:
    """The object in a body, as JSON would have brought it; ``api_version`` and ``kind`` are what the path is for.

    400 for what is none, 415 for a kind that has no message: what is defined by a CustomResourceDefinition.
    """
    if not data.startswith(PREFIX):
        raise _unrecognized(data, kind, f"does not appear to be a protobuf message, expected prefix {_go(PREFIX)}")
    if data == PREFIX:
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): empty body ({data.hex()})")
    envelope = message_named("k8s.io.apimachinery.pkg.runtime.Unknown")
    try:
        envelope.ParseFromString(data[len(PREFIX) :])
    except DecodeError:
        raise _unrecognized(data, kind, "has no whole envelope") from None
    named, version = envelope.typeMeta.kind or kind, envelope.typeMeta.apiVersion or api_version
    message = message_of(version, named)
    if message is None:
        raise _no_message(version, named)
    return {"kind": named, "apiVersion": version, **_read(message, envelope.raw, f"{named} in version", version, kind)}


def _read(message: Message, raw: bytes, about: str, version: str, kind: str) -> Object:
    try:
        message.ParseFromString(raw)
        found: Object = as_json(message)
    except (DecodeError, ValueError) as error:
        short = version.rpartition("/")[2]
        raise bad_request(f'{about} "{short}" cannot be handled as a {kind}: {error}') from None
    return found


def _unrecognized(data: bytes, kind: str, why: str) -> StatusError:
    head = data[:_SHOWN]
    shown = head.decode(errors="replace") if head.startswith(b"{") else head.hex()
    shown += " ..." if len(data) > _SHOWN else ""
    text = f"the object provided is unrecognized (must be of type {kind}): provided data {why} ({shown})"
    return bad_request(text)


def _go(data: bytes) -> str:
    return f"[{' '.join(map(str, data))}]"


def _no_message(version: str, kind: str) -> StatusError:
    text = (
        "the body of the request was in an unknown format - accepted media types include: application/json, "
        f"application/yaml; {kind} of {version} has no protobuf message: send it as JSON (in client-go: "
        'rest.Config.ContentType = "application/json")'
    )
    return StatusError(415, "UnsupportedMediaType", text)
