"""Whether this machine can run the local cluster at all, and what it lacks."""

import os
import shutil
import sys

from tests.local_cluster import debian, gobuild


def lacking() -> list[str]:
    """What is missing, each with its cure; empty where ``up`` can work."""
    built = all(part.folder.is_dir() for part in gobuild.PARTS)
    installable = shutil.which("apt-get") is not None
    answers = {
        "Linux (elsewhere: minikube or kind)": sys.platform == "linux",
        "root (run it as root, in a virtual machine if need be)": hasattr(os, "geteuid") and os.geteuid() == 0,
        "Go 1.26 or newer on PATH (https://go.dev/dl)": built or shutil.which("go") is not None,
        "apt-get, or the packages " + " ".join(debian.missing(debian.NODE)): installable
        or not debian.missing(debian.NODE),
    }
    return [need for need, met in answers.items() if not met]
