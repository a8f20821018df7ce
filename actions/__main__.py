"""Run the action server on loopback: ``python -m actions --port 5055``."""

from __future__ import annotations

import argparse
import os

from bot.logs import set_up_logs


def main() -> None:
    """Serve Rasa's webhook until told to stop."""
    from rasa_sdk import endpoint

    from actions.local import shared_directory

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    arguments = parser.parse_args()
    set_up_logs()
    # The SDK listens on every interface unless told otherwise.
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    shared_directory()
    endpoint.run("actions", arguments.port, cors_origins="")


if __name__ == "__main__":
    main()
