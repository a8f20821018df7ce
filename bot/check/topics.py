"""The topics: fixed names, because measurements and buttons use them.

The list of ``domain.yml`` is what the engine knows; this one is what must be in it, and in which
group's files each topic stands. A topic that a maintainer adds stands in ``domain.yml`` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.content import TOPICS

if TYPE_CHECKING:
    from bot.check.files import Files

FIXED = frozenset(t for names in TOPICS.values() for t in names)
# Kinds of out_of_scope: a closed list.
KINDS = frozenset(
    {"small_talk", "homework", "other_rights", "other_nation", "prices_jobs"}
    | {"abuse_at_bot", "nonsense", "jailbreak", "general"}
)
# Intents that are no topics: being unsure, going on, and what only buttons and commands send.
NOT_TOPICS = frozenset({"nlu_fallback", "follow_up", "welcome", "menu", "something_else", "help_now"})


def topics(files: Files) -> list[str]:
    """Return every topic: the fixed ones, then those a maintainer has added to ``domain.yml``."""
    fixed = [t for names in TOPICS.values() for t in names]
    if "domain" in files.unread:
        return fixed
    added = [i for i in files.domain.data.get("intents", []) if i not in fixed and i not in NOT_TOPICS]
    return fixed + added
