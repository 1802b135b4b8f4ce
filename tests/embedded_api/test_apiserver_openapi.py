"""What `kubectl explain` reads: the published descriptions of types and fields in OpenAPI documents."""

from typing import Any

import pytest

from autoscale.embedded.apiserver import openapi
from autoscale.kube.kinds import TABLE
from autoscale.kube.protobuf.comments import described, field_text, message_of, messages
from tests.embedded_api.harness import Server


def schemas(server: Server, path: str) -> dict[str, Any]:
    """The types of one group's document, as it is served."""
    found: dict[str, Any] = server.call("GET", f"/openapi/v3/{path}")[1]["components"]["schemas"]
    return found


def test_explain_finds_the_published_words(server: Server) -> None:
    """Of a kind, a field, a field that is itself a type, an inline struct's field, and what all objects have."""
    autoscaling = schemas(server, "apis/autoscaling/v2")
    assert autoscaling["HorizontalPodAutoscaler"]["description"].startswith(
        "HorizontalPodAutoscaler is the configuration"
    )
    behavior = autoscaling["HorizontalPodAutoscalerSpec"]["properties"]["behavior"]
    assert behavior["allOf"] == [{"$ref": "#/components/schemas/HorizontalPodAutoscalerBehavior"}]
    assert behavior["description"].startswith("behavior configures the scaling behavior of the target in both Up and")
    core = schemas(server, "api/v1")
    assert "One of Always, OnFailure, Never." in core["PodSpec"]["properties"]["restartPolicy"]["description"]
    assert core["Volume"]["properties"]["emptyDir"]["description"].startswith(
        "emptyDir represents a temporary directory"
    )
    assert core["Pod"]["properties"]["kind"]["description"].startswith("Kind is a string value representing")


def test_of_one_name_each_group_has_its_own() -> None:
    """An HPA of v1 is described by v1, one of v2 by v2; a core Event is no events.k8s.io Event."""
    old, new = (openapi.document(TABLE, "autoscaling", version) for version in ("v1", "v2"))
    assert old
    assert new
    first = old["components"]["schemas"]["autoscaling.v1.HorizontalPodAutoscaler"]["description"]
    second = new["components"]["schemas"]["HorizontalPodAutoscaler"]["description"]
    assert (first, second.startswith(first)) == ("configuration of a horizontal pod autoscaler.", False)
    event = message_of("Event", ("involvedObject", "reason"))
    assert event
    assert event.fields["involvedObject"] == ("ObjectReference", "The object that this event is about.")


@pytest.mark.parametrize("group_version", sorted({(one.group, one.version) for one in TABLE if one.served}))
def test_every_served_kind_is_described(group_version: tuple[str, str]) -> None:
    """No kind that `kubectl explain` can name is without words, but those whose types are published elsewhere."""
    document = openapi.document(TABLE, *group_version)
    assert document
    silent = [
        name
        for name, schema in document["components"]["schemas"].items()
        if "x-kubernetes-group-version-kind" in schema and "description" not in schema
    ]
    assert silent == (["NodeMetrics", "PodMetrics"] if group_version[0] == "metrics.k8s.io" else [])


def test_a_comment_becomes_a_description() -> None:
    """Lines are joined to paragraphs, indented ones stay lines; markers, TODOs and what follows dashes stay out."""
    lines = ["One", "sentence.", "", "  - item", "last", "+optional", "TODO: more", "---", "internal"]
    assert described(lines) == "One sentence.\n\n\n  - item\nlast"
    assert described([]) == ""


def test_a_comment_belongs_to_what_follows_it() -> None:
    """Not to a field behind an empty line; maps and lists have types too."""
    text = """
    package a.v1;
    // Thing is one.
    message Thing {
      // stray

      optional string bare = 1;
      // many
      repeated .k8s.io.api.core.v1.Container many = 2;
      // by name
      map<string, .k8s.io.x.Quantity> named = 3;
    }
    """
    [(name, thing)] = messages(text.splitlines())
    assert (name, thing.text) == ("a.v1.Thing", "Thing is one.")
    assert thing.fields == {
        "bare": ("string", ""),
        "many": ("Container", "many"),
        "named": ("Quantity", "by name"),
    }
    assert field_text(thing, "nothing", ["nothing", "bare", "many", "named"]) == ""
