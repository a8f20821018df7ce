"""Fetching a newer list of surgeries, and refusing one that looks wrong.

The list is the report `epraccur` of the NHS Organisation Data Service. Nothing replaces the list
in use until the new one is complete and looks like a list of the surgeries of England; on any
doubt the old file stays and an error says why.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timezone
from hashlib import sha256
from pathlib import Path

import requests

from actions.gp_directory import practices as lists
from actions.gp_directory.directory import Paths, meta_path
from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.find import links
from actions.gp_directory.postcodes import POSTCODE, Postcodes
from actions.gp_directory.practices import Practice, PracticeList, Reading
from actions.gp_directory.text import word_set

KEPT = "The list in use was kept."
HEADERS = {"User-Agent": "Mozilla/5.0 (own-it gp update)", "Accept": "text/csv, application/zip"}
LARGEST = 60_000_000
NORTH_WEST_LONDON = word_set("E09000005 E09000009 E09000013 E09000015 E09000017 E09000018 E09000020 E09000033")

Progress = Callable[[int, "int | None"], None]


@dataclass(frozen=True)
class Bounds:
    """What a list of the surgeries of England must look like (figures of February 2026: see below)."""

    rows: int = 14_000  # 15,389 in the whole report
    practices: tuple[int, int] = (5_800, 6_800)  # 6,207
    with_phone: float = 0.98  # 6,203 of 6,207
    with_postcode: float = 1.0  # all
    located: float = 0.99  # all
    north_west_london: tuple[int, int] = (300, 380)  # 338
    fall: float = 0.05  # 0.3 % in half a year


@dataclass(frozen=True)
class Report:
    """What an update changed."""

    source: str
    list_date: date
    rows: int
    practices: int
    north_west_london: int
    with_phone: int
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    phone_changed: list[str] = field(default_factory=list)


def update(
    source: str | Path | Sequence[str] | None = None,
    target: Path | None = None,
    *,
    postcodes: Postcodes | None = None,
    bounds: Bounds | None = None,
    progress: Progress | None = None,
    attempts: int = 3,
    timeout: tuple[float, float] = (5.0, 60.0),
    deadline: float = 300.0,
    pause: Callable[[float], None] = time.sleep,
    today: date | None = None,
) -> Report:
    """Fetch or read a list, check it, put it in place of ``target`` and say what changed.

    Args:
        source: a file (CSV or zip, downloaded by hand), an address or several that are tried in
            turn; by default the addresses of the NHS report in data/links.json.
        target: the list in use; by default the one `Paths.from_env` names.
        postcodes: tables that are already loaded.
        bounds: what the list must look like.
        progress: called with the bytes read so far and the whole size, where it is known.
        attempts: how often to try to download.
        timeout: seconds to connect, and seconds without a byte.
        deadline: seconds for one download as a whole.
        pause: waits between attempts.
        today: the day of the update.

    Raises:
        GpDirectoryError: nothing could be fetched, or it is not to be trusted. ``target`` is unchanged.
    """
    target = target or Paths.from_env().practices
    today = today or datetime.now().astimezone().date()
    postcodes = postcodes or Postcodes.load()
    if isinstance(source, Path):
        where, blob = str(source), _read_file(source)
    else:
        urls = [source] if isinstance(source, str) else list(source or links()["list"])
        where, blob = _download(urls, attempts, timeout, deadline, progress, pause)
    text = _text(blob, where)
    try:
        reading = lists.read_list(text, where, today)
    except GpDirectoryError as error:
        raise GpDirectoryError(error.where, error.what, f"{error.mend} {KEPT}") from error
    # The report is made anew every night; a file somebody saved is as old as what stands in it.
    made = reading.made_on if isinstance(source, Path) else today
    found = PracticeList.of(lists.locate(reading.rows, postcodes), made)
    old = _old_list(target, postcodes, today)
    check(reading, found, old, where, bounds or Bounds())
    report = _report(where, made or today, reading, found, old)
    _replace(target, text, report)
    return report


def check(reading: Reading, found: PracticeList, old: PracticeList | None, where: str, bounds: Bounds) -> None:
    """Raise when a list does not look like the surgeries of England.

    Raises:
        GpDirectoryError: naming what is wrong, with the figures.
    """
    count = len(reading.rows)
    phones = sum(bool(p.phone) for p in found.practices)
    shaped = sum(bool(POSTCODE.fullmatch(row.postcode.strip().upper())) for row in reading.rows)
    local = _north_west_london(found)
    low, high = bounds.practices
    local_low, local_high = bounds.north_west_london
    doubts = (
        (reading.length < bounds.rows, f"has {reading.length:,} rows, fewer than {bounds.rows:,}."),
        (not low <= count <= high, f"has {count:,} open English practices, not {low:,} to {high:,}."),
        (shaped < bounds.with_postcode * count, f"has {count - shaped:,} practices without a postcode."),
        (
            len(found.practices) < bounds.located * count,
            f"has {count - len(found.practices):,} practices at postcodes nobody knows.",
        ),
        (
            phones < bounds.with_phone * len(found.practices),
            f"has a phone number for only {phones:,} of {len(found.practices):,} practices.",
        ),
        (
            not local_low <= local <= local_high,
            f"has {local:,} practices in North West London, not {local_low:,} to {local_high:,}.",
        ),
        (
            old is not None and len(found.practices) < (1 - bounds.fall) * len(old.practices),
            f"has {len(found.practices):,} practices, the list in use {len(old.practices) if old else 0:,}.",
        ),
    )
    for doubtful, what in doubts:
        if doubtful:
            raise GpDirectoryError(where, what, KEPT)


# -- getting it -------------------------------------------------------------------------------


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GpDirectoryError(str(path), f"cannot be read ({error.strerror}).", KEPT) from error


def _download(
    urls: Sequence[str],
    attempts: int,
    timeout: tuple[float, float],
    deadline: float,
    progress: Progress | None,
    pause: Callable[[float], None],
) -> tuple[str, bytes]:
    """Return (address, bytes) of the first address that answers; each is tried in turn."""
    problem = "no address to fetch from"
    url = ""
    for attempt in range(attempts):
        if attempt:
            pause(2.0**attempt)
        url = urls[attempt % len(urls)]
        try:
            return url, _get(url, timeout, deadline, progress)
        except (requests.RequestException, OSError) as error:
            problem = _reason(error)
    mend = "Run ownit gp update later, or download the report by hand and give it with --file. " + KEPT
    raise GpDirectoryError(url or "list", f"could not be fetched ({problem}).", mend)


def _get(url: str, timeout: tuple[float, float], deadline: float, progress: Progress | None) -> bytes:
    end = time.monotonic() + deadline
    with requests.get(url, headers=HEADERS, timeout=timeout, stream=True) as response:
        response.raise_for_status()
        size = response.headers.get("Content-Length", "")
        total = int(size) if size.isdigit() and not response.headers.get("Content-Encoding") else None
        parts, done = [], 0
        for part in response.iter_content(65_536):
            parts.append(part)
            done += len(part)
            if done > LARGEST:
                raise requests.RequestException("larger than any list can be")
            if time.monotonic() > end:
                raise requests.Timeout("too slow")
            if progress:
                progress(done, total)
    if total is not None and done != total:
        raise requests.ConnectionError("cut short")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """Return a short reason without the address, which the message already names."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return str(error) or type(error).__name__


