"""Small images without an engine: a few files packed as the archive that ``docker save`` writes."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_archive(
    out: Path, tag: str, files: Mapping[str, Path], command: Sequence[str], *, architecture: str = "amd64"
) -> None:
    """Write an image of one layer that holds ``files`` (path inside -> file here), all executable."""
    layer = _tar({inside: (file.read_bytes(), 0o755) for inside, file in files.items()})
    digest = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": list(command), "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": "tests.local_cluster"}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    parts = {
        "config.json": (json.dumps(config).encode(), 0o644),
        "layer.tar": (layer, 0o644),
        "manifest.json": (json.dumps(manifest).encode(), 0o644),
    }
    out.write_bytes(_tar(parts))


def _tar(parts: Mapping[str, tuple[bytes, int]]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, (content, mode) in parts.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()
