"""The API server under fuzz is the one of tests/embedded_api."""

from tests.embedded_api.conftest import server

__all__ = ["server"]
