"""What is known of a kind of object apart from its schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscale.kube.schema import Type, type_of

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = ("get", "list")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One row of the table of kinds: all that is known of a kind apart from its schema.

    ``group`` is "" for the core group. ``subresources`` are served under ``plural/name/``. ``status``: what the API
    server gives a new object that has that subresource. ``generation``: whether changes of the spec are counted.
    ``immutable``: paths that an update must not change. ``selectable``: fields that a field selector may name, beside
    name and namespace. ``effect``: where the embedded cluster stores the kind but nothing follows from it, what that
    means. ``stored``: False where this is another form of a kind that is stored as another row has it (``forms``).
    ``served``: whether the embedded cluster has the kind; the others are known from real clusters. ``defined``: the
    version of a CustomResourceDefinition that a custom kind comes from, ``structure`` its schema's type, and ``names``
    what it calls one of them and a list.
    """

    group: str = ""
    version: str = "v1"
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    categories: tuple[str, ...] = ()
    status: Mapping[str, Any] = field(default_factory=dict)
    generation: bool = False
    immutable: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    effect: str = ""
    served: bool = True
    stored: bool = True
    defined: Mapping[str, Any] | None = None
    structure: Type | None = None
    names: tuple[str, str] | None = None

    @property
    def shelf(self) -> str:
        """What the store keeps its objects under: the kind, or a custom one's definition, as other groups may have
        kinds of that name."""
        return self.kind if self.defined is None else self.qualified

    @property
    def singular(self) -> str:
        """``deployment``, as discovery names it."""
        return self.names[0] if self.names else self.kind.lower()

    @property
    def list_kind(self) -> str:
        """``DeploymentList``."""
        return self.names[1] if self.names else f"{self.kind}List"

    @property
    def type(self) -> Type | None:
        """The type of its objects; None where there is no schema."""
        return type_of(self.schema) if self.defined is None else self.structure

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``, as objects write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def schema(self) -> str:
        """The name of its type in the schema."""
        return self.kind if self.stored else f"{self.group.partition('.')[0]}.{self.version}.{self.kind}"

    @property
    def qualified(self) -> str:
        """``pods`` or ``deployments.apps``, as error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None, sub: str | None = None) -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, sub) if part]
        return "/" + "/".join(parts)
