"""The pieces of the local cluster that need no cluster: builds, certificates, arguments, archives, packages."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from autoscale.base.errors import ClusterError, InputError
from tests.conftest import need
from tests.local_cluster import archives, components, configs, debian, gobuild, images, leftovers, lifecycle, node, pki
from tests.local_cluster.addresses import CONTEXT, HOST_IP, LINK, NODE_IP
from tests.local_cluster.places import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state folder with the certificates of a cluster in it."""
    pki.write_pki(tmp_path / "pki")
    return State(tmp_path)


def certificate(state: State, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((state.pki / f"{name}.crt").read_bytes())


def test_every_certificate_is_signed_by_its_authority(state: State) -> None:
    """Each identity's certificate verifies against the authority it names, and not against the other one."""
    for identity in pki.IDENTITIES:
        other = {"ca": "front-proxy-ca", "front-proxy-ca": "ca"}[identity.authority]
        mine = certificate(state, identity.file)
        mine.verify_directly_issued_by(certificate(state, identity.authority))
        with pytest.raises(ValueError, match="issuer"):
            mine.verify_directly_issued_by(certificate(state, other))


def test_the_api_server_is_known_by_the_address_the_host_uses(state: State) -> None:
    """Its certificate names the node's address and loopback, but not the host's own address."""
    names = certificate(state, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert {NODE_IP, "127.0.0.1"} <= addresses
    assert HOST_IP not in addresses


def test_keys_are_for_their_owner_only(state: State) -> None:
    """No private key can be read by another user."""
    keys = sorted(state.pki.glob("*.key"))
    assert len(keys) == len(pki.IDENTITIES) + 3
    assert {file.stat().st_mode & 0o777 for file in keys} == {0o600}


def test_the_kubeconfig_holds_all_it_needs(state: State) -> None:
    """It has one context, and its key fits its certificate: no path leads out of the file."""
    config = configs.kubeconfig(state, "admin")
    assert [one["name"] for one in config["contexts"]] == [CONTEXT]
    assert config["current-context"] == CONTEXT
    key = certificate(state, "admin").public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert "/" not in config["clusters"][0]["name"]
    assert str(state.root) not in json.dumps(config)


def test_components_read_only_files_that_exist(state: State) -> None:
    """Every certificate, key and configuration that an argument names is one that the start writes."""
    written = {file.name for file in state.pki.iterdir()} | {"containerd.toml", "kubelet.yaml"}
    written |= {f"{identity.file}.kubeconfig" for identity in pki.IDENTITIES}
    parts = components.components(state, Path("/programs"), Path("/programs"))
    read = {
        Path(word.partition("=")[2]).name for part in parts for word in part.command[1:] if f"={state.root}" in word
    }
    assert read - {"etcd", "kubelet"} <= written
    assert len(parts) == 8


def test_a_newer_control_plane_stands_over_the_same_node(state: State) -> None:
    """API server, controllers and scheduler are of the other release; kubelet, kube-proxy and etcd stay as they are."""
    parts = components.components(state, Path("/programs"), Path("/programs"), Path("/newer"))
    newer = {part.name for part in parts if part.command[0].startswith("/newer/")}
    assert newer == {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert {part.release for part in gobuild.NEWER.values()} == {"v1.36.3", "v1.37.2"}
    assert "Minor=37" in gobuild.ldflags("v1.37.2")


def test_a_release_that_there_is_not_is_refused_by_name(state: State) -> None:
    """Before anything is built or stopped."""
    with pytest.raises(InputError, match=r"Kubernetes '1.12'") as caught:
        lifecycle.up(state, "1.12")
    assert "1.35, 1.36, 1.37" in caught.value.fix


def test_the_kubelet_removes_no_images(state: State) -> None:
    """The disk is the host's: where others fill it, `pause` and our images must stay (100 turns the GC off)."""
    assert configs.kubelet(state)["imageGCHighThresholdPercent"] == 100


def test_nobody_may_talk_to_the_api_server_without_a_name(state: State) -> None:
    """RBAC and NodeRestriction are on and anonymous requests are off."""
    parts = components.components(state, Path("/programs"), Path("/programs"))
    (words,) = (part.command for part in parts if part.name == "kube-apiserver")
    assert {"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"} <= set(words)
    assert "--anonymous-auth=false" in words


def test_a_build_is_found_again_until_its_pins_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same go.mod and go.sum give the same folder in the cache; one changed byte gives another."""
    monkeypatch.setattr(gobuild, "SOURCES", tmp_path)
    module = tmp_path / "go" / "some"
    module.mkdir(parents=True)
    (module / "go.sum").write_text("a v1 h1:x\n")
    part = gobuild.Part("some", "some", ".")
    before = part.folder
    assert part.folder == before
    (module / "go.sum").write_text("a v1 h1:y\n")
    assert part.folder != before


def test_a_failed_build_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not compile ends in one error with the compiler's words and the log, and leaves no half build."""
    need(shutil.which("go") is not None, "needs Go on PATH (https://go.dev/dl)")
    monkeypatch.setattr(gobuild, "SOURCES", tmp_path)
    # Go's own cache stays where it is, or its library would be compiled anew.
    compiled = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    monkeypatch.setenv("GOCACHE", compiled)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    module = tmp_path / "go" / "broken"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module broken\n\ngo 1.21\n")
    (module / "main.go").write_text("package main\n\nfunc main() { nothing() }\n")
    part = gobuild.Part("broken", "broken", ".")
    with pytest.raises(ClusterError, match="undefined: nothing") as caught:
        gobuild.build(part)
    assert "broken.log" in caught.value.fix
    assert not part.folder.exists()
    (module / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert (gobuild.build(part) / "broken").is_file()


def test_an_archive_is_an_image_of_one_layer(tmp_path: Path) -> None:
    """Its manifest, configuration and layer agree, and the layer holds the file, executable."""
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\n")
    archives.write_archive(tmp_path / "image.tar", "example:1", {"bin/program": program}, ["/bin/program"])
    with tarfile.open(tmp_path / "image.tar") as image:
        parts = {one.name: image.extractfile(one).read() for one in image}  # type: ignore[union-attr]
    (manifest,) = json.loads(parts["manifest.json"])
    config = json.loads(parts[manifest["Config"]])
    layer = parts[manifest["Layers"][0]]
    assert manifest["RepoTags"] == ["example:1"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        assert [(one.name, one.mode) for one in files] == [("bin/program", 0o755)]


def test_without_root_the_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who may not install is told what to install; what is here is not in the list."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    wanted = {"no-such-program": "its-package", "sh": "dash"}
    with pytest.raises(InputError, match="not here: its-package") as caught:
        debian.ensure(wanted)
    assert "dash" not in str(caught.value)
    assert "apt-get install" in caught.value.fix
    debian.ensure({"sh": "dash"})


def test_loading_into_an_unknown_context_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster we cannot load into is refused with the way out; before that, images must be built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match="not built yet"):
        images.load_all("managed")
    for image in images.IMAGES:
        image.archive.parent.mkdir(parents=True, exist_ok=True)
        image.archive.touch()
    with pytest.raises(InputError, match="do not know how to load") as caught:
        images.load_all("managed")
    assert "registry" in caught.value.fix


def test_a_process_is_known_by_its_start(tmp_path: Path) -> None:
    """A running process has a start, a dead or zombie one has none, so a reused id is never taken for it."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = node.start_ticks(process.pid)
    assert started
    assert process.pid in node.children(os.getpid())
    assert node.Node(process.pid, started).alive()
    assert not node.Node(process.pid, started + 1).alive()
    process.kill()
    node.wait_until(lambda: node.start_ticks(process.pid) is None, 10, "a zombie counts as running")
    process.communicate()
    assert node.start_ticks(process.pid) is None
    assert node.children(process.pid) == []


def test_waiting_has_an_end() -> None:
    """A condition that never comes true ends in an error that says what was waited for."""
    with pytest.raises(ClusterError, match="it never comes"):
        node.wait_until(lambda: False, 0, "it never comes", "look outside")


def test_groups_are_removed_from_the_inside_out(tmp_path: Path) -> None:
    """Nested empty folders go; one that holds something stays, and is reported as still there."""
    (tmp_path / "group" / "pod" / "container").mkdir(parents=True)
    assert leftovers.remove_group(tmp_path / "group")
    (tmp_path / "busy" / "pod").mkdir(parents=True)
    (tmp_path / "busy" / "pod" / "file").touch()
    assert not leftovers.remove_group(tmp_path / "busy")
    assert leftovers.remove_group(tmp_path / "absent")


def test_the_link_holds_two_addresses() -> None:
    """The range seen by the host is as small as can be, so that it collides with as little as can be."""
    assert LINK.endswith("/30")
