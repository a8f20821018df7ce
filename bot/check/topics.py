"""The topics: fixed names, because measurements and buttons use them.

The list of ``domain.yml`` is what the engine knows; this one is what must be in it, and in which
group's files each topic stands. A topic that a maintainer adds stands in ``domain.yml`` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.check.files import Files

TOPICS: dict[str, tuple[str, ...]] = {
    "own_it": (
        "own_it_1_decisions",
        "own_it_2_appointments",
        "own_it_3_seen_alone",
        "own_it_4_parents_told",
        "own_it_5_pharmacy",
        "own_it_6_parents_help",
    ),
    "words": ("define_competence", "define_consent", "define_confidentiality", "define_chaperone"),
    "tips": (
        "tip_bring_someone",
        "tip_prepare",
        "tip_ask_again",
        "tip_be_honest",
        "tip_notes",
        "tip_follow_up",
        "tip_letters",
        "tip_contacts",
    ),
    "local": ("gp_contact", "gp_register", "school_nurse", "feedback", "get_involved"),
    "feelings": ("mental_health_access", "sexual_health_access", "medical_advice"),
    "safety": ("crisis_selfharm_suicide", "crisis_abuse", "crisis_medical"),
    "chat": (
        "greet",
        "goodbye",
        "thanks",
        "affirm",
        "deny",
        "help",
        "state_age",
        "bot_privacy",
        "bot_identity",
        "delete_my_data",
        "other_language",
        "out_of_scope",
    ),
}
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
