"""What somebody did in Telegram, in plain terms: the pure reading of one update."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus as Status
from telegram.constants import ChatType

from bot.intake import rounded

# An edit this soon (seconds) mends a slip and wants an answer; a later one is housekeeping.
EDIT_COUNTS = 60
COMMANDS = {
    "help": "/help",
    "menu": "/help",  # the notice "menu" begins with an apology for not having understood
    "helpnow": "/help_now",
    "delete": "/delete_my_data",
    "about": "/bot_identity",
    "privacy": "/bot_privacy",  # Telegram's own help tells people to send this to any bot
}
_COMMAND = re.compile(r"/([a-z]+)(?:@\w+)?(?:\s+(\S+))?\s*", re.IGNORECASE)

Kind = Literal["start", "text", "forwarded", "payload", "location", "other", "group", "left", "blocked"]


@dataclass(frozen=True)
class Sent:
    """One thing a person did that the bot answers or acts on.

    Attributes:
        kind: ``other`` is anything that is not words (a photo, a voice message, a sticker);
            ``group`` any sign of being in a group or channel; ``left`` of being out of it again.
        value: the text, a photo's caption, a button's payload, or what followed ``/start``.
        album: id shared by the pictures sent together, which get one answer.
        press: the button press, which Telegram wants to be answered by itself.
    """

    kind: Kind
    chat: int
    value: str = ""
    location: tuple[float, float] | None = None
    album: str = ""
    press: CallbackQuery | None = None


def read(update: Update) -> Sent | None:
    """Return what the update means, or None when nobody waits for an answer to it."""
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    if update.callback_query:
        return _press(update.callback_query)
    # Messages to the account of a business, or to a guest, are said to somebody else.
    message = update.message or update.edited_message or update.channel_post
    if message is None:
        return None
    if message.chat.type != ChatType.PRIVATE:
        return None if message.left_chat_member or message.migrate_to_chat_id else Sent("group", message.chat.id)
    if update.edited_message and not _counts(message):
        return None
    return _message(message)


def _membership(change: ChatMemberUpdated) -> Sent:
    out = change.new_chat_member.status in (Status.LEFT, Status.BANNED)
    if change.chat.type == ChatType.PRIVATE:
        return Sent("blocked", change.chat.id)
    return Sent("left" if out else "group", change.chat.id)


def _press(press: CallbackQuery) -> Sent:
    # A press under a very old message comes without it; in private the chat's id is the person's.
    chat = press.message.chat if press.message else None
    if chat is not None and chat.type != ChatType.PRIVATE:
        return Sent("group", chat.id, press=press)
    return Sent("payload", chat.id if chat else press.from_user.id, press.data or "", press=press)


def _counts(edited: Message) -> bool:
    """Tell whether an edit came soon enough, and is one of words: a live location moves by edits."""
    if edited.edit_date is None or not (edited.text or edited.caption):
        return False
    return (edited.edit_date - edited.date).total_seconds() <= EDIT_COUNTS


def _message(message: Message) -> Sent | None:
    chat = message.chat.id
    if message.text is not None:
        return _words(chat, message.text, bool(message.forward_origin or "forward_date" in message.api_kwargs))
    if message.location:
        pin = rounded((message.location.latitude, message.location.longitude))
        return Sent("location", chat, location=pin)
    # What a newer Telegram calls something unknown here still came from somebody who waits.
    if message.effective_attachment or message.caption or message.api_kwargs:
        return Sent("other", chat, message.caption or "", album=message.media_group_id or "")
    return None


def _words(chat: int, text: str, forwarded: bool) -> Sent:
    if forwarded:
        return Sent("forwarded", chat, text)
    return _command(chat, text) or Sent("text", chat, text)


def _command(chat: int, text: str) -> Sent | None:
    match = _COMMAND.fullmatch(text)
    name = match[1].lower() if match else ""
    if match and name == "start":
        return Sent("start", chat, match[2] or "")
    if name in COMMANDS:
        return Sent("payload", chat, COMMANDS[name])
    return None


def unreadable(raw: Mapping[str, Any]) -> Sent | None:
    """Return what can be told of an update that the library cannot read: words or a press, or at least who waits."""
    press, message = _part(raw, "callback_query"), _part(raw, "message")
    chat = _part(message or _part(press, "message"), "chat") or _part(press, "from")
    number = chat.get("id")
    if not isinstance(number, int) or number <= 0 or chat.get("type", ChatType.PRIVATE) != ChatType.PRIVATE:
        return None
    if isinstance(press.get("id"), str):
        known = CallbackQuery(press["id"], User(number, "", is_bot=False), chat_instance="")
        return Sent("payload", number, _text(press, "data"), press=known)
    if text := _text(message, "text"):
        return _words(number, text, not message.keys().isdisjoint(("forward_origin", "forward_date")))
    return Sent("other", number, _text(message, "caption"))


def _part(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = raw.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(raw: Mapping[str, Any], name: str) -> str:
    text = raw.get(name)
    return text if isinstance(text, str) else ""


def marked(press: CallbackQuery, mark: str) -> list[list[tuple[str, str]]] | None:
    """Return the pressed message's buttons as rows of (title, payload), the pressed one marked.

    None when there is nothing to change: it has its mark, or the message is too old to be seen.
    """
    message = press.message
    if not isinstance(message, Message) or not message.reply_markup:
        return None
    rows: list[list[tuple[str, str]]] = []
    changed = False
    for row in message.reply_markup.inline_keyboard:
        rows.append([])
        for button in row:
            new = button.callback_data == press.data and not button.text.startswith(mark)
            changed = changed or new
            rows[-1].append((mark + button.text if new else button.text, str(button.callback_data)))
    return rows if changed else None
