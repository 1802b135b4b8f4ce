#!/usr/bin/env bash
# What becomes of four requests that were sent before SIGTERM, which is how Kubernetes ends a pod. gunicorn 27.0.1 with its default
# worker answers the one that it has in work and resets the others, which wait in the listening socket; it ends with 0 and logs
# no word of it, and `--graceful-timeout` is of no help. With `-k gthread` it answers all four. waitress 3.0.2 handles no SIGTERM
# at all: the four are cut off, those in work too. Each scale-in of a busy service loses such requests. Seen with Python 3.11,
# November 2026. This project's app is gunicorn with gthread; losses at a scale-in are told apart from others, with their cure.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check gunicorn==27.0.1 waitress==3.0.2
cat > "$work/service.py" <<'PY'
import time


def app(environ, start):
    time.sleep(2 if environ["PATH_INFO"] == "/slow" else 0)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PY
cat > "$work/end.py" <<'PY'
"""Start a server, send it four requests of 2 s, and SIGTERM while it works: prints how many were answered, and how it ended."""
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]


def ask(path):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return connection.makefile("rb").read().endswith(b"ok")
    except OSError:
        return False


log = Path(__file__).with_name("log")
with log.open("w") as file, ThreadPoolExecutor(4) as clients:
    server = subprocess.Popen([word.replace("PORT", str(port)) for word in sys.argv[2:]], cwd=log.parent, env={"HOME": str(log.parent)}, stderr=file, stdout=file)
    while not any(word in log.read_text() for word in ("Listening at", "Serving on")):
        time.sleep(0.1)
    assert ask("/")
    answers = [clients.submit(ask, "/slow") for _ in range(4)]
    time.sleep(1)
    server.send_signal(signal.SIGTERM)
    answered = sum(answer.result() for answer in answers)
    print(" ".join(sys.argv[2:])[len(sys.argv[1]):], f": {answered} of 4 answered, ended with {server.wait()}")
    assert not any(word in log.read_text().lower() for word in ("reset", "drop", "abort"))
    sys.exit(answered)
PY
answered() { wanted=$1; shift; got=0; python3 "$work/end.py" "$work/venv/bin/" "$@" || got=$?; [ "$got" = "$wanted" ]; }
answered 1 "$work/venv/bin/gunicorn" --graceful-timeout 60 -b 127.0.0.1:PORT service:app
answered 4 "$work/venv/bin/gunicorn" -k gthread --threads 1 -b 127.0.0.1:PORT service:app
answered 0 "$work/venv/bin/waitress-serve" --listen 127.0.0.1:PORT service:app
