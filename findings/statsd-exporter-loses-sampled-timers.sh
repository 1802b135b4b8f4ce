#!/usr/bin/env bash
# Prometheus statsd_exporter 0.30.0 (Go module): a timer that is sent with a sample rate is observed int(1 / rate) times, so `@0.6`,
# `@0.75` and `@0.9` count once, and `@0.3` three times. A service that counts its requests by such a timer has 100 instead of 167 at
# `@0.6`, 40 % fewer; a counter with the same rate has 167. Only rates of one in a whole number (0.5, 0.1) are right, and so is the
# mean. An HPA or a rate by `..._count` scales for that much less. Seen with Go 1.26, November 2026. This project's app counts each.
set -euo pipefail
work=$(mktemp -d); trap 'kill "${exporter:-}" 2> "$work/quiet" || true; rm -rf "$work"' EXIT
export GOPATH="$work/go" GOBIN="$work/bin" GOFLAGS="-modcacherw"
go install github.com/prometheus/statsd_exporter@v0.30.0 > "$work/install" 2>&1
cat > "$work/send.py" <<'PY'
"""A hundred timers and counters of each sample rate, and what the exporter makes of them."""
import socket
import sys
import time
import urllib.request

statsd, url = ("127.0.0.1", int(sys.argv[1])), f"http://127.0.0.1:{sys.argv[2]}/metrics"
rates = ("0.9", "0.75", "0.6", "0.5", "0.3", "0.1")


def shown():
    lines = urllib.request.urlopen(url).read().decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    name = {rate: rate.replace(".", "_") for rate in rates}
    return {r: [round(float(found.get(f"{k}_{name[r]}{end}", 0))) for k, end in (("timer", "_count"), ("counter", ""))]
            for r in rates}


with socket.create_connection(statsd) as sender:
    for rate in rates:
        name = rate.replace(".", "_")
        for _ in range(100):
            sender.sendall(f"timer_{name}:100|ms|@{rate}\ncounter_{name}:1|c|@{rate}\n".encode())
for _ in range(100):
    if shown()["0.1"] == [1000, 1000]:
        break
    time.sleep(0.1)
print("timers and counters of 100 samples each, by rate:", shown())
assert shown() == {"0.9": [100, 111], "0.75": [100, 133], "0.6": [100, 167], "0.5": [200, 200], "0.3": [300, 333],
                   "0.1": [1000, 1000]}
PY
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
statsd=$(free) web=$(free)
go version -m "$work/bin/statsd_exporter" | awk '$1 == "mod"'
"$work/bin/statsd_exporter" --web.listen-address="127.0.0.1:$web" --statsd.listen-tcp="127.0.0.1:$statsd" --statsd.listen-udp= \
  > "$work/log" 2>&1 & exporter=$!
for _ in $(seq 100); do curl -s "http://127.0.0.1:$web/metrics" > "$work/ready" && break; sleep 0.1; done
python3 "$work/send.py" "$statsd" "$web"
