"""``ownit poster``: a poster, a card and a picture with QR codes, for one place."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.answers import Book
from bot.errors import SettingError
from bot.poster.words import ENGLISH, codes, links, read_words, sheet_words
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--url", required=True, help="address of the Own It site, or of the school's page that shows the chat")
    parser.add_argument("--telegram", default="", help="name of the Telegram bot, such as @OwnItBot; without it, the web alone")
    parser.add_argument("--place", required=True, help="id of a place of data/places")
    parser.add_argument("--language", default=ENGLISH, help="two-letter code of a reviewed language of data/poster.yml")
    parser.add_argument("--output", type=Path, help="folder for the files (default: var/poster)")


def run(arguments: argparse.Namespace) -> int:
    """Write the files and say where they are."""
    try:
        # Heavy, and of no use to a server: an image that only runs the bot may leave them out.
        from bot.poster.sheets import SHEETS, make, qr_codes
    except ModuleNotFoundError as error:
        mend = "Run it where `make install` was run, or install own-it[poster]."
        raise SettingError("poster", f"the package {error.name} is missing.", mend) from error
    settings = Settings.from_env()
    book = Book.load(settings.content)
    if arguments.place not in book.places:
        raise SettingError("--place", f"there is no place '{arguments.place}'.", f"Places: {', '.join(book.places)}.")
    place = book.places[arguments.place]
    leading = links(arguments.url, arguments.telegram, place, book.places)
    words = sheet_words(read_words(settings.content), arguments.language, book, place)
    beside = codes(words, leading, settings.telegram_min_age)
    drawn = qr_codes([link.to for link in leading.values()])
    given = [{**code, "svg": svg} for code, svg in zip(beside, drawn, strict=True)]
    made = {f"{sheet.name}.{kind}": data for sheet in SHEETS for kind, data in make(sheet, words, given).items()}
    folder: Path = arguments.output or settings.var / "poster"
    write(folder, made)
    print(f"For {place.name}. Scan each code before you print:")
    for channel, link in leading.items():
        print(f"  {channel:<9} {link.to}")
    for name in made:
        print(folder / name)
    if words["draft"]:
        print(f"Marked '{words['draft']}': not everything on it is signed (reviewed_by).")
    return 0


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write ``files`` into ``folder``.

    Raises:
        SettingError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        mend = "Choose another --output."
        raise SettingError("--output", f"{folder} cannot be written ({error.strerror}).", mend) from error
