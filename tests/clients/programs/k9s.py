"""k9s in a terminal: its list of pods. Prints each step that works; ends with an error where one does not."""

import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from fcntl import ioctl
from termios import TIOCSWINSZ

namespace = os.environ["NAMESPACE"]
kubectl = ["kubectl", "-n", namespace]
subprocess.run([*kubectl, "apply", "-f", "-"], input=os.environ["DEPLOYMENT"], text=True, check=True, stdout=sys.stderr)
subprocess.run([*kubectl, "rollout", "status", "deployment/web", "--timeout=120s"], check=True, stdout=sys.stderr)
names = json.loads(subprocess.check_output([*kubectl, "get", "pods", "-o", "json"]))["items"]
print("rollout")


def seen(view: str, words: list[str]) -> str:
    """What a view shows until all of the words stand in it; "" where they do not come."""
    child, screen = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "HOME": os.environ["WORK"]}
        os.execvp("k9s", ["k9s", "-n", namespace, "-c", view, "--logLevel", "error"])
    ioctl(screen, TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    text, until = "", time.monotonic() + 90
    try:
        while time.monotonic() < until and not all(word in text for word in words):
            if select.select([screen], [], [], 1)[0]:
                text += os.read(screen, 65536).decode(errors="replace")
    except OSError:
        pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return text if all(word in text for word in words) else ""


if not seen("pods", [pod["metadata"]["name"] for pod in names]):
    raise SystemExit("k9s does not show the pods")
print("pods")
if not seen("deployments", ["web", "2/2"]):
    raise SystemExit("k9s does not show the Deployment")
print("deployments")
