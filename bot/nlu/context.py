"""Who is asking, and whether a message only continues the one before it."""

from __future__ import annotations

import re

from bot.messages import Reader
from bot.nlu.age import find_age
from bot.nlu.text import words_of

_CHILD = r"(?:son|daughter|child|kid|kids|children|teenager|teen|lad|stepson|stepdaughter|foster (?:child|son|daughter|kid)|granddaughter|grandson|\d{1,2}[ -]?(?:year|yr|y)s?[ -]?(?:old|o)s?)s?"
_PARENT = re.compile(
    rf"\bmy (?:own |eldest |oldest |youngest |middle |teenage |\d{{1,2}}[ -]?(?:year|yr)s?[ -]?old )?{_CHILD}\b"
    rf"|\b(?:im|i am|as) an? (?:\w+ ){{0,2}}(?:mum|dad|parent|mother|father|carer|foster carer|guardian|stepmum|stepdad|grandparent)\b"
    rf"|\b(?:im|i am) (?:his|her|their|the) (?:\w+ )?(?:mum|dad|parent|mother|father|carer|guardian)\b"
)
_YOUNG_CARER = re.compile(r"\byoung carer\b|\bmy (?:own )?(?:mum|dad|parents?|mother|father|foster (?:carer|mum|dad))s?\b")
_PROFESSIONAL = re.compile(
    r"\b(?:im|i am|as|were|we are) (?:an? |the )?(?:\w+ ){0,2}(?:nurse|receptionist|gp|doctor|teacher|pharmacist|social worker"
    r"|youth worker|practice manager|paramedic|health visitor|school staff|senco|safeguarding lead|professional|clinician)s?\b"
    r"|\b(?:a|my|our|the|this) (?:young |teenage |\d{1,2}[ -]?(?:year|yr)s?[ -]?old )?(?:patient|pupil|student|service user)s?\b"
    r"|\bat our (?:surgery|practice|clinic|pharmacy|school)\b|\bi work (?:at|in|as|for) (?:an? |the )?(?:\w+ )?(?:surgery|practice|reception|clinic|pharmacy|school|gp|nurse)"
)
_WANTS_TO_BE = re.compile(r"\b(?:want to|like to|going to|how (?:do|can) i) (?:be|become|train)\b|\bwhen i grow up\b")


def find_reader(text: str) -> Reader | None:
    """Return who is asking when the message says so, else None.

    A young person says "my mum"; a parent says "my 14 year old"; staff say "a patient".
    """
    words = words_of(text)
    if _PROFESSIONAL.search(words) and not _WANTS_TO_BE.search(words):
        return "professional"
    if _PARENT.search(words) and not _YOUNG_CARER.search(words):
        return "parent"
    if re.search(r"\b(?:im|i am) (?:only )?(?:1[0-7]|in year \d)|\bmy (?:mum|dad|parents)\b", words):
        return "young_person"
    return None


_LEAD = r"(?:(?:ok(?:ay)?|so|and|but|wait|um+|hm+|oh|no|pls|please|sorry|can you|could you)[\s,]+)*"
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"^{_LEAD}(?:{pattern})[\s.!?]*$"))
    for kind, pattern in {
        "restart": r"(?:start|begin) (?:again|over|afresh|from the (?:start|beginning))|restart|reset|new (?:chat|question|conversation)|clear (?:the |this )?chat",
        "help_now": r"sos|(?:get )?help ?now|(?:i )?(?:really )?need (?:some )?(?:urgent )?help(?: now| asap| urgently| please| pls| rn)*|urgent(?: help)?|help me(?: now| please| pls)*|emergency",
        "simpler": (
            r"(?:say|explain|put|tell me) (?:that|it|this|me)?\s*(?:again|once more)?\s*(?:but )?(?:in )?(?:more )?"
            r"(?:simpl\w+|easier|easy|plain\w*|shorter|better|differently|normal words|a simpler way|english)?(?: words| english| way| terms)?(?: pls| please)?"
            r"|(?:simpl\w+|easier|shorter)(?: words| version)?(?: pls| please)?|make (?:it|that) (?:simpl\w+|easier|shorter)"
            r"|(?:i )?(?:still )?(?:dont|do not|didnt|cant) (?:really )?(?:get|understand)(?: (?:it|that|this|what you mean|what that means|any of that|you))?"
            r"|what (?:do|does|did) (?:you|that|this|it|u) (?:even )?mean(?: by that)?|explain(?: (?:it|that|this|please|pls|more))*|(?:in )?(?:simple|simpler|plain|easy|normal) (?:words|english|terms)(?: pls| please)?|wdym|huh|eh|confus(?:ed|ing)|im confused|what\?+|eli5|in english|too (?:long|hard|complicated)(?: words)?|tl ?dr|say (?:that )?again|repeat(?: that)?|come again"
        ),
        "why": (
            r"(?:but )?y+|why(?: not| is that| tho+ugh| tho|.{0,3}| does (?:it|that) matter| can they| cant i| do they| is it like that)?|how come|for what reason|why (?:would|wud|wld|do|does|did|can|cant|are|is|should) (?:they|it|he|she|that|the \w+)(?: do that| need to| have to| say that)?(?: tho+ugh| tho)?"
            r"|what(?:s| is) the (?:reason|point)|says who|who says(?: so| that)?|(?:is|are) (?:that|this|it|you|u) (?:really |actually )?(?:true|sure|certain|legit|real|right|the law|law)"
            r"|really|how do you know(?: that)?|where does (?:it|that) say(?: that)?"
        ),
        "same": r"(?!.*\b(?:scot\w*|wales|welsh|ireland|irish|abroad)\b)(?:(?:does|do|would|wud) (?:that|it|this|those|the same) (?:also )?(?:go|count|work|apply|happen|hold)(?: the same)? (?:for|at|in|with|to|when|if)\b.*|(?:is|are) (?:that|it|this) (?:also )?(?:the same|true|right) (?:for|at|in|with)\b.*|w[ho]+t about (?:at |in )?(?:the |a )?(?:hospitals?|clinics?|schools?|dentists?|a ?(?:&|and|n) ?e))",
        "more": r"(?:tell me |give me |any |show me )?more(?: info\w*| details?| about (?:it|that|this))?|go on|carry on|what else|anything else|like what|such as|continue",
        "else": r"something else|none of (?:these|those|them|the above)|neither|not (?:that|those|these|any of (?:these|those))|other|another (?:one|thing)",
    }.items()
)
_CHOICE = re.compile(
    r"^(?:the |option |number |no |choice |answer )*(?:(?P<n>[1-4])|(?P<w>first|1st|second|2nd|third|3rd|last|top|middle))(?: one| option| 1)?[\s.!?]*$"
)
_CHOICES = {"first": 1, "1st": 1, "top": 1, "second": 2, "2nd": 2, "middle": 2, "third": 3, "3rd": 3, "last": -1}
_FILLER = re.compile(
    r"\b(?:what|whats|wot|about|abt|how|and|but|if|when|once|im|i|am|is|be|turn|turned|turning|she|shes|he|hes|at|age|aged|years?|yrs?|yo|old|ok|okay|so|then|for"
    r"|someone|somebody|a|an|my|the|actually|wait|sorry|was|wrong|meant|mean|no|only|just|now|nearly|almost|next|month|week|in|under|over|u|r|are|you|they|theyre|person|people|"
    r"sister|brother|friend|mate|cousin|does|it|change|different|would|same|thing|though|tho|btw|lol|like|instead|who|of|school|sixth|form|until|til|still|anything|ur|wot|wat|wen|thx|thanks|cheers)\b|[\d\W]+"
)


