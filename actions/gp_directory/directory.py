"""The door of the GP look-up: open it once, ask it anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from actions.gp_directory import practices as lists
from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.find import LookUp, answer
from actions.gp_directory.places import Places
from actions.gp_directory.postcodes import DATA, Postcodes
from actions.gp_directory.resolve import PlacesOnline, Point, Resolver
from bot.logs import get_logger
from bot.settings import Settings

log = get_logger(__name__)


@dataclass(frozen=True)
class Paths:
    """Where the files are."""

    practices: Path
    stations: Path | None = None
    data: Path = DATA
    list_date: date | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Paths:
        """Read OWNIT_GP_FILE, OWNIT_STATIONS_FILE and, for a list without a date, OWNIT_GP_LIST_DATE.

        Raises:
            SettingError: the date is none, or the file of stations cannot be read.
        """
        settings = Settings.from_env(env)
        return cls(settings.gp_file, settings.stations_file, list_date=settings.gp_list_date)


def meta_path(practices: Path) -> Path:
    """Return the file beside a list that says where and when it came from."""
    return practices.with_name(f"{practices.stem}.meta.json")


def noted_date(practices: Path) -> date | None:
    """Return the date noted beside a list, if the note is about this very file."""
    try:
        noted = json.loads(meta_path(practices).read_text(encoding="utf-8"))
        if noted["sha256"] == sha256(practices.read_bytes()).hexdigest():
            return date.fromisoformat(noted["list_date"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _behind(warm: Callable[[], None]) -> None:
    """Make what a look-up will need while nobody waits; one that comes sooner waits for the rest of it."""
    threading.Thread(target=warm, daemon=True).start()


class Directory:
    """All tables in memory. Safe to share between threads."""

    def __init__(
        self,
        paths: Paths,
        postcodes: Postcodes,
        places: Places,
        online: PlacesOnline | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Use ready tables; `open` reads them."""
        self.paths = paths
        self.postcodes = postcodes
        self.places = places
        self.problem: GpDirectoryError | None = None
        self._online = online
        self._today = today
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._practices: lists.PracticeList | None = None
        self.refresh()

    @classmethod
    def open(
        cls,
        paths: Paths | None = None,
        online: PlacesOnline | None = None,
        today: Callable[[], date] = date.today,
    ) -> Directory:
        """Read the tables; a missing list of practices is no error, answers then point to the NHS.

        Raises:
            GpDirectoryError: one of the project's own tables is missing or damaged.
        """
        paths = paths or Paths.from_env()
        postcodes = Postcodes.load(paths.data)
        places = Places.load(postcodes, paths.data, paths.stations)
        directory = cls(paths, postcodes, places, online, today)
        _ = postcodes.packed  # a damaged table is told now, not to the first person who asks
        _behind(places.warm)
        return directory

    @property
    def practices(self) -> lists.PracticeList | None:
        """The list in use, or None when there is none."""
        return self._practices

    def refresh(self) -> bool:
        """Read the list again if its file changed; a broken file leaves the last good list in use."""
        with self._lock:
            seen = self._stamp()
            if seen == self._seen:
                return False
            self._seen = seen
            if seen is None:
                return False
            path = self.paths.practices
            try:
                made = self.paths.list_date or noted_date(path)
                self._practices = lists.load(path, self.postcodes, self._today(), made)
                self.problem = None
                _behind(self._practices.warm)
            except GpDirectoryError as error:
                self.problem = error
                log.warning("gp_directory_not_used", what=error.what)
            return self.problem is None

    def look_up(
        self,
        text: str | None = None,
        pin: Point | None = None,
        asked: bool = False,
        before: Sequence[str] = (),
        home: Collection[str] = (),
    ) -> LookUp:
        """Return what to say about a place, a surgery's name or a pin.

        Args:
            text: what the person typed.
            pin: (latitude, longitude) the person sent.
            asked: whether we had just asked for a place or a name.
            before: the first notice of each turn just before ('' where none was), oldest first, so
                that we do not say the same again.
            home: codes of the authorities the school is in; of several places with one name
                the only one in them is meant, and their surgeries come first.
        """
        self.refresh()
        resolver = Resolver(self.postcodes, self.places, self._practices, self._online, frozenset(home))
        found = resolver.resolve(text, pin, asked)
        return answer(found, self.places, self._practices, self._today(), before)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            state = self.paths.practices.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size
