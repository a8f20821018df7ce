"""What the safety case promises about the words, the contacts and the counts: docs/safety-case.md names these tests."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot import metrics
from bot.answers import Answer, Asked, Book, Library
from bot.channels.strings import Strings
from bot.channels.telegram_render import Words, bubbles
from bot.converse import turn_for
from bot.memory import Heard, Memory
from bot.messages import BANDS, Reply, Turn, Understanding
from bot.nlu.finding import CRISIS
from bot.nlu.phrases import SafetyRules
from bot.places import NEVER_HIDDEN, Place
from bot.settings import ROOT

ANSWERS = Library(ROOT / "data").book.answers
CRISES = {id_: answer for id_, answer in ANSWERS.items() if answer.kinds and answer.support}
KINDS = [(topic, kind) for topic, answer in CRISES.items() for kind in answer.kinds]
RULES = SafetyRules.load()
LONG_AGO_DUE = date(2099, 1, 1)
# One plain statement of danger in each language of the requirement.
I_WANT_TO_DIE = {
    "pl": "Chcę umrzeć", "ar": "أريد أن أموت", "so": "Waxaan rabaa inaan dhinto", "bn": "আমি মরে যেতে চাই",
    "ur": "میں مرنا چاہتا ہوں", "pt": "Quero morrer", "ro": "Vreau să mor", "fa": "می‌خواهم بمیرم",
    "sq": "Dua të vdes", "fr": "Je veux mourir", "es": "Quiero morir", "gu": "મારે મરી જવું છે",
}  # fmt: skip
# Words that shame, dismiss or promise (SAFE-10, SAFE-17), and words that assume home is safe.
NEVER_SAID = (
    r"commit(s|ted|ting)? suicide|attention.seek|cry for help|cheer up|(it|you|things)('ll| will) (all )?be (ok|fine|alright)"
    r"|think of your (family|mum|parents)|aren't you|are you\?|poor (you|thing)|shocking"
    r"|(won't|will not|never) tell anyone|our secret|keep (it|this) (a )?secret|talk to your (mum|dad|parents?|family)|confront"
)


def first_words(topic: str, kind: str) -> str:
    return "\n".join(CRISES[topic].kinds[kind].versions[0])


def crisis(topic: str, kind: str, book: Book, **fields: object) -> Turn:
    memory = {k: fields.pop(k) for k in ("band", "place", "crises") if k in fields}
    heard = Heard(Understanding(safety=(kind, CRISIS), **fields), Memory(**memory))  # type: ignore[arg-type]
    return turn_for(topic, heard, book)


# The words of a crisis reply


def test_every_kind_of_danger_has_a_reply_of_its_own() -> None:
    assert {kind for _, kind in KINDS} == set(RULES.all_kinds)
    assert all(topic == RULES.topic(kind) for topic, kind in KINDS)


@pytest.mark.parametrize(("topic", "kind"), KINDS)
def test_a_first_reply_says_all_that_somebody_in_danger_needs(topic: str, kind: str) -> None:
    words = first_words(topic, kind)
    assert len(words.split()) <= 90
    assert "999" in words
    assert "computer program" in words
    assert "No person" in words
    assert "adult" in words
    assert re.search(r"still here|carry on|keep (asking|chatting)|more questions|ask me", words)


@pytest.mark.parametrize(("topic", "kind"), KINDS)
def test_a_later_reply_is_shorter_and_different_and_still_says_999(topic: str, kind: str) -> None:
    first, *later = ("\n".join(v) for v in CRISES[topic].kinds[kind].versions)
    assert len(later) >= 2
    assert len({first, *later}) == len(later) + 1
    assert all("999" in words and len(words) < len(first) for words in later)


@pytest.mark.parametrize(("topic", "kind"), [pair for pair in KINDS if pair[0] != "crisis_medical"])
def test_a_first_reply_tells_that_somebody_else_may_be_told(topic: str, kind: str) -> None:
    assert re.search(r"(may|must|need to) (need to )?(tell|pass it on)", first_words(topic, kind))


@pytest.mark.parametrize("kind", [kind for topic, kind in KINDS if topic == "crisis_abuse" and kind != "immediate_danger"])
def test_somebody_who_is_hurt_by_others_is_thanked_and_not_blamed(kind: str) -> None:
    words = first_words("crisis_abuse", kind)
    assert words.startswith("Thank you for telling me")
    assert "fault" in words or kind == "running_away"


def spoken(answer: Answer) -> list[str]:
    kinds = [line for words in answer.kinds.values() for version in words.versions for line in version]
    return [*(line for version in answer.words.versions for line in version), *kinds, *answer.support]


@pytest.mark.parametrize("id_", [*CRISES, "help_now", "still_here"])
def test_no_reply_to_danger_shames_dismisses_or_promises_secrecy(id_: str) -> None:
    for line in spoken(ANSWERS[id_]):
        assert not re.search(NEVER_SAID, line.lower()), line


@pytest.mark.parametrize("id_", [*CRISES, "help_now"])
def test_no_reply_to_danger_asks_a_question_about_what_happened(id_: str) -> None:
    asked = [s for line in spoken(ANSWERS[id_]) for s in re.findall(r"[^.!?*:]+\?", line)]
    assert not [s for s in asked if re.search(r"\b(why|what|when|who|how|did|have you|do you|where)\b", s.lower())]


def test_abuse_by_staff_is_not_sent_to_their_own_complaints_desk() -> None:
    words = " ".join(spoken(ANSWERS["crisis_abuse"])).lower()
    assert "complain" not in words
    assert "don't have to tell the place where they work" in words


# Contacts


@pytest.mark.parametrize("place", ["england", "north-west-london"])
@pytest.mark.parametrize(("topic", "kind"), KINDS)
def test_every_crisis_reply_begins_with_999_and_offers_voice_and_writing(topic: str, kind: str, place: str, book: Book) -> None:
    contacts = crisis(topic, kind, book, place=place).replies[0].contacts
    assert contacts[0].id == "emergency_999"
    assert len(contacts) >= 3
    assert any(c.phone for c in contacts[1:])
    assert any(c.sms or c.web for c in contacts[1:])


@pytest.mark.parametrize(("topic", "kind"), KINDS)
def test_age_changes_the_contacts_of_a_crisis_reply_but_never_its_words(topic: str, kind: str, book: Book) -> None:
    texts = {crisis(topic, kind, book, band=band).replies[0].text for band in (None, *BANDS)}
    assert len(texts) == 1


@pytest.mark.parametrize("kind", ["sexual_abuse", "professional_abuse"])
def test_a_child_under_13_is_not_sent_to_a_service_that_cannot_take_them(kind: str, book: Book) -> None:
    shown = [c.id for c in crisis("crisis_abuse", kind, book, band="U13", place="north-west-london").replies[0].contacts]
    assert "havens" not in shown
    assert shown[:2] == ["emergency_999", "childline"]


def test_an_overdue_contact_is_hidden_and_the_lines_of_crisis_never_are(book: Book) -> None:
    place = book.place("north-west-london")
    shown = {c.id for c in place.shown(place.contacts, None, LONG_AGO_DUE)}
    assert shown == NEVER_HIDDEN


def local(place: Place, england: Place) -> set[str]:
    return set(place.contacts) - set(england.contacts)


def test_no_area_shows_the_local_services_of_another(book: Book) -> None:
    england, nwl = book.place("england"), book.place("north-west-london")
    assert {"havens", "school_nurse_westminster"} <= local(nwl, england)
    assert not england.shown(local(nwl, england), None, date.today())


def test_hours_are_printed_only_with_a_source_and_a_date(book: Book) -> None:
    for place in book.places.values():
        for id_, entry in place.contacts.items():
            assert all(entry["source"][key] for key in ("name", "seen_on")), id_
            assert entry["checked_on"] < entry["check_by"], id_


# Help when there is no answer, and other languages


def ends_in_help(reply: Reply) -> bool:
    words = " ".join(reply.text)
    return "999" in words or "Get help now" in words or any(c.id == "emergency_999" for c in reply.contacts)


NO_ANSWER = (
    *("did_you_mean", "menu", "something_else", "nothing_yet", "sorry", "too_long", "slow_down", "empty", "not_text"),
    *("forwarded", "groups_no", "off", "out_of_scope", "other_language", "deny"),
)
WITHOUT_ANSWER = [*((None, id_) for id_ in NO_ANSWER), *((kind, "out_of_scope") for kind in ANSWERS["out_of_scope"].kinds)]


@pytest.mark.parametrize(("kind", "id_"), WITHOUT_ANSWER)
def test_every_reply_without_an_answer_says_how_to_get_urgent_help(kind: str | None, id_: str, book: Book) -> None:
    assert ends_in_help(book.reply(id_, Asked(kind=kind)))


@pytest.mark.parametrize("language", I_WANT_TO_DIE)
def test_a_plain_statement_of_danger_is_recognised_in_twelve_languages(language: str) -> None:
    found = RULES.find(I_WANT_TO_DIE[language])
    assert found is not None
    assert (found.topic, found.tier, found.language) == ("crisis_selfharm_suicide", CRISIS, language)


@pytest.mark.parametrize("topic", CRISES)
@pytest.mark.parametrize("language", I_WANT_TO_DIE)
def test_a_crisis_reply_has_one_line_in_each_language(topic: str, language: str, book: Book) -> None:
    kind = next(iter(CRISES[topic].kinds))
    reply = crisis(topic, kind, book, language=language).replies[0]
    assert reply.text[0] == book.answers[topic].languages[language]
    assert "999" in reply.text[0]


# What people are told about the bot, and what is counted


@pytest.mark.parametrize("id_", ["welcome", "welcome_telegram", "bot_identity"])
def test_the_bot_says_that_it_is_a_draft_until_every_answer_is_signed(id_: str) -> None:
    unsigned = [a for a in ANSWERS.values() if not a.reviewed_by]
    words = " ".join(line for version in ANSWERS[id_].words.versions for line in version)
    assert not unsigned or ("draft" in words and "clinician" in words)


@pytest.mark.parametrize("id_", ["welcome", "welcome_telegram", "bot_identity"])
def test_the_bot_says_that_it_is_about_england(id_: str) -> None:
    assert "England" in " ".join(line for version in ANSWERS[id_].words.versions for line in version)


@pytest.mark.parametrize("id_", ["welcome", "welcome_telegram", "greet", "bot_identity", "help_now", *CRISES])
def test_nobody_is_left_to_believe_that_a_person_reads(id_: str) -> None:
    words = " ".join(line for version in ANSWERS[id_].words.versions for line in version)
    assert "computer program" in words
    assert "no person" in words.lower()


@pytest.mark.parametrize("by", ["", "Ann Clinician"])
def test_an_answer_with_a_source_is_shown_as_a_draft_until_a_named_person_signed_it(book: Book, by: str) -> None:
    strings = Strings(ROOT / "widget" / "strings.json").widget
    signed = Book({id_: replace(answer, reviewed_by=by) for id_, answer in book.answers.items()}, book.places)
    shown = {
        id_: bubbles(Turn("answered", (signed.reply(id_),)), Words(strings)) for id_, a in book.answers.items() if a.sources
    }
    assert len(shown) > 30
    for id_, parts in shown.items():
        assert any(strings["draft"] in part.plain for part in parts) == (not by), id_


def test_counts_name_topics_kinds_and_answers_and_nobody(book: Book) -> None:
    metrics.count("web", crisis("crisis_abuse", "bullying", book), 0.01)
    labels = {label for metric in metrics.REGISTRY.collect() for s in metric.samples for label in s.labels}
    assert labels <= {"channel", "outcome", "topic", "kind", "answer", "helpful", "le"}


def test_no_answer_gives_a_dose_or_reads_a_symptom() -> None:
    words = " ".join(spoken(ANSWERS["medical_advice"]))
    assert "can't answer medical questions" in words
    advice = r"sounds like you (have|might)|you (probably|may) have (a|an) |\d+ ?(mg|ml)\b"
    assert not [id_ for id_, answer in ANSWERS.items() if re.search(advice, " ".join(spoken(answer)))]


def test_a_mended_answer_is_served_at_once_and_a_broken_save_is_not(tmp_path: Path) -> None:
    for folder in ("answers", "places"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / folder)
    library, file = Library(tmp_path), tmp_path / "answers" / "safety.yml"
    whole = file.read_text(encoding="utf-8")
    save(file, whole.replace("I'm not safe", "I'm in danger"), 1)
    assert library.book.title("crisis_abuse") == "I'm in danger"
    save(file, whole[: len(whole) // 2] + "\n\tbroken", 2)
    assert library.book.title("crisis_abuse") == "I'm in danger"
    save(file, whole, 3)
    assert library.book.title("crisis_abuse") == "I'm not safe"


@pytest.mark.parametrize(
    ("file", "whole", "broken"),
    [
        ("places/england.yml", "check_by: 20", "check_by: 21/02/20"),
        ("places/england.yml", "check_by: 2027-", "check_by: 2027-99-"),
        ("places/england.yml", "", None),
        ("places/england.yml", "  childline:", "  childlin:"),
        ("answers/chat.yml", "related: [", "related: [help_know, "),
        ("answers/feelings.yml", "medical_advice:", "medical_advise:"),
    ],
)
def test_a_save_with_a_slip_in_it_is_not_served_and_says_where(
    tmp_path: Path, file: str, whole: str, broken: str | None
) -> None:
    for folder in ("answers", "places"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / folder)
    library, saved = Library(tmp_path), tmp_path / file
    good = library.book
    text = saved.read_text(encoding="utf-8")
    assert whole in text
    save(saved, "" if broken is None else text.replace(whole, broken, 1), 1)
    assert library.book is good
    assert library.broken is not None
    assert Path(file).name in library.broken.where or "england" in library.broken.where
    save(saved, text, 2)
    assert library.book is not good
    assert library.broken is None


def test_where_the_files_are_taken_away_the_last_good_answers_stay(tmp_path: Path) -> None:
    for folder in ("answers", "places"):
        shutil.copytree(ROOT / "data" / folder, tmp_path / folder)
    library = Library(tmp_path)
    shutil.rmtree(tmp_path / "answers")
    assert library.book.title("crisis_abuse")
    assert library.broken


def save(file: Path, text: str, moment: int) -> None:
    """Save as an editor would, at a moment of its own: two saves within a tick of the clock would look like one."""
    file.write_text(text, encoding="utf-8")
    os.utime(file, (moment, moment))
