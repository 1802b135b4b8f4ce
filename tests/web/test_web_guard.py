"""Who may speak to the page."""

import pytest

from autoscale.web.guard import is_loopback, refusal

HERE = {"Host": "127.0.0.1:8089"}
OURS = {**HERE, "Origin": "http://127.0.0.1:8089", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}


@pytest.mark.parametrize(
    ("host", "ours"),
    [("127.0.0.1:8089", True), ("localhost", True), ("[::1]:9", True), ("localhost:9000", True),
     ("evil.example:8089", False), ("127.0.0.1.evil.example", False), ("localhost.evil.example", False),
     ("10.0.0.1:8089", False), ("localhost:99999", False), ("127.0.0.1:x", False), ("", False), ("[", False)],
)  # fmt: skip
def test_only_names_of_this_machine_are_answered(host: str, ours: bool) -> None:
    """A page reached by any other name could be another site's (DNS rebinding); a forwarded port is fine."""
    assert is_loopback(host) is ours
    assert (refusal("GET", "/", {"Host": host}) is None) is ours


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/stop", "/stats/requests", "/autoscale/start"])
def test_our_own_page_and_plain_clients_pass(method: str, path: str) -> None:
    """What the page's own scripts send passes, and so does a client that is no browser."""
    assert refusal(method, path, OURS) is None
    assert refusal(method, path, HERE) is None


@pytest.mark.parametrize("path", ["/stop", "/stats/requests", "/autoscale/start", "/autoscale/live", "/"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8089"])
def test_another_origin_is_refused(path: str, origin: str) -> None:
    """A request that says that it comes from another origin is refused, even from another port of this machine."""
    assert refusal("POST", path, {**HERE, "Origin": origin}) is not None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_but_not_act(site: str) -> None:
    """A link from elsewhere opens the page; an image, a frame's request or a form from there does nothing."""
    link = {**HERE, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert refusal("GET", "/", link) is None
    assert refusal("GET", "/scaling", link) is None
    assert refusal("POST", "/", link) is not None
    assert refusal("GET", "/stats/requests", link) is not None
    assert refusal("GET", "/", {**link, "Sec-Fetch-Mode": "no-cors"}) is not None
