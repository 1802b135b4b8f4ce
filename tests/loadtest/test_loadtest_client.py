"""The one request: how it is put into bytes, TLS, kept connections, and what the load image holds."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from loadprocs import fetch, network, plain_scenario, tiny_server

ROOT = Path(__file__).parents[2]

# Gevent stays out of the test's own process: the client runs in one of its own and tells its outcomes.
PROBE = """
import json, sys
from loadtest.driver.client import Client, prepare
from loadtest.driver.connections import Connections
url, tls, host, requests, wanted = json.loads(sys.argv[1])
client = Client(Connections(url, tls, host, wanted))
outcomes = [client.send(prepare(r, url, host), close=c) for r, c in requests]
print(json.dumps([[o.cause, o.pod, o.length] for o in outcomes]))
"""
PREPARE = """
import json, sys
from loadtest.driver.client import prepare
p = prepare(*json.loads(sys.argv[1]))
print(json.dumps([p.keep.decode(), p.close.decode()]))
"""
PLAIN_TLS = {"verify": True, "ca": None, "server_name": None}


def run(code: str, argument: Any) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(argument)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return json.loads(done.stdout)


def request(**fields: Any) -> dict[str, Any]:
    return dict(plain_scenario()["requests"][0]) | fields


def test_a_request_in_bytes_has_the_targets_name_and_the_urls_path_in_front() -> None:
    """The Host header is the target's own; a JSON body has its length and type; the closing form says so."""
    keep, close = run(PREPARE, [request(path="/a?b=1", method="POST", body={"x": "ü"}), "http://10.0.0.1/p/", "web:1"])
    head, body = keep.split("\r\n\r\n")
    assert head.splitlines()[0] == "POST /p/a?b=1 HTTP/1.1"
    assert {"Host: web:1", "Content-Type: application/json", "Content-Length: 14"} <= set(head.splitlines())
    assert json.loads(body) == {"x": "ü"}
    assert close == keep.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)


def test_a_header_of_the_scenario_takes_the_place_of_ours() -> None:
    """Given in any case, it stands once."""
    keep, _ = run(PREPARE, [request(headers={"user-agent": "me", "host": "other"}), "http://10.0.0.1", "web"])
    assert re.findall(r"(?im)^(?:host|user-agent): .*$", keep) == ["user-agent: me\r", "host: other\r"]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A server's key and certificate for the name web.test, and the path of the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "web.test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("web.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = built.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(private + public)
    return str(tmp_path / "both.pem"), public.decode()


def test_tls_is_checked_against_the_authority_and_the_name(certificate: tuple[str, str]) -> None:
    """The known authority and the right name answer; an unknown authority or another name does not; unless told to."""
    both, authority = certificate
    address = f"{network()}.1"
    with tiny_server(address, both):

        def outcome(tls: dict[str, Any], host: str = "web.test:8080") -> Any:
            return run(PROBE, [f"https://{address}:8080", PLAIN_TLS | tls, host, [[request(), False]], 1])[0][0]

        assert outcome({"ca": authority}) is None
        assert outcome({"ca": authority, "server_name": "web.test"}, str(ip_address(address))) is None
        assert outcome({"ca": authority}, "other.test") == "TLS error"
        assert outcome({}) == "TLS error"
        assert outcome({"verify": False}, "other.test") is None


@pytest.mark.parametrize(("wanted", "close_every"), [(1, 99), (1, 5), (4, 99), (4, 5), (1, 1)])
def test_connections_are_kept_spread_and_closed_as_asked(wanted: int, close_every: int) -> None:
    """19 requests in a row: the wanted connections are opened and used in turn, and each one closed is replaced."""
    address = f"{network()}.1"
    with tiny_server(address):
        plan = [[request(), n % close_every == close_every - 1] for n in range(19)]
        outcomes = run(PROBE, [f"http://{address}:8080", PLAIN_TLS, "web", plan, wanted])
        assert outcomes == [[None, "web-1", 5]] * 19
        opened = json.loads(fetch(f"http://{address}:8080/count")[1])["connections"] - 1
        replaced = sum(close for _, close in plan[:-1])
        assert opened == wanted + replaced