def follow_up(text: str) -> str | None:
    """Return how a message continues the one before it, or None when it stands alone.

    One of ``restart``, ``help_now``, ``simpler``, ``why``, ``same`` (does that go for …), ``more``, ``else``, ``age`` (nothing but an age), or
    ``choice:N`` (N from 1, or -1 for the last) for the choices just offered.
    """
    words = words_of(text)
    if len(words) > 80:
        return None
    for kind, pattern in _KINDS:
        if pattern.match(words):
            return kind
    if match := _CHOICE.match(words):
        return f"choice:{match['n'] or _CHOICES[match['w']]}"
    if not _FILLER.sub("", words).strip() and find_age(text):
        return "age"
    return None


_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[abd-hjlnp-uw-z]{2}\b")
_PLACE_FILLER = re.compile(
    r"\b(?:oh|soz|sorry|sry|actually|meant|mean|wait|no|not|try|it was|should be|i meant|then|ok|okay|back|thing|mine|to|my|the|is|its|it|im|i|am|in|at|near|live|postcode|post|code|address|home|area|gp|doctor|doctors|surgery|for|to|me|please|pls|hi|ok|nearest|around|by|here|now|lol)\b|[\W]+"
)


def is_postcode(text: str) -> bool:
    """Return whether a message is a full postcode and little else: it asks for a GP surgery near it."""
    words = words_of(text)
    return bool(_POSTCODE.search(words)) and not _PLACE_FILLER.sub("", _POSTCODE.sub(" ", words))


_CONTINUES = re.compile(
    r"^(?:ok(?:ay)? |so |right |yes |yeah |cool |thx |thanks |cheers )*(?:and|but|w[ho]+t about|how about|w[hao]+t if|also|or|even (?:if|for|when)"
    r"|does (?:that|this|it)|do (?:they|i have|we)|is that|is it|can (?:they|she|he|it|my \w+)|would that|what happens"
    r"|so (?:he|she|they|u|you|my \w+|i|it|its)|where do i|who do i|how do i even|will (?:they|she|he)"
    r"|why (?:does|do|did|would|wud)|w[hao]+t do i)\b|\btoo\W*$|\bin england\b|^(?:\w+ ){1,6}(?:one|it|them)\W*$"
)


def continues(text: str) -> bool:
    """Return whether a message leans on the one before it ("and prescriptions?", "so she cant stop me?")."""
    return bool(_CONTINUES.search(words_of(text)))


_DELETE = re.compile(
    r"\b(?:delete|deleet|del|erase|remove|wipe|clear|forget|scrub|get rid of|bin|destroy)\b"
    r"|\bdont (?:keep|save|store|remember)\b|\bstart (?:again|over)\b"
)
_ASKS_ABOUT_DELETING = re.compile(r"^(?:how|what|when|why|where|who|does|do you|did|is|are|will (?:it|this|that))\b")


def asks_to_delete(text: str) -> bool:
    """Return whether a message tells the bot to delete, and does not only ask what is kept."""
    words = words_of(text)
    return bool(_DELETE.search(words)) and not (
        _ASKS_ABOUT_DELETING.search(words) and not re.search(r"\bhow (?:do|can) i\b", words)
    )
