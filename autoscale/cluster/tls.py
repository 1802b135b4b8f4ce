"""Certificates and keys of a kubeconfig, held in memory: a run that is killed leaves no file with a key behind.

The client library writes what stands in a kubeconfig into temporary files and removes these when Python ends.
"""

import base64
import ssl
from pathlib import Path
from typing import Any

import urllib3
from urllib3.util import create_urllib3_context

_FIELDS = {
    "certificate-authority-data": "certificate-authority",
    "client-certificate-data": "client-certificate",
    "client-key-data": "client-key",
}


def in_files(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A kubeconfig whose certificates and keys are in files of a folder instead. ValueError for what is no base64."""

    def moved(section: str, entry: dict[str, Any]) -> dict[str, Any]:
        found = dict(entry[section])
        for data, file in _FIELDS.items():
            if text := found.pop(data, None):
                path = folder / file
                path.touch(mode=0o600)
                path.write_bytes(base64.standard_b64decode(text))
                found[file] = str(path)
        return {**entry, section: found}

    return {
        **config,
        "clusters": [moved("cluster", one) for one in config["clusters"]],
        "users": [moved("user", one) for one in config["users"]],
    }


def context_of(configuration: Any) -> ssl.SSLContext:
    """What the client library would make of its configuration at each connection. OSError where a file is wrong."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE)
    if configuration.ssl_ca_cert:
        context.load_verify_locations(configuration.ssl_ca_cert)
    else:
        context.load_default_certs()
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def use(context: ssl.SSLContext, pool: urllib3.PoolManager) -> None:
    """Let a pool's connections use it instead of files."""
    for name in ("ca_certs", "ca_cert_data", "cert_file", "key_file"):
        pool.connection_pool_kw.pop(name, None)
    pool.connection_pool_kw["ssl_context"] = context
