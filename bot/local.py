"""What a look-up found, in words: GP surgeries near a place, and whose complaints route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bot.answers import Asked, Book
from bot.memory import Heard
from bot.messages import Contact, Outcome, Reply, Turn
from bot.notices import SHOWED

# These notices come after the surgeries, as small print.
_AFTER = frozenset({"gp_list_date", "gp_old_list", "gp_who_covers"})
_ABROAD = frozenset({"gp_scotland", "gp_wales", "gp_northern_ireland", "gp_crown", "gp_bfpo"})
_ASKING = frozenset(
    {
        "gp_ask_place",
        "gp_ask_place_again",
        "gp_too_wide",
        "gp_which_place",
        "gp_shown_above",
        "gp_write_it_out",
        "gp_not_found",
        "gp_not_found_again",
        "gp_typo",
        "gp_found_typo",
        "gp_bfpo",
        "gp_no_fixed_address",
        "gp_terminated",
        "gp_far",
    }
)


# Nearer than this a distance says nothing: a postcode is a few houses wide, an area much wider.
_LEAST_MILES = 0.1
# What stands for an action server that is gone or was too slow.
_NOTHING: Mapping[str, Any] = {"notices": ("gp_no_directory",)}


def gp_turn(heard: Heard, book: Book) -> Turn:
    """Return the turn that says what the action server found near a place; without it, the way to the NHS's own search."""
    found = heard.memory.found or _NOTHING
    place = heard.memory.place
    fill = _fill(found, book, place)
    notices = [book.reply(n, Asked(heard.memory.band), place, fill) for n in found["notices"] if n in book.answers]
    lead = [n for n in notices if n.answer not in _AFTER]
    after = [line for n in notices if n.answer in _AFTER for line in n.text]
    surgeries = [_surgery(s, book) for s in found.get("results", ())]
    base = book.reply("gp_contact", Asked(heard.memory.band), place)
    text = tuple(line for n in lead for line in n.text) + tuple(surgeries) + (("\n".join(after),) if after else ())
    first = lead[0] if lead else notices[0]
    reply = Reply(
        answer=first.answer,
        text=text,
        buttons=next((n.buttons for n in (*lead, *notices) if n.buttons), base.buttons),
        contacts=first.contacts,
        sources=base.sources,
        checked_on=base.checked_on,
        draft=base.draft,
    )
    outcome: Outcome = "answered"
    return Turn(
        outcome,
        (reply,),
        "gp_contact",
        dict(heard.understanding.topics).get("gp_contact", 1.0),
        ("gp_contact",),
        awaiting_place=first.answer in _ASKING,
    )


def pointed_at(heard: Heard, book: Book) -> Turn | None:
    """Return what to say to "the first one" after a look-up, whose list was not kept; None after anything else."""
    said = heard.memory.notice
    notice = "gp_shown_above" if said in SHOWED else "gp_write_it_out" if said in ("gp_which_place", "gp_typo") else ""
    return gp_turn(replace(heard, memory=replace(heard.memory, found={"notices": (notice,)})), book) if notice else None


def is_place(found: Mapping[str, Any] | None) -> bool:
    """Return whether a look-up found a place or a surgery, and not only what sounds a little like one."""
    if not found or "notices" not in found:
        return False
    notice = found["notices"][0]
    named = found.get("label") or found.get("choices") or found.get("results")
    sounds_like_one = notice in ("gp_typo", "gp_found_typo") and found.get("kind") != "postcode"
    return notice in _ABROAD or (not sounds_like_one and bool(named))


def _surgery(surgery: Mapping[str, Any], book: Book) -> str:
    """Return one surgery as a short message; what it lacks is left out with its words."""
    notice = "gp_surgery" if surgery["miles"] is not None else "gp_surgery_named"
    if not surgery["phone"]:
        notice = "gp_surgery_no_phone"
    fill = {k: str(surgery[k]) for k in ("name", "address", "postcode", "phone", "tel")}
    fill["miles"] = str(max(_LEAST_MILES, surgery["miles"] or 0))
    lines = book.reply(notice, fill=fill | {k: str(v) for k, v in surgery["links"].items()}).text
    return "\n".join((*lines, *(book.reply("gp_costs_more").text if surgery["costs_more"] else ())))


def _fill(found: Mapping[str, Any], book: Book, place: str | None) -> dict[str, str]:
    links = found.get("links") or {}
    names = found.get("suggestion") or "; ".join(found.get("choices") or ())
    return {
        "place": found.get("label") or next((r["name"] for r in found.get("results", ())), ""),
        "list_date": found.get("list_date_long") or "",
        "names": names,
        "link": links.get("who_covers") or book.place(place).contact("find_a_gp").web,
    }


# Which of a borough's routes belong to which topic (keys of ``by_borough`` in data/places).
_ROUTES = {"school_nurse": ("school_nurse",), "feedback": ("advocacy", "healthwatch")}


# Under these answers Healthwatch is named, as long as data/places says that it exists.
_WITH_HEALTHWATCH = frozenset({"feedback", "feedback.review"})


def localised(reply: Reply, topic: str, heard: Heard, book: Book) -> Reply:
    """Return the answer to ``topic`` with what is true where the person is: the borough's contacts, and Healthwatch."""
    text = reply.text
    if reply.answer in _WITH_HEALTHWATCH and book.place(place_of(heard, book)).data.get("healthwatch"):
        text = (*text[:-1], " ".join((text[-1], *book.reply("feedback_healthwatch").text)))
    contacts = dict.fromkeys((*_borough_contacts(topic, heard, book), *reply.contacts))
    elsewhere = _of_other_boroughs(heard, book)
    return replace(reply, text=text, contacts=tuple(c for c in contacts if c.id not in elsewhere))


def _of_other_boroughs(heard: Heard, book: Book) -> set[str]:
    """Return the contacts that only serve boroughs other than the one just named; none when none was."""
    borough = (heard.memory.found or {}).get("borough")
    routes = book.place(place_of(heard, book)).data.get("by_borough", {})
    theirs = set(routes.get(borough, {}).values())
    return {id_ for ids in routes.values() for id_ in ids.values()} - theirs if borough else set()


def _borough_contacts(topic: str, heard: Heard, book: Book) -> tuple[Contact, ...]:
    """Return the contacts of the borough just named that belong to ``topic``; a borough without one has none."""
    borough = (heard.memory.found or {}).get("borough")
    place = book.place(place_of(heard, book))
    routes = place.data.get("by_borough", {}).get(borough, {})
    open_ = [r for r in _ROUTES.get(topic, ()) if r != "healthwatch" or place.data.get("healthwatch")]
    return place.shown([routes[r] for r in open_ if r in routes], heard.memory.band, date.today())


def place_of(heard: Heard, book: Book) -> str | None:
    """Return the place whose services to show: that of a borough just named, else the page's."""
    borough = (heard.memory.found or {}).get("borough")
    named = next((p.id for p in book.places.values() if borough and borough in p.data.get("boroughs", ())), None)
    return named or heard.memory.place
