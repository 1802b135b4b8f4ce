"""The Kubernetes release that this project follows: its types, its words, the embedded cluster and the local one."""

from typing import Final

VERSION: Final = "v1.35.4"
MINOR: Final = "1.35"
