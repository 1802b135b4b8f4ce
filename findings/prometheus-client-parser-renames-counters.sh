#!/usr/bin/env bash
# prometheus_client 0.26.0: its parser of the text format renames a counter that has a `# TYPE` and no `_total` at its end.
# `nginx_ingress_controller_requests` (ingress-nginx) or any counter of that kind comes out as
# `nginx_ingress_controller_requests_total`, a series that Prometheus, which renames nothing, does not have. Without the TYPE
# line the name stays. Seen with 0.26.0, Python 3.11, November 2026. This project reads scrapes without their comments.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check prometheus-client==0.26.0
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from prometheus_client.parser import text_string_to_metric_families as parse

name = "nginx_ingress_controller_requests"
said = [[sample.name for family in parse(text) for sample in family.samples] for text in (f"# TYPE {name} counter\n{name} 4\n", f"{name} 4\n")]
print("prometheus_client", version("prometheus-client"), "with its type:", said[0], "without:", said[1])
assert said == [[name + "_total"], [name]]
PY
