"""Writes the generated pages under docs/: python -m tests.docs.generate (make docs)."""

import json
from functools import cache
from pathlib import Path

from autoscale.kube.release import MINOR
from autoscale.record.schema import schema
from autoscale.report import schema as report_schema
from tests.clients import page as clients
from tests.contract import table
from tests.docs import imports_page, samples, shapes_table
from tests.fidelity import measured, page, picture

DOCS = Path(__file__).resolve().parents[2] / "docs"


@cache
def pages() -> dict[Path, str]:
    """Every generated page and what should stand in it."""
    runs = measured.read()
    return {
        DOCS / "report.schema.json": json.dumps(report_schema.schema(), indent=2) + "\n",
        DOCS / "record.schema.json": json.dumps(schema(), indent=2) + "\n",
        DOCS / "clients.md": clients.page(MINOR),
        DOCS / "contract.md": table.page(),
        DOCS / "imports.md": imports_page.page(),
        DOCS / "scenarios.md": shapes_table.page((DOCS / "scenarios.md").read_text(encoding="utf-8")),
        DOCS / "fidelity.md": page.page(runs),
        DOCS / "pictures" / "fidelity.svg": picture.svg(runs),
        **samples.pages(DOCS / "samples"),
    }


def main() -> None:
    """Write them."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
