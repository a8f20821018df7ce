"""Run the action server, on loopback unless ``OWNIT_INNER_HOST`` says otherwise: ``python -m actions --port 5055``."""

from __future__ import annotations

import argparse

from bot.guard import guard
from bot.logs import hush_libraries, set_up_logs
from bot.settings import Settings


def main() -> None:
    """Serve Rasa's webhook until told to stop."""
    hush_libraries()
    from rasa_sdk import endpoint

    from actions.local import shared_directory, shared_places

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    arguments = parser.parse_args()
    set_up_logs()
    settings = Settings.from_env()
    shared_directory()
    shared_places()
    # Not endpoint.run: it listens on every interface unless told otherwise, and leaves no room for the guard.
    app = endpoint.create_app("actions", cors_origins="")
    guard(app, settings.cluster_secret)
    app.run(settings.inner_host, arguments.port, access_log=False)


if __name__ == "__main__":
    main()
