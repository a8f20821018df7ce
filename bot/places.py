"""Places: who can help where, read from ``data/places``.

Every phone number the bot shows stands there once; answers name contacts by id (SAFE-22).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import Document, read_yaml
from bot.errors import ContentError
from bot.messages import Band, Contact

# SAFE-23: these are shown even when their check is overdue.
NEVER_HIDDEN = frozenset({"emergency_999", "nhs_111", "nhs_111_mental_health", "childline", "samaritans"})
# The ages a band may hold; a service is left out only when none of them may use it (SAFE-13).
_AGES: Mapping[str, tuple[int, int]] = {"U13": (0, 12), "13-15": (13, 15), "16-17": (16, 17), "18+": (18, 120)}
DEFAULT = "england"


@dataclass(frozen=True)
class Place:
    """One area's services; what it does not say itself comes from the place it inherits.

    Attributes:
        data: the whole file, for feedback routes, boroughs and nations.
        contacts: id -> the contact's fields.
    """

    id: str
    name: str
    data: Mapping[str, Any]
    contacts: Mapping[str, Mapping[str, Any]]

    def contact(self, id_: str) -> Contact:
        """Return one contact as channels show it.

        Raises:
            KeyError: no such contact here or in the places it inherits.
        """
        entry = self.contacts[id_]
        sms = entry.get("text") or {}
        fields = {k: entry.get(k, "") for k in ("name", "what", "who", "hours", "phone", "web", "bsl")}
        return Contact(id=id_, sms=sms.get("to", ""), sms_word=sms.get("word", ""), **fields)

    def shown(self, ids: Iterable[str], band: Band | None, today: date) -> tuple[Contact, ...]:
        """Return the contacts of ``ids`` that may be shown to somebody of ``band`` today."""
        return tuple(self.contact(i) for i in ids if i in self.contacts and self._fits(i, band, today))

    def _fits(self, id_: str, band: Band | None, today: date) -> bool:
        entry = self.contacts[id_]
        if id_ in NEVER_HIDDEN and not ("max_age" in entry or "min_age" in entry):
            return True
        if id_ not in NEVER_HIDDEN and date.fromisoformat(entry["check_by"]) < today:
            return False
        if band is None:
            return not entry.get("needs_age", False)
        youngest, oldest = _AGES[band]
        # 18 stands for "18+" too: Childline helps people of 18, so the band keeps it.
        return entry.get("min_age", 0) <= oldest and youngest <= entry.get("max_age", 120)


def load_places(folder: Path, read: Callable[[Path], Document] = read_yaml) -> dict[str, Place]:
    """Read every place file of ``folder`` with ``read``.

    Raises:
        ContentError: a file is broken, is not there, or inherits a place that does not exist.
    """
    documents = {path.stem: read(path) for path in sorted({*folder.glob("*.yml"), folder / f"{DEFAULT}.yml"})}
    places: dict[str, Place] = {}
    for id_, document in documents.items():
        chain, parent = [document], document.data.get("inherits")
        while parent:
            if parent not in documents or documents[parent] in chain:
                raise ContentError(
                    document.where(("inherits",)), f"there is no place '{parent}'.", f"Places: {', '.join(documents)}."
                )
            chain.append(documents[parent])
            parent = documents[parent].data.get("inherits")
        contacts: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for link in reversed(chain):
            contacts |= link.data.get("contacts", {})
            data |= link.data
        places[id_] = Place(id_, document.data["name"], data, contacts)
    return places
