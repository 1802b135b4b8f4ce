#!/usr/bin/env bash
# One quantity, three readers. lightkube 1.0.1 refuses `251243000n` and `1500u`, which metrics-server answers for CPU, and
# `1E3`; kubernetes (Python) 37.0.2 reads `inf` and `1K`, which no API server takes; @kubernetes/client-node 1.4.0 raises on
# `0.5Gi`. Seen with Python 3.11 and Node 20, November 2026. This project has one parser, with upstream's grammar and bounds.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check lightkube==1.0.1 kubernetes==37.0.2
npm install --silent --no-audit --no-fund --prefix "$work" @kubernetes/client-node@1.4.0 > "$work/npm" 2>&1
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from kubernetes.utils import parse_quantity as official
from lightkube.utils.quantity import parse_quantity as lightkube


def said(parse, text):
    try:
        return str(parse(text))
    except Exception as error:
        return type(error).__name__


texts = ("250m", "251243000n", "1500u", "1E3", "1K", "inf")
found = {text: (said(lightkube, text), said(official, text)) for text in texts}
print("lightkube", version("lightkube"), "and kubernetes", version("kubernetes"), found)
assert found["250m"] == ("0.250", "0.250")
assert all(found[text][0] == "ValueError" for text in ("251243000n", "1500u", "1E3"))
assert found["1K"][1] == "1000" and found["inf"][1] == "Infinity"
PY
cat > "$work/read.cjs" <<'JS'
const { quantityToScalar } = require('./node_modules/@kubernetes/client-node/dist/util.js')
const said = (text) => { try { return String(quantityToScalar(text)) } catch (error) { return error.name } }
const found = Object.fromEntries(['250m', '2Gi', '0.5Gi'].map((text) => [text, said(text)]))
console.log('@kubernetes/client-node 1.4.0', found)
process.exit(found['250m'] === '0.25' && found['2Gi'] === '2147483648' && found['0.5Gi'].endsWith('Error') ? 0 : 1)
JS
node "$work/read.cjs"
