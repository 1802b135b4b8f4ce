"""Keys and certificates of the cluster: two authorities, one certificate for each who speaks to another."""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.local_cluster.addresses import API_SERVICE_IP, MAIN, NODE_IP, Address

_LIFE = datetime.timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for: a user with groups for a client, names and addresses for a server."""

    file: str
    user: str
    group: str | None = None
    hosts: tuple[str, ...] = ()
    authority: str = "ca"


def kubelet_of(address: Address) -> Identity:
    """The kubelet of a node, towards the API server and as a server."""
    return Identity("kubelet", f"system:node:{address.name}", "system:nodes", hosts=(address.name, address.ip))


IDENTITIES = (
    Identity("admin", "local-admin", "system:masters"),
    Identity("controller-manager", "system:kube-controller-manager"),
    Identity("scheduler", "system:kube-scheduler"),
    Identity("kube-proxy", "system:kube-proxy"),
    Identity("metrics-server", "metrics-server", hosts=("metrics-server.kube-system.svc",)),
    # What is added to the cluster (KEDA, VPA): programs of the tests, which may do everything.
    Identity(
        "addons", "local-addons", "system:masters", hosts=("localhost", "keda-metrics-apiserver.keda.svc", NODE_IP)
    ),
    kubelet_of(MAIN),
    Identity("apiserver-kubelet-client", "kube-apiserver-kubelet-client"),
    Identity("front-proxy-client", "front-proxy-client", authority="front-proxy-ca"),
    Identity(
        "apiserver",
        "kube-apiserver",
        hosts=("kubernetes.default.svc", "localhost", "127.0.0.1", NODE_IP, API_SERVICE_IP),
    ),
)


def write_pki(folder: Path) -> None:
    """Write ``NAME.crt`` and ``NAME.key`` for every identity, the two authorities, and ``sa.key`` for tokens."""
    folder.mkdir(parents=True, mode=0o700)
    authorities = {name: _authority(folder, name) for name in ("ca", "front-proxy-ca")}
    for identity in IDENTITIES:
        _certificate(folder, identity, *authorities[identity.authority])
    _write_key(folder / "sa.key", ec.generate_private_key(ec.SECP256R1()))


def write_kubelet(folder: Path, authority: Path, address: Address) -> None:
    """Write ``kubelet.crt`` and ``kubelet.key`` of an added node, signed by the ca that lies in ``authority``."""
    certificate = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    _certificate(folder, kubelet_of(address), certificate.subject, key)


def _authority(folder: Path, name: str) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    _write(folder, name, builder.sign(key, hashes.SHA256()), key)
    return subject, key


def _certificate(folder: Path, identity: Identity, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, identity.user)]
    if identity.group:
        subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, identity.group))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    builder = _builder(x509.Name(subject), issuer, key).add_extension(usage, False)
    if identity.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in identity.hosts])
        builder = builder.add_extension(names, False)
    _write(folder, identity.file, builder.sign(signer, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(minutes=5),
        not_valid_after=now + _LIFE,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(folder / f"{name}.key", key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
