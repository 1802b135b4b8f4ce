"""Protobuf bodies are read as Go reads them: against what Kubernetes' own types wrote (tests/fixtures/protobuf)."""

import base64
import contextlib
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.kube.kinds import RESOURCES
from autoscale.kube.protobuf.envelope import decode
from autoscale.kube.protobuf.make import PROTOS
from autoscale.kube.protobuf.messages import _pool, message_of
from autoscale.kube.statuses import StatusError

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "protobuf" / "bodies.jsonl.gz"
BODIES: list[dict[str, Any]] = [json.loads(line) for line in gzip.decompress(FIXTURES.read_bytes()).splitlines()]
for body in BODIES:
    body["protobuf"] = base64.b64decode(body["protobuf"])
DEPLOYMENT = next(body["protobuf"] for body in BODIES if (body["kind"], body["mode"]) == ("Deployment", "full"))


def without_nulls(value: Any, found: Any) -> Any:
    """JSON without the nulls that were not found."""
    if isinstance(value, list) and isinstance(found, list):
        return [without_nulls(one, other) for one, other in zip(value, found, strict=True)]
    if not isinstance(value, dict) or not isinstance(found, dict):
        return value
    return {key: without_nulls(one, found.get(key)) for key, one in value.items() if one is not None or key in found}


def refusal(data: bytes, kind: str = "Deployment") -> StatusError:
    with pytest.raises(StatusError) as refused:
        decode(data, "apps/v1", kind)
    return refused.value


@pytest.mark.parametrize("mode", ["zero", "one", "full"])
def test_every_kind_is_read_as_json_writes_it(mode: str) -> None:
    """Unset fields, pointers to zero, times, quantities, maps, embedded structs: the JSON is Go's own, of every kind.

    But for the null of a list or map without elements, which is not there: the API server takes both for absent.
    """
    of_mode = [body for body in BODIES if body["mode"] == mode]
    assert len(of_mode) > 50
    for body in of_mode:
        found = decode(body["protobuf"], "v1", "Nothing")
        assert found == without_nulls(body["json"], found), (body["apiVersion"], body["kind"])


def test_every_kind_that_can_be_created_has_a_message() -> None:
    """Whatever the embedded cluster stores of Kubernetes' own kinds, typed clients may send."""
    ours = [one for one in RESOURCES.values() if "create" in one.verbs]
    assert [one.kind for one in ours if message_of(one.api_version, one.kind) is None] == []
    assert message_of("example.com/v1", "Deployment") is None


def test_the_descriptor_is_of_the_published_files() -> None:
    """Every field of the .proto files that are kept is in the compiled descriptor, with its number, and no other."""
    pool, _ = _pool()
    count = 0
    for path in PROTOS.rglob("*.proto"):
        text = path.read_text()
        package = re.search(r"^package (\S+);", text, re.MULTILINE)
        assert package
        for name, body in re.findall(r"^message (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            wanted = dict(re.findall(r"^  (?:optional|repeated|map<.*?>) ?\S* ?\b(\w+) = (\d+);", body, re.MULTILINE))
            fields = pool.FindMessageTypeByName(f"{package[1]}.{name}").fields
            assert {field.name: str(field.number) for field in fields} == wanted, name
            count += len(wanted)
    assert count > 2000


def test_options_are_of_every_group() -> None:
    """client-go sends the DeleteOptions of the group that it deletes from."""
    assert message_of("apps/v1", "DeleteOptions") is not None
    assert message_of("meta.k8s.io/v1", "DeleteOptions") is not None


def test_a_body_that_is_cut_off_is_refused() -> None:
    """Wherever a message ends too early it is refused; between two fields of the envelope it is whole, or empty."""
    named = {"apiVersion": "apps/v1", "kind": "Deployment"}
    taken = []
    for cut in range(len(DEPLOYMENT)):
        try:
            taken.append(decode(DEPLOYMENT[:cut], "apps/v1", "Deployment"))
        except StatusError as refused:
            assert (refused.code, refused.reason) == (400, "BadRequest")  # noqa: PT017
    assert taken[0] == named
    assert taken[1:] == [decode(DEPLOYMENT, "apps/v1", "Deployment")] * (len(taken) - 1)
    assert len(taken) <= 3


@settings(derandomize=True)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    """What is no message at all is a bad request or an object; nothing else is raised."""
    with contextlib.suppress(StatusError):
        assert isinstance(decode(b"k8s\0" + data, "apps/v1", "Deployment"), dict)


def test_refusals_are_worded_as_upstream_words_them() -> None:
    """Another format by what it should have been; a message that is broken by kind and version; no message by a way
    round."""
    assert refusal(b'{"kind": "Deployment"}').message == (
        "the object provided is unrecognized (must be of type Deployment): provided data does not appear to be a "
        'protobuf message, expected prefix [107 56 115 0] ({"kind": "Deployment"})'
    )
    envelope = b"k8s\0\x0a\x15\x0a\x07apps/v1\x12\x0aDeployment"
    broken = refusal(envelope + b"\x12\x02\x0a\x7f")
    assert broken.message.startswith('Deployment in version "v1" cannot be handled as a Deployment: ')
    assert decode(envelope, "apps/v1", "Deployment") == {"apiVersion": "apps/v1", "kind": "Deployment"}
    foreign = refusal(envelope.replace(b"apps/v1", b"some.io"))
    assert (foreign.code, foreign.reason) == (415, "UnsupportedMediaType")
    assert "accepted media types include: application/json, application/yaml" in foreign.message
    assert "rest.Config" in foreign.message
