#!/usr/bin/env bash
# kubernetes (Python) 37.0.2: a kubeconfig's exec plugin that ends with an error is no error. The configuration is loaded
# without any credential, one line is logged, and requests then go out anonymously; kubectl stops with the plugin's error.
# Seen with 37.0.2 on Python 3.11, November 2026. This project refuses such a context and names the plugin.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check kubernetes==37.0.2
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from kubernetes.client import Configuration
from kubernetes.config import load_kube_config_from_dict

plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never"}
loaded = Configuration()
load_kube_config_from_dict(
    {
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"exec": plugin}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    },
    client_configuration=loaded,
)
print("kubernetes", version("kubernetes"), "raised nothing; credentials:", loaded.api_key, loaded.cert_file)
assert loaded.api_key == {} and loaded.cert_file is None
PY
