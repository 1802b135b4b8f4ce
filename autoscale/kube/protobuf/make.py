"""Make ``k8s.binpb``, the compiled descriptor, from the published .proto files and Go types.

``python -m autoscale.kube.protobuf.make MODULES``, where MODULES is the folder ``k8s.io`` of Go's module cache with the
modules of ``SOURCES`` (``go mod download k8s.io/api@v0.37.1`` ...), and protoc comes with ``pip install grpcio-tools``.

What JSON makes of a field is not in the .proto files, but in the tags of the Go types. The descriptor says it in
protobuf's own terms: fields that JSON leaves out when they are zero have no presence (as proto3 means it), all others
are ``optional``; ``json_name`` is the name in JSON, or ``,inline`` for a message whose fields stand in its parent.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

HERE = Path(__file__).parent
PROTOS = HERE / "proto"
TARGET = HERE / "k8s.binpb"
SOURCES: Mapping[str, tuple[str, ...]] = {
    "api@v0.37.1": (
        *("apps/v1", "authentication/v1", "authorization/v1", "autoscaling/v1", "autoscaling/v2", "batch/v1"),
        *("coordination/v1", "core/v1", "discovery/v1", "events/v1", "networking/v1", "policy/v1", "rbac/v1"),
        *("scheduling/v1", "scheduling/v1alpha3", "storage/v1"),
    ),
    "apimachinery@v0.37.1": tuple(
        f"pkg/{name}" for name in ("api/resource", "apis/meta/v1", "runtime", "runtime/schema", "util/intstr")
    ),
    "apiextensions-apiserver@v0.36.4": ("pkg/apis/apiextensions/v1",),
}
"""Module and release -> its packages. All fields of 0.35 and 0.36 are in 0.37: a number is never given twice."""

INLINE = ",inline"
"""The ``json_name`` of an embedded struct: Go writes its fields among its parent's."""

_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_TAGS = re.compile(
    r'^\t(?:\w+[ ]+)?(?P<type>\S+)\s+`.*?json:"(?P<json>[^"]*)".*?protobuf:"(?P<wire>[^"-][^"]*)"', re.MULTILINE
)


@dataclass(frozen=True)
class Tag:
    """What the Go type says of one field. ``omitted``: JSON leaves it out where it is zero."""

    json_name: str
    omitted: bool


def tags(text: str) -> Iterator[tuple[tuple[str, str], Tag]]:
    """(message, field) and its tag, for every field in a file of Go types."""
    for struct in _STRUCT.finditer(text):
        for field in _TAGS.finditer(struct[2]):
            name, *options = field["json"].split(",")
            named = re.search(r"name=(\w+)", field["wire"])
            proto_name = named[1] if named else field["type"][:1].lower() + field["type"][1:]
            whole = field["type"].startswith("*")
            json_name = proto_name if name == "-" else name or INLINE
            yield (struct[1], proto_name), Tag(json_name, "omitempty" in options and not whole)


def shape(message: DescriptorProto, found: Mapping[tuple[str, str], Tag]) -> None:
    """Write into a message what its Go type says."""
    message.ClearField("options")
    for field in message.field:
        tag = found.get((message.name, field.name), Tag(field.name, False))
        field.json_name = tag.json_name
        scalar = field.type != FieldDescriptorProto.TYPE_MESSAGE
        if scalar and field.label == FieldDescriptorProto.LABEL_OPTIONAL and not tag.omitted:
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")
    for inner in message.nested_type:
        if not inner.options.map_entry:
            shape(inner, found)


def copy(modules: Path) -> None:
    """Keep the .proto files and their licence."""
    shutil.rmtree(PROTOS, ignore_errors=True)
    for module, packages in SOURCES.items():
        for package in packages:
            target = PROTOS / "k8s.io" / module.partition("@")[0] / package
            target.mkdir(parents=True)
            (target / "generated.proto").write_bytes((modules / module / package / "generated.proto").read_bytes())
    (PROTOS / "LICENSE").write_bytes((modules / next(iter(SOURCES)) / "LICENSE").read_bytes())
    listed = "\n".join(f"- k8s.io/{module}" for module in SOURCES)
    (PROTOS / "README.md").write_text(
        "Kubernetes' .proto files, unchanged, from the Go modules\n\n"
        f"{listed}\n\nunder the licence beside this file. `autoscale/kube/protobuf/make.py` takes them over.\n"
    )


def compiled() -> FileDescriptorSet:
    """The kept files as protoc understands them, without comments."""
    with tempfile.NamedTemporaryFile() as out:
        files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"--descriptor_set_out={out.name}"]
        subprocess.run([*command, *files], check=True)
        return FileDescriptorSet.FromString(Path(out.name).read_bytes())


def _shaped(file: FileDescriptorProto, modules: Path) -> None:
    folder = Path(file.name).parent.relative_to("k8s.io")
    module = next(name for name in SOURCES if name.partition("@")[0] == folder.parts[0])
    sources = (modules / module / Path(*folder.parts[1:])).glob("*.go")
    found = dict(pair for source in sorted(sources) for pair in tags(source.read_text()))
    file.syntax = "proto3"
    file.ClearField("options")
    for message in file.message_type:
        shape(message, found)


def main(modules: Path) -> None:
    """Take the files over and write the descriptor beside this module."""
    copy(modules)
    descriptors = compiled()
    for file in descriptors.file:
        _shaped(file, modules)
    TARGET.write_bytes(descriptors.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
