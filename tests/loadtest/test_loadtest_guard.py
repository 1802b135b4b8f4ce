"""Who may speak to the load master's page."""

import pytest

from loadtest.driver.guard import REFUSED_NAME, REFUSED_SITE, refusal

API = "api.shop.example"


@pytest.mark.parametrize(
    ("host", "passes"),
    [("10.1.2.3:8089", True), ("[fd00::1]:8089", True), ("localhost:9000", True), ("127.200.3.2:8089", True),
     ("api.shop.example:6443", True), ("API.shop.example", True), ("loadtest-master", True),
     ("kubernetes.default", True), ("loadtest-master.shop.svc.cluster.local:8089", True),
     ("evil.example:8089", False), ("api.shop.example.evil.example", False), ("10.1.2.3.evil.example", False),
     ("svc", True), ("evilsvc.example", False), ("", False), ("[", False)],
)  # fmt: skip
def test_addresses_and_the_api_servers_name_are_answered(host: str, passes: bool) -> None:
    """A site's name may be made to lead here (DNS rebinding); an address, and names of this cluster, cannot."""
    assert refusal({"Host": host}.get, API) == (None if passes else REFUSED_NAME)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://10.1.2.3:9999", "", "http://["])
def test_another_origin_is_refused(origin: str) -> None:
    """Also another port of the same address; the page's own requests pass."""
    here = {"Host": "10.1.2.3:8089"}
    assert refusal({**here, "Origin": origin}.get, API) == REFUSED_SITE
    assert refusal({**here, "Origin": "http://10.1.2.3:8089", "Sec-Fetch-Site": "same-origin"}.get, API) is None
    assert refusal({**here, "Sec-Fetch-Site": "cross-site"}.get, API) == REFUSED_SITE
