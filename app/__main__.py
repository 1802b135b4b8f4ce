"""``python -m app``: serve on ``$POD_IP:$PORT``, health and metrics on ``$POD_IP:$ADMIN_PORT``."""

import os
import sys

from app.settings import SettingsError, from_environment


def main() -> None:
    """Serve until SIGTERM; wrong settings end with one message and exit code 2."""
    try:
        settings = from_environment(os.environ)
        # Imported late, so that a wrong setting is told at once.
        from app.server import serve

        serve(settings)
    except SettingsError as error:
        print(f"Error: the service's settings are wrong.\n{error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


main()