def _text(blob: bytes, where: str) -> str:
    """Return the CSV in a download: as it is, or out of a zip."""
    if blob[:2] == b"PK":
        blob = _unzip(blob, where)
    try:
        return blob.decode("utf-8-sig")
    except UnicodeDecodeError:
        return blob.decode("cp1252", errors="replace")


def _unzip(blob: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            names = [i for i in archive.infolist() if i.filename.lower().endswith(".csv")]
            named = [i for i in names if "epraccur" in i.filename.lower()] or names
            if len(named) != 1:
                raise GpDirectoryError(where, f"holds {len(named)} CSV files, not one.", KEPT)
            if named[0].file_size > LARGEST:
                raise GpDirectoryError(where, "is larger than any list can be.", KEPT)
            return archive.read(named[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise GpDirectoryError(where, f"is a damaged zip ({error}).", "Download it again. " + KEPT) from error


# -- putting it in place ----------------------------------------------------------------------


def _old_list(target: Path, postcodes: Postcodes, today: date) -> PracticeList | None:
    """Return the list in use; a damaged one is none, and may be replaced."""
    try:
        return lists.load(target, postcodes, today) if target.exists() else None
    except GpDirectoryError:
        return None


def _north_west_london(found: PracticeList) -> int:
    return sum(p.lad in NORTH_WEST_LONDON for p in found.practices)


def _report(where: str, made: date, reading: Reading, found: PracticeList, old: PracticeList | None) -> Report:
    before = old.by_ods if old else {}
    both = [(before[p.ods], p) for p in found.practices if p.ods in before]

    def changed(part: Callable[[Practice], str]) -> list[str]:
        return [new.ods for past, new in both if part(past) != part(new)]

    return Report(
        source=where,
        list_date=made,
        rows=reading.length,
        practices=len(found.practices),
        north_west_london=_north_west_london(found),
        with_phone=sum(bool(p.phone) for p in found.practices),
        new=sorted(found.by_ods.keys() - before.keys()) if old else [],
        gone=sorted(before.keys() - found.by_ods.keys()),
        renamed=changed(lambda p: p.name),
        moved=changed(lambda p: p.postcode),
        phone_changed=changed(lambda p: p.phone),
    )


def _replace(target: Path, text: str, report: Report) -> None:
    """Write the list and the note about it; each appears whole or not at all."""
    blob = text.encode("utf-8")
    note = {
        "source": report.source,
        "list_date": report.list_date.isoformat(),
        "fetched_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "sha256": sha256(blob).hexdigest(),
        "rows": report.rows,
        "practices": report.practices,
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # The note first: until the list it speaks of is there, its checksum fits nothing.
        _write_whole(meta_path(target), json.dumps(note, indent=2).encode() + b"\n")
        _write_whole(target, blob)
    except OSError as error:
        raise GpDirectoryError(str(target), f"cannot be written ({error.strerror}).", KEPT) from error


def _write_whole(target: Path, blob: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files only their owner can read; the action server may be somebody else.
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def as_dict(report: Report) -> dict[str, object]:
    """Return a report as plain values for JSON."""
    return {**asdict(report), "list_date": report.list_date.isoformat()}
