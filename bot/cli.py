"""The command ``ownit``: what operators and maintainers run.

Each subcommand is a module of `bot.commands`, imported only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from bot.errors import OwnItError

COMMANDS = {
    "run": "start the bot and watch over it",
    "ask": "ask from the terminal, one message a line",
    "explain": "show why a message gets the answer it gets",
    "check": "check every content file",
    "evaluate": "measure understanding and safety on test questions",
    "train": "train the model if its inputs changed",
    "preview": "show the answers as people will see them",
    "report": "write a page on what is due and how the bot is used",
    "new": "make the stubs of a new topic",
    "poster": "make a poster, a card and a picture with QR codes",
    "gp": "fetch the NHS list of GP surgeries",
    "off": "turn every channel into a static help reply",
    "on": "turn the bot on again",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit status."""
    parser = argparse.ArgumentParser(prog="ownit", description="Own It: young people's healthcare rights in England.")
    found = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    given = sys.argv[1:] if arguments is None else arguments
    for name, help_ in COMMANDS.items():
        sub = found.add_parser(name, help=help_, description=help_)
        if given and given[0] == name:
            importlib.import_module(f"bot.commands.{name}").add_arguments(sub)
    parsed = parser.parse_args(given)
    try:
        status: int = importlib.import_module(f"bot.commands.{parsed.command}").run(parsed)
        return status
    except OwnItError as error:
        print(f"ownit: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # `ownit check | head`: who reads has seen enough. Nothing is left to be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
