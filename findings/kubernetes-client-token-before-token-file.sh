#!/usr/bin/env bash
# kubernetes (Python) 37.0.2: where a user has both `token` and `tokenFile`, the token counts. In client-go the file does
# (its api types: "the last successfully read value takes precedence over Token"), so one kubeconfig is two users.
# Seen with 37.0.2 on Python 3.11, November 2026. This project reads the file, as kubectl does.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check kubernetes==37.0.2
printf of-the-file > "$work/token"
"$work/venv/bin/python" - "$work/token" <<'PY'
import sys
from importlib.metadata import version

from kubernetes.client import Configuration
from kubernetes.config import load_kube_config_from_dict

loaded = Configuration()
load_kube_config_from_dict(
    {
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "of-the-line", "tokenFile": sys.argv[1]}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    },
    client_configuration=loaded,
)
print("kubernetes", version("kubernetes"), "sends", loaded.api_key["BearerToken"])
assert loaded.api_key["BearerToken"] == "Bearer of-the-line"
PY