@pytest.mark.parametrize("url", ["http://no-such-name.invalid:8080", "http://127.255.255.254:9"])
def test_what_cannot_be_reached_is_an_outcome_and_not_an_exception(url: str) -> None:
    """An unknown name and a closed port have causes of their own."""
    wanted = "name not resolved" if "invalid" in url else "connection refused"
    assert run(PROBE, [url, PLAIN_TLS, "web", [[request(), False]], 1]) == [[wanted, None, 0]]


def pins(path: Path) -> dict[str, str]:
    """{package: its pin with hashes} of a requirements file, without markers: each file has its own."""
    found = re.finditer(r"(?ms)^([a-z0-9-]+)(\[\w+\])?==.*?(?=^\S|\Z)", path.read_text())
    return {m[1]: re.sub(r" ;[^\n]*\\$", " \\\\", m[0], count=1, flags=re.M) for m in found}


def test_the_load_image_installs_what_the_project_is_tested_with() -> None:
    """Every pin of the image stands in requirements/run.txt with the same version and hashes."""
    image, project = pins(ROOT / "loadtest/driver/requirements.txt"), pins(ROOT / "requirements/run.txt")
    assert {"locust", "gevent", "geventhttpclient", "pyzmq"} <= image.keys()
    assert image.items() <= project.items()


def test_the_driver_needs_nothing_that_the_image_does_not_hold() -> None:
    """Importing it brings in neither the rest of the project nor pydantic, PyYAML or the Kubernetes client."""
    code = "import json, sys, loadtest.driver.__main__; print(json.dumps([n.split('.')[0] for n in sys.modules]))"
    names = set(run(code, None))
    assert "locust" in names
    assert not names & {"autoscale", "app", "pydantic", "yaml", "kubernetes", "click_plugins", "aiohttp", "rich"}


# The same requests told to Locust one by one and a second at a time; what its page shows of both.
TELL = """
import json, random, sys
from locust.stats import RequestStats
from loadtest.driver import statistics
from loadtest.counts import Kind
from loadtest.rows import Worker
from loadtest.tally import Tally
one_by_one, at_once = RequestStats(False), RequestStats(False)
recorder = Tally(Worker(0, "load-0", 1.7e9), tell=lambda at, ended: statistics.tell(at_once, at, ended))
chance = random.Random(7)
for n in range(3000):
    now, took = n / 1000, chance.lognormvariate(-3, 1)
    kind = Kind(*chance.choice([("GET", "/"), ("HEAD", "/"), ("POST", "cart")]))
    cause = chance.choice([None, None, None, "timeout", "status 503"])
    one_by_one.log_request(kind.method, kind.name, took * 1000, n)
    if cause:
        one_by_one.log_error(kind.method, kind.name, cause)
        recorder.failed(now, cause, None, now - took, kind=kind, length=n)
    else:
        recorder.answered(now, now - took, now - took, None, kind=kind, length=n)
recorder.rows(3.0, 0.0)
print(json.dumps([
    [[e.to_dict() for e in (s.total, *(s.entries[k] for k in sorted(s.entries)))],
     sorted([e.method, e.name, e.error, e.occurrences] for e in s.errors.values())] for s in (one_by_one, at_once)]))
"""


def test_locusts_statistics_are_the_same_as_if_each_request_had_been_told() -> None:
    """Counts, failures by cause, bytes and mean are equal; percentiles within the histogram's and Locust's rounding."""
    (entries, errors), (told, told_errors) = run(TELL, None)
    assert errors == told_errors
    assert len(entries) == len(told) == 4
    for expected, found in zip(entries, told, strict=True):
        rates = [key for key in expected if "rps" in key or "per_sec" in key]  # of the hour at which the test runs
        rough = [key for key in expected if "percentile" in key or "median" in key]
        exact = expected.keys() - {*rates, *rough}
        assert {key: found[key] for key in exact} == pytest.approx({key: expected[key] for key in exact})
        assert {key: found[key] for key in rough} == pytest.approx(
            {key: expected[key] for key in rough}, rel=0.1, abs=1
        )
