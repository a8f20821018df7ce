"""What to say to one message: the pure core between understanding and words.

The rules of ``data/stories`` decide which answer a topic gets; this module fits it to the
conversation: whose age, which part, what else was asked, and whether help must stay in view.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.answers import Asked, Book, payload_of
from bot.content import TOPICS
from bot.local import gp_turn, is_place, localised, place_of, pointed_at
from bot.memory import LOCAL, Heard, Memory, continuable
from bot.messages import SURE, Button, Contact, Outcome, Reply, Turn
from bot.nlu.context import asks, corrects_a_person, fears_discovery, is_afraid, is_bare, seeks_help

MAX_CHOICES = 3
MAX_QUESTIONS = 3
# Offering a topic that is a twentieth as likely as certain only makes the list longer.
_CHOICE_FLOOR = 0.05
# A message that leans on the last topic and is likelier about no other than this goes on with it.
_LEANS = 0.5
# In the middle of a conversation this sure, below the bar, is enough: asking back breaks it. A guess that is
# surer and still not taken was doubted for another reason.
_SURE_ENOUGH = (0.55, SURE)
# A crisis does not swallow a question about rights that the same message clearly asks. No tip and nothing about medicines
# follows it: whoever plans how to die is told neither to write it down nor where to buy it.
_ALSO_ASKED = 0.8
_ALSO_ANSWERED = frozenset(TOPICS["own_it"]) - {"own_it_5_pharmacy"}
# A message without a subject of its own is about the last topic unless it is this surely about another;
# one that names a part of the last topic, unless this.
_OWN, _SURELY_OWN = 0.93, 0.985
# A message this likely to go on with the last topic does; likelier, where it is surely about another one; less likely, where it
# would be about the bot or nothing we know, and not surely so: measured on conversations (docs/decisions/0008-going-on.md).
GOES_ON, _GOES_ON_ANYWAY, _RATHER_GOES_ON = 0.6, 0.7, 0.25
# "how long is the wait" goes back to the topic before, help with feelings, when it is so much likelier after that one.
_GOES_BACK = 0.15
# One that may be danger has to be likelier to, and no answer about health may have come before.
_SURELY_GOES_ON = 0.9
_NEAR_DANGER = TOPICS["feelings"]
# A place was asked for, and what came is this surely no place but something else.
_SURELY_OTHER = 0.85
# "no" stands alone; "no we havent got one" may say more about the topic.
_MORE_THAN_YES = 3
_NO_FOLLOW_UPS = frozenset({"jailbreak", "abuse_at_bot", "other_nation"})
_NO_PLACES = frozenset({"small_talk", "jailbreak", "abuse_at_bot", "homework", "other_rights"})
_PERHAPS_A_PLACE = frozenset({"nlu_fallback", "out_of_scope", "other_language", "greet", "affirm", "deny", "goodbye"})
# Who names a danger in words that are no question is not told that it is outside what the bot knows.
_MAY_BE_ABOUT_FEELINGS = frozenset({"general", "small_talk", "nonsense", "other_rights"})
# These are whole messages; they lean on nothing.
_STANDS_ALONE = frozenset(
    {"greet", "goodbye", "thanks", "affirm", "deny", "state_age", "welcome", "menu", "something_else", "help_now"}
)
# About the bot or nothing we know: without a subject it was rather about the last topic.
_ABOUT_ELSE = frozenset({"help", "bot_identity", "bot_privacy", "other_language", "out_of_scope", "delete_my_data"})
_NEVER_OFFERED = frozenset(
    {
        "help",
        "delete_my_data",
        "other_language",
        "out_of_scope",
        "greet",
        "goodbye",
        "thanks",
        "affirm",
        "deny",
        "state_age",
        "follow_up",
        "crisis_selfharm_suicide",
        "crisis_abuse",
        "crisis_medical",
    }
)


def turn_for(rule: str, heard: Heard, book: Book) -> Turn:
    """Return the whole turn for the answer that the rules chose.

    Args:
        rule: name of the response without ``utter_``: a topic, ``follow_up`` or ``did_you_mean``.
        heard: this message and what the conversation remembers.
        book: the answers.
    """
    if rule.startswith("crisis_") and (topic := _rather_goes_on(heard)):
        kind = heard.understanding.safety[0] if heard.understanding.safety else ""
        rule, heard = topic, replace(heard, understanding=replace(heard.understanding, safety=(kind, "support")))
    turn = _lead(rule, heard, book)
    turn = replace(turn, age_band=heard.understanding.band or heard.memory.band, language=heard.understanding.language)
    if turn.outcome == "crisis":
        return turn
    return _with_support(_with_language(turn, book), heard, book)


def _rather_goes_on(heard: Heard) -> str | None:
    """Return the last topic, if doubtful danger is rather what one says next about it: "he opens them", after letters.

    Such a message gets a line of support and the answer. Nothing is doubted soon after a crisis, nor after an answer about
    health itself. What it spares and costs: docs/decisions/0004-danger.md.
    """
    understood, memory = heard.understanding, heard.memory
    if not understood.doubtful or memory.help_stays or not memory.topic or memory.topic in _NEAR_DANGER:
        return None
    return memory.topic if dict(understood.goes_on).get(memory.topic, 0.0) >= _SURELY_GOES_ON else None


def _lead(rule: str, heard: Heard, book: Book) -> Turn:
    memory = heard.memory
    if rule.startswith("crisis_"):
        if before := _same_danger(rule, heard):
            rule, heard = before, replace(heard, understanding=replace(heard.understanding, safety=None))
        return _crisis(rule, heard, book)
    if memory.crisis and memory.help_stays and not heard.pressed and (turn := _after_crisis(rule, memory.crisis, heard, book)):
        return turn
    if rule == "follow_up":
        return _follow_up(heard, book)
    if not heard.pressed:
        if (chosen := _title_typed(heard, book)) and chosen != rule:
            return _say(chosen, heard, book)
        if rule == "gp_contact" and (turn := _not_a_look_up(heard, book)):
            return turn
        if topic := _goes_on_with(rule, heard, book):
            return _answer([topic], heard, book)
        if rule == "out_of_scope" and heard.understanding.safety and heard.understanding.kind in _MAY_BE_ABOUT_FEELINGS:
            return _answer(["mental_health_access"], heard, book)
    if rule == "did_you_mean":
        low, high = _SURE_ENOUGH
        sure = [t for t, p in heard.understanding.topics[:1] if low <= p < high and t not in ("out_of_scope", "help")]
        return _say(sure[0], heard, book) if sure and memory.topic else _clarify(heard, book)
    if rule == "state_age" and memory.topic:
        return _answer([memory.topic], heard, book, part=memory.part)
    if rule == "state_age" and memory.asked:
        return _offer(memory.choices, heard, book)
    if rule in ("affirm", "deny") and heard.understanding.continues and memory.topic:
        return _answer([memory.topic], heard, book)
    if rule in ("affirm", "deny") and memory.asked:
        return _pick(1, heard, book) if rule == "affirm" else _something_else(heard, book)
    if rule == "gp_contact" and not _asks_part(rule, heard, book):
        return gp_turn(heard, book)
    topics = [t for t, _ in heard.understanding.topics] or [rule]
    turn = _answer(topics if rule in topics else [rule], heard, book, part=heard.part)
    return _with_england(turn, heard, book) if turn.kind == "other_nation" else turn


def _same_danger(rule: str, heard: Heard) -> str | None:
    """Return the crisis of a moment ago, if this is rather fear about it than another danger: "dont tell anyone hell go mad".

    Where no rule names a danger, its kind is a guess. A medical emergency is never taken for an older one.
    """
    understood, memory = heard.understanding, heard.memory
    if not understood.guessed or not memory.help_stays or rule == "crisis_medical" or len(understood.words) != 1:
        return None
    goes_on = dict(understood.goes_on).get(memory.crisis or "", 0.0) >= _GOES_ON_ANYWAY
    return memory.crisis if goes_on or is_afraid(understood.words[0]) else None


def _after_crisis(rule: str, crisis: str, heard: Heard, book: Book) -> Turn | None:
    """Return the answer to what somebody who was in danger a moment ago says next, if it is no question of its own.

    Fear that goes on ("what if he finds out") or is played down ("its not that bad") gets help again, and so does what is told
    right after ("it happens most weeks") or asks what to do; anything that would be outside what the bot knows ("the ambulance
    is coming") gets somebody to talk to, and is never told that it is.
    """
    understood, memory = heard.understanding, heard.memory
    if len(understood.words) != 1:
        return None
    words, sure, at_once = understood.words[0], understood.topics[0][1], memory.since_crisis == 0
    told = at_once and not asks(words) and rule != "own_it_4_parents_told"
    own = sure >= _OWN and not told and rule not in (*_ABOUT_ELSE, "did_you_mean", "mental_health_access", "follow_up")
    whole = _stands_alone(rule, words) and sure >= _SURELY_OTHER
    goes_on = not whole and dict(understood.goes_on).get(crisis, 0.0) >= GOES_ON
    # Right after it, "what if he finds out" is about whoever does the harm, not about what a surgery tells.
    found_out = rule == "own_it_4_parents_told" and fears_discovery(words)
    about_it = rule == "state_age" or found_out or seeks_help(words)
    if (at_once and about_it) or ((goes_on or is_afraid(words)) and not own):
        return _crisis(crisis, heard, book)
    if rule == "out_of_scope" and understood.kind in _MAY_BE_ABOUT_FEELINGS and sure < _SURELY_OTHER:
        return Turn("answered", (book.reply("with_you", place=memory.place),), "help", 1.0, ("help",))
    return None


def _title_typed(heard: Heard, book: Book) -> str | None:
    """Return the choice whose button's very words were typed, if any."""
    words = heard.understanding.words[:1]
    titles = {_plain(book.title(c)): c for c in heard.memory.choices if c.partition(".")[0] in book.answers}
    return titles.get(_plain(words[0])) if words else None


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", title.lower())


def _not_a_look_up(heard: Heard, book: Book) -> Turn | None:
    """Return what else was meant by a message that was looked up as a place only because one was awaited."""
    understood, memory = heard.understanding, heard.memory
    named = is_place(memory.found)
    by_name = not re.search(r"\b(?:gp|gps|doctors?|surger\w+|practices?)\b", " ".join(understood.words))
    local = next((t for t in (memory.topic, memory.earlier) if t in LOCAL), None)
    if local and local != "gp_contact" and not memory.awaiting_place and by_name and (memory.found or {}).get("borough"):
        return _answer([local], heard, book)
    lead, sure = understood.topics[0] if understood.topics else ("", 0.0)
    chat = heard.intent in _STANDS_ALONE
    other = chat or (heard.intent == "out_of_scope" and sure >= _SURELY_OTHER and understood.kind in _NO_PLACES)
    if heard.intent in _PERHAPS_A_PLACE and not named and (other or not memory.awaiting_place):
        return _lead("did_you_mean" if heard.intent == "nlu_fallback" else heard.intent, heard, book)
    return None


def _goes_on_with(rule: str, heard: Heard, book: Book) -> str | None:
    """Return the topic the message goes on with, if it names no subject of its own.

    "what if they still say no" has no words in it that could tell a topic; whatever the classifier makes of
    it, a person means what was talked of before. The same goes for a message that names only what a
    part of the last topics is about ("can i text them", after the school nurse).
    """
    understood, memory = heard.understanding, heard.memory
    words = understood.words[0] if len(understood.words) == 1 else ""
    whole = _stands_alone(rule, words)
    sure = understood.topics[0][1] if understood.topics else 0.0
    elsewhere = understood.kind in _NO_FOLLOW_UPS and sure >= _SURELY_OTHER
    certain = sure >= 1.0  # a postcode, say, which no judge of words knows
    if memory.topic in (None, rule) or whole or elsewhere or certain or not words:
        return None
    own = rule not in ("did_you_mean", *_ABOUT_ELSE)
    if sure < (_SURELY_OWN if own else _SURELY_OTHER if rule == "out_of_scope" else 1.0):
        for topic in filter(None, (memory.topic, memory.earlier)):
            if any(is_bare(words, p.when) for p in book.answers[topic].parts.values() if any(w.search(words) for w in p.when)):
                return topic
    last, before = (dict(understood.goes_on).get(topic or "", 0.0) for topic in (memory.topic, memory.earlier))
    if before >= max(_GOES_ON_ANYWAY, last + _GOES_BACK):
        return memory.earlier
    bar = _GOES_ON_ANYWAY if own else _RATHER_GOES_ON if rule in _ABOUT_ELSE and sure < _OWN else GOES_ON
    return memory.topic if last >= bar or corrects_a_person(words) else None


def _stands_alone(rule: str, words: str) -> bool:
    return rule in _STANDS_ALONE and (rule not in ("affirm", "deny") or len(words.split()) < _MORE_THAN_YES)


def _with_england(turn: Turn, heard: Heard, book: Book) -> Turn:
    """Offer the answer for England under one about another country."""
    asked = next((t for t, _ in heard.understanding.ranking if t not in _NEVER_OFFERED and continuable([t])), None)
    if asked is None:
        return turn
    reply = turn.replies[-1]
    buttons = (*book.buttons([asked]), *reply.buttons)
    return replace(turn, replies=(*turn.replies[:-1], replace(reply, buttons=buttons)), choices=(asked,))


def _asks_part(topic: str, heard: Heard, book: Book) -> bool:
    """Return whether a narrower question of the topic is asked ("my gp is closed"), not for a look-up."""
    words = heard.understanding.words[:1]
    return bool(heard.part or (words and book.answers[topic].part_for(words[0])))


def _answer(topics: Sequence[str], heard: Heard, book: Book, part: str | None = None) -> Turn:
    understood = heard.understanding
    replies = []
    for number, topic in enumerate(topics[:MAX_QUESTIONS]):
        words = understood.words[number] if number < len(understood.words) else ""
        asked = Asked(
            band=understood.band or heard.memory.band,
            reader=understood.reader or heard.memory.reader,
            part=part or _part_of(topic, words, heard, book),
            kind=understood.kind,
        )
        reply = book.reply(topic, asked, place_of(heard, book))
        if reply.answer == heard.memory.notice and not (understood.band or understood.reader or heard.pressed):
            # The same words twice in a row sound as if nobody had listened.
            reply = book.reply(topic, replace(asked, manner="simpler"), place_of(heard, book))
        replies.append(localised(reply, topic, heard, book))
    if len(topics) > MAX_QUESTIONS:
        replies.append(book.reply("more_questions"))
    lead = topics[0]
    outcome: Outcome = "out_of_scope" if lead == "out_of_scope" else "answered"
    return Turn(
        outcome=outcome,
        replies=tuple(_fewer_buttons(replies)),
        topic=lead,
        confidence=_confidence(lead, heard),
        topics=tuple(topics[:MAX_QUESTIONS]),
        kind=understood.kind if lead == "out_of_scope" else None,
        forget=lead == "delete_my_data" and "." not in replies[0].answer,
    )


def _part_of(topic: str, words: str, heard: Heard, book: Book) -> str | None:
    """Return the narrower question asked; nothing is deleted because somebody asked what is kept."""
    if topic == "delete_my_data" and not (heard.pressed or heard.understanding.asks_to_delete):
        return "kept"
    return book.answers[topic].part_for(words)


def _confidence(topic: str, heard: Heard) -> float:
    return dict(heard.understanding.topics).get(topic, 1.0)


def _fewer_buttons(replies: Sequence[Reply]) -> Iterable[Reply]:
    """Keep the next questions under the last answer only, and none that was answered just now."""
    said = {payload_of(r.answer) for r in replies}
    for number, reply in enumerate(replies):
        last = number == len(replies) - 1
        yield replace(reply, buttons=tuple(b for b in reply.buttons if b.payload not in said) if last else ())


def _follow_up(heard: Heard, book: Book) -> Turn:
    kind, memory = heard.understanding.follow_up or "", heard.memory
    if kind == "restart":
        return Turn("answered", (book.reply("restart"),), "help", 1.0, ("help",), forget=True)
    if kind == "help_now":
        return Turn("answered", (book.reply("help_now", place=memory.place),), "help", 1.0, ("help",))
    if kind == "else":
        return _something_else(heard, book)
    if kind.startswith("choice:") and (turn := pointed_at(heard, book)):
        return turn
    if kind.startswith("choice:"):
        _, number, *manner = kind.split(":")
        return _pick(int(number), heard, book, *manner)
    if kind == "which":
        return _likeliest_of(memory.choices, heard, book) or _lead("did_you_mean", heard, book)
    if kind in ("same", "back"):
        return _answer([memory.topic], heard, book) if memory.topic else _clarify(heard, book)
    if not memory.topic:
        return Turn("clarified", (book.reply("nothing_yet"),), None, 0.0)
    return _told(memory.topic, kind, heard, book)


def _told(topic: str, manner: str, heard: Heard, book: Book) -> Turn:
    """Return the answer to ``topic`` told more simply, with its reason, or once more."""
    memory = heard.memory
    asked = Asked(memory.band, memory.reader, memory.part if manner == "more" else None, manner=manner)
    return Turn("answered", (book.reply(topic, asked, memory.place),), topic, 1.0, (topic,))


def _pick(number: int, heard: Heard, book: Book, manner: str | None = None) -> Turn:
    choices = heard.memory.choices
    if not choices:
        return _menu(heard, book)
    if number > len(choices):
        return _something_else(heard, book)
    chosen = choices[number - 1 if number > 0 else -1]
    topic = chosen.partition(".")[0]
    return _told(topic, manner, heard, book) if manner and continuable([topic]) else _say(chosen, heard, book)


def _likeliest_of(choices: Sequence[str], heard: Heard, book: Book) -> Turn | None:
    """Return the answer to the choice that the message is likeliest about ("the bit about my mum"), if it is about any."""
    shares = {topic: share for topic, share in heard.understanding.ranking if topic not in _NEVER_OFFERED}
    chosen = max(choices, key=lambda c: shares.get(c.partition(".")[0], 0.0), default="")
    share = shares.get(chosen.partition(".")[0], 0.0)
    topic, sure = heard.understanding.topics[0]
    if share < _CHOICE_FLOOR and sure >= _ALSO_ASKED and topic in shares:
        return _answer([topic], heard, book)
    return _say(chosen, heard, book) if share else None


def _say(chosen: str, heard: Heard, book: Book) -> Turn:
    """Return what a tap on the button of ``chosen``, a topic, ``topic.part`` or notice, would say."""
    if chosen == "something_else":
        return _something_else(heard, book)
    topic, _, part = chosen.partition(".")
    return _answer([topic], heard, book, part=part or None)


def _something_else(heard: Heard, book: Book) -> Turn:
    return Turn("clarified", (book.reply("something_else", place=heard.memory.place),), "help", 1.0)


def _menu(heard: Heard, book: Book) -> Turn:
    top = heard.understanding.ranking[:1]
    topic, share = top[0] if top else (None, 0.0)
    return Turn("clarified", (book.reply("menu", place=heard.memory.place),), topic, share)


def offered(ranking: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """Return the topics to offer for this ranking of (topic, probability), likeliest first."""
    return tuple(t for t, share in ranking if t not in _NEVER_OFFERED and share >= _CHOICE_FLOOR)[:MAX_CHOICES]


def _clarify(heard: Heard, book: Book) -> Turn:
    """Ask what was meant; a second miss in a row shows the menu and people to talk to."""
    understood, memory = heard.understanding, heard.memory
    choices = tuple(t for t in offered(understood.ranking) if t in book.answers)
    if understood.continues and memory.topic:
        back_home = understood.kind == "other_nation"
        if back_home or memory.topic in choices or understood.ranking[0][1] < _LEANS:
            return _answer([memory.topic], heard, book)
        choices = (memory.topic, *choices)[:MAX_CHOICES]
    if memory.misses or not choices:
        return _menu(heard, book)
    return _offer(choices, heard, book)


def _offer(choices: tuple[str, ...], heard: Heard, book: Book) -> Turn:
    understood = heard.understanding
    reply = book.reply("did_you_mean")
    buttons = (*book.buttons(choices), Button(book.title("something_else"), payload_of("something_else")))
    topic, share = understood.topics[0] if understood.topics else understood.ranking[0]
    return Turn("clarified", (replace(reply, buttons=buttons),), topic, share, choices=choices)


def _crisis(topic: str, heard: Heard, book: Book) -> Turn:
    understood, memory = heard.understanding, heard.memory
    same = memory.crisis_kind if topic == memory.crisis else None
    kind = understood.safety[0] if understood.safety else same
    # A danger told for the first time gets the whole reply, whatever was told before; one told again, shorter words.
    asked = Asked(band=understood.band or memory.band, kind=kind, version=memory.crises.get(kind or topic, 0))
    reply = book.reply(topic, asked, memory.place)
    line = book.answers[topic].languages.get(understood.language)
    if line:
        reply = replace(reply, text=(line, *reply.text))
    asked_too = [t for t, sure in understood.topics if sure >= _ALSO_ASKED and t in _ALSO_ANSWERED]
    answers = _answer(asked_too, heard, book).replies if asked_too else ()
    return Turn("crisis", (reply, *answers), topic, 1.0, (topic, *asked_too), kind=kind)


def _with_language(turn: Turn, book: Book) -> Turn:
    """Say first, in the person's language, that the answer is in English and an interpreter is free."""
    line = book.answers["other_language_note"].languages.get(turn.language)
    if not line:
        return turn
    note = replace(book.reply("other_language_note"), text=(line,), buttons=())
    return replace(turn, replies=(note, *turn.replies))


def _with_support(turn: Turn, heard: Heard, book: Book) -> Turn:
    """Put a line of support before an answer that met a word of danger, or after a crisis."""
    memory, safety = heard.memory, heard.understanding.safety
    if safety and safety[1] == "support":
        line = _support_line(safety[0], turn, memory, book)
        return replace(turn, replies=(line, *turn.replies), kind=turn.kind or safety[0])
    leaving = turn.topic in ("thanks", "goodbye")
    said = any(r.answer == "with_you" for r in turn.replies)
    if memory.help_stays and not (turn.forget or leaving or said):
        return replace(turn, replies=(*turn.replies, book.reply("still_here", place=memory.place)))
    return turn


def _support_line(kind: str, turn: Turn, memory: Memory, book: Book) -> Reply:
    topic = next(a for a in book.answers.values() if kind in a.kinds and a.support)
    reply = book.reply(topic.id, Asked(turn.age_band, kind=kind), memory.place)
    line = topic.support[memory.supports % len(topic.support)]
    return replace(reply, answer=f"{topic.id}.support", text=(line,), buttons=())


def contacts_of(turn: Turn) -> tuple[Contact, ...]:
    """Return every contact in the turn once, in order."""
    seen = {c.id: c for r in turn.replies for c in r.contacts}
    return tuple(seen.values())
