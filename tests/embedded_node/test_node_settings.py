"""Settings, images and addresses of the embedded cluster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import ClusterError, InputError
from autoscale.embedded import addresses
from autoscale.embedded.addresses import Block, claim_block, next_pod_ip
from autoscale.embedded.images.known import find_image, image_environment, image_name
from autoscale.embedded.settings import Image, Settings, from_json, quick


def test_settings_come_back_from_json() -> None:
    """What was written is read again, images included."""
    made = quick(Settings(node_cpu="1500m", images={"tiny": Image(env={"A": "b"}, path="/bin", priority=True)}))
    assert from_json(made.to_json()) == made
    assert from_json("{}") == Settings()


def test_the_defaults_are_kubernetes_own() -> None:
    """Periods of kube-controller-manager, kubelet and metrics-server."""
    made = Settings()
    assert (made.hpa_sync_s, made.hpa_tolerance, made.hpa_downscale_stabilization_s) == (15, 0.1, 300)
    assert (made.hpa_cpu_initialization_s, made.hpa_initial_readiness_delay_s) == (300, 30)
    assert (made.housekeeping_s, made.metric_resolution_s) == (0, 15)
    assert (made.restart_backoff_s, made.restart_backoff_max_s) == (10, 300)


def test_every_mistake_is_told_at_once() -> None:
    """Unknown names, wrong types, negative times and bad quantities in one error."""
    text = (
        '{"node_cpu": "two", "hpa_sync_s": -1, "nonsense": 1, "images": {"a": {"env": {"b": 1}}}, "use_cgroups": "yes"}'
    )
    with pytest.raises(InputError) as caught:
        from_json(text, "my.json")
    told = str(caught.value)
    assert len(caught.value.problems) == 5
    for place in ("node_cpu", "hpa_sync_s", "nonsense", "images.a.env.b", "use_cgroups"):
        assert f"my.json: {place}" in told
    with pytest.raises(InputError, match=r"node_cpus: found an unknown key\. Did you mean node_cpu\?"):
        from_json('{"node_cpus": "1"}', "my.json")


def test_what_is_no_json_is_told_too() -> None:
    """One readable error, no traceback."""
    with pytest.raises(InputError):
        from_json("{")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("autoscale-app", "autoscale-app"),
        ("autoscale-app:dev", "autoscale-app"),
        ("registry.example:5000/team/autoscale-app:v1@sha256:00", "autoscale-app"),
        ("docker.io/library/nginx", "nginx"),
    ],
)
def test_an_image_is_known_by_its_last_name(reference: str, name: str) -> None:
    """Registry, path, tag and digest do not matter."""
    assert image_name(reference) == name


def test_our_images_are_known_and_others_are_not() -> None:
    """The app and the load generator run; the generator gets the CPU first; settings add to them."""
    settings = Settings(images={"tiny": Image()})
    app, load = find_image("autoscale-app:dev", settings), find_image("x/autoscale-load", settings)
    assert app is not None
    assert load is not None
    assert (app.priority, load.priority) == (False, True)
    assert find_image("tiny:1", settings) == Image()
    assert find_image("nginx", settings) is None
    assert image_environment(app, "/scratch")["PATH"].startswith(app.path)


def test_a_block_is_had_by_one_cluster_only() -> None:
    """Two claims never give the same block; a released one may be had again."""
    blocks = [claim_block() for _ in range(5)]
    try:
        assert len({block.octet for block in blocks}) == 5
    finally:
        for block in blocks:
            block.release()


def test_when_all_blocks_are_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A readable error rather than a clash."""
    mine = claim_block()
    monkeypatch.setattr(addresses, "_FIRST", mine.octet)
    monkeypatch.setattr(addresses, "_LAST", mine.octet)
    with pytest.raises(ClusterError):
        claim_block()
    mine.release()
    again = claim_block()
    assert again.octet == mine.octet
    again.release()


@given(last=st.integers(0, 40000), taken=st.sets(st.integers(1, 300)))
def test_a_pod_address_is_free_and_in_the_block(last: int, taken: set[int]) -> None:
    """Whatever is taken, the next address is not, and is a pod's."""
    block = Block(77)
    used = {str(block.pods[number]) for number in taken}
    address, number = next_pod_ip(block, last, used)
    assert address not in used
    assert str(block.pods[number]) == address
    assert block.node_ip not in (address, str(block.services[2]))
