"""The example that this project was made from, word for word: its files, out of the document that shows them."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "fixtures" / "seed" / "example.md"
IMAGE = "<your-docker-image>"


def blocks() -> dict[str, str]:
    """``app.py``, ``Dockerfile`` and ``deployment.yml``, as they stand there."""
    return dict(re.findall(r"\*\*`([\w.]+)`\*\*\n```\w+\n(.*?)```", DOCUMENT.read_text(), re.DOTALL))
