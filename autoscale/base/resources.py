"""Where the app, the manifests and the scenarios lie: beside the code in a clone, inside the package in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def bundle() -> Path:
    """The folder that holds ``app/`` and ``k8s/``."""
    inside = _PACKAGE / "bundle"
    return inside if inside.is_dir() else _PACKAGE.parent


def app_root() -> Path:
    """The folder to put on PYTHONPATH so that ``python -m app`` finds the Flask service."""
    return bundle()


def manifests() -> Path:
    """The folder ``k8s/`` with base, loadtest, overlays and examples."""
    return bundle() / "k8s"
