"""Who is asking, and whether a message only continues the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterable

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


_ROLE = r"(?:[\w-]+ ){0,3}?(?:nurse|receptionist|teacher|pharmacist|gp|matron|youth worker|social worker|health visitor|senco|head of year|tutor)"
_INTRODUCES = re.compile(
    rf"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?\W+)?(?:(?:i am|i[’']?m|this is) (?:an? |the )?{_ROLE}"
    rf"(?: (?:at|in) (?:\w+ ){{0,3}}?\w+)?\s*[.:;,!-]|(?!(?:my|our|the|an?|his|her|their|that|this) )(?:{_ROLE} (?:here|speaking)\s*[.:;,!-]|{_ROLE}[.:]))"
    r"\s+(?=(?:\S+\s+){3,}\S)(?!.*\b(?:me|my)\b)",
    re.I,
)


def find_reader(text: str) -> Reader | None:
    """Return who is asking when the message says so, else None.

    A young person says "my mum"; a parent says "my 14 year old"; staff say "a patient".
    """
    words = words_of(text)
    if _INTRODUCES.match(text) or (_PROFESSIONAL.search(words) and not _WANTS_TO_BE.search(words)):
        return "professional"
    if _PARENT.search(words) and not _YOUNG_CARER.search(words):
        return "parent"
    if re.search(r"\b(?:im|i am) (?:only )?(?:1[0-7]|in year \d)|\bmy (?:mum|dad|parents)\b", words):
        return "young_person"
    return None


_LEAD = r"(?:(?:ok(?:ay)?|so|and|but|wait|um+|hm+|oh|no|right|right then|huh|eh|what|actually|lol|pls|please|sorry|can (?:you|u)|could (?:you|u))[\s,.!?]+)*"
_TOO_MUCH = (
    r"(?:(?:(?:thats|its|that was|this is) )?(?:way |far )?too (?:long|hard|complicated|wordy|much|many)"
    r"|(?:thats|its|that was|this is) (?:(?:so |very |really )?(?:long|wordy)|an? (?:lot|essay)|so much))"
    r"(?: (?:words|text|to read|reading))*(?: for (?:me|us|my \w+))?"
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"^{_LEAD}(?:{pattern})(?:[\s,]+(?:pls|please|plz|now|tho|lol|thx|thanks|ta))*[\s.!?]*$"))
    for kind, pattern in {
        "back": r"(?:(?:can|could|lets) (?:we|u|you|i) )?(?:go |going |get )?back to (?:my|the|that|what) (?:(?:first|last|other|original) )?(?:question|thing|one|i (?:asked|said)|we were (?:saying|talking about)|before)(?: i asked| before| again)?|what (?:were|was) we (?:saying|talking about)|(?:can (?:u|you) |pls )?answer (?:my|the) (?:last |first )?question|you (?:didnt|havent) answer(?:ed)?(?: me| my question| that)?",
        "restart": r"(?:start|begin) (?:again|over|afresh|from the (?:start|beginning))|restart|reset|new (?:chat|question|conversation)|clear (?:the |this )?chat",
        "help_now": r"sos|(?:get )?help ?now|(?:i )?(?:really )?need (?:some )?(?:urgent )?help(?: now| asap| urgently| please| pls| rn)*|urgent(?: help)?|help me(?: now| please| pls)*|emergency",
        "simpler": (
            r"(?:(?:i )?(?:still )?(?:dont|do not|didnt) (?:really )?(?:get|understand)(?: (?:it|that|this))?[\s,]+)?"
            r"(?:say|explain|put|tell me) (?:that|it|this|me)?\s*(?:again|once more)?\s*(?:but )?(?:in )?(?:an? )?(?:more )?"
            r"(?:simpl\w+|easier|easy|plain\w*|shorter|better|differently|normal words|a simpler way|english)?(?: words| english| way| terms)?(?: like (?:im|i am) \w+)?"
            r"|(?:more )?(?:simpl\w+|easier|easy|shorter)(?: words| version)?|make (?:it|that) (?:simpl\w+|easier|shorter)"
            r"|(?:say|explain|put|make|tell me) (?:it |that |this )?(?:in )?(?:simpl\w+|easier|easy|plain\w*|shorter)(?: words| english| terms)? for (?:\w+ ){0,3}\w+"
            r"|(?:i )?(?:still )?(?:dont|do not|didnt|cant|not) (?:really )?(?:get|understand)(?: (?:it|that|this|what you mean|what that means|any of that|you))?"
            rf"|{_TOO_MUCH}(?:[\s,.!?]+(?:(?:can|could) (?:you|u) )?(?:say (?:it|that) |(?:have (?:you|u) )?got (?:an? )?)?(?:short|simpl|easi)\w+(?: version| words)?)?"
            r"|what (?:do|does|did) (?:you|that|this|it|u) (?:even )?mean(?: by that)?|explain(?: (?:it|that|this|please|pls|more))*|(?:in )?(?:simple|simpler|plain|easy|normal) (?:words|english|terms)|wdym|huh|eh|confus(?:ed|ing)|im confused|what|eli5|in english|tl ?dr|say (?:that )?again|repeat(?: that)?|come again"
        ),
        "why": (
            r"(?:but )?y+|why(?: not| is that| tho+ugh| tho|.{0,3}| does (?:it|that) matter| can they| cant i| do they| is it like that)?|how come|for what reason|why (?:would|wud|wld|do|does|did|can|cant|are|is|should) (?:they|it|he|she|that|the \w+)(?: do that| need to| have to| say that)?(?: tho+ugh| tho)?"
            r"|what(?:s| is) the (?:reason|point)|says who|who says(?: so| that)?|(?:is|are) (?:that|this|it|you|u) (?:really |actually )?(?:true|sure|certain|legit|real|right|the law|law)"
            r"|where(?:s| is) (?:that|this|it) (?:written(?: down)?|from)|really|seriously|promise|(?:do )?(?:you|u) (?:promise|swear)|(?:you|u) sure|100%|for real|(?:(?:you|u) )?swear(?: down| on it)?|no way|fr|how do (?:you|u) know(?: that)?|where does (?:it|that) say(?: that)?"
        ),
        "which": r"(?:(?:just|only|i mean|i meant|what about|about|tell me(?: more)? about|go back to) )?the (?:bit|part|one|thing|question) (?:about|with|on|where|for) \w.*|(?:what about |about )?the (?:\w+ ){1,4}(?:bit|part)",
        "same": (
            r"how(?: (?:old|much|long|many|soon|often|so|exactly|then|(?:do|would|can) i(?: do (?:it|that|this))?|does (?:it|that) work))?"
            r"|(?:from |at )?what age|(?:when|where|who)(?: exactly)?"
            r"|(?!.*\b(?:scot\w*|wales|welsh|ireland|irish|abroad)\b)(?:(?:does|do|would|wud) (?:that|it|this|those|the same) (?:also )?(?:go|count|work|apply|happen|hold)(?: the same)? (?:for|at|in|with|to|when|if)\b.*|(?:is|are) (?:that|it|this) (?:also )?(?:the same|true|right) (?:for|at|in|with)\b.*|(?:its|it is|this is|im|i am|that was|i mean) (?:at|in|for|about|going to)? ?(?:the |a )?(?:hospitals?|clinics?|dentists?|opticians?|orthodontists?|walk[ -]?ins?)(?:,? not (?:the |a |my )?\w+)?|(?:and )?(?:with|without) (?:my |a |the |any )?(?:mums?|dads?|parents?|carers?|anyone|adults?)(?: knowing| there| finding out| permission)?|(?:w[ho]+t about|how about|and) (?:at |in |for |with )?(?:the |a )?(?:hospitals?|clinics?|schools?|dentists?|opticians?|orthodontists?|walk[ -]?ins?(?: centres?)?|urgent care|a ?(?:&|and|n) ?e)(?: too| as well| tho\w*)?)"
        ),
        "more": r"(?:tell me |give me |any |show me )?more(?: info\w*| details?| about (?:it|that|this))?|go on|carry on|what else|anything else|like what|such as|continue",
        "else": r"something else|none of (?:these|those|them|the above)|neither|not (?:that|those|these|any of (?:these|those))|idk|i ?dunno|i dont know|(?:im )?not (?:really )?sure|no idea|other|another (?:one|thing)",
    }.items()
)
_SIMPLER = dict(_KINDS)["simpler"]
_CHOICE = re.compile(
    r"^(?:the|option|number|no|choice|answer|and|ok|i mean|i meant|umm?|what (?:was|is|about)|whats|tell me(?: about)?|explain|say|its|phone|address|reviews|of|for|[\s,.#])*"
    r"(?:(?P<n>[1-7])|(?P<w>first|1st|second|2nd|third|3rd|fourth|4th|fifth|last|bottom|top|middle))"
    r"(?: one| option| question| thing| bit| answer| 1)?(?: again| please| pls| then| thanks)*(?P<rest>[\s.,!?].*)?$"
)
_CHOICES = {"first": 1, "1st": 1, "top": 1, "second": 2, "2nd": 2, "middle": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_CHOICES |= {"fifth": 5, "last": -1, "bottom": -1}
_FILLER = re.compile(
    r"\b(?:what|whats|wot|about|abt|how|and|but|if|when|once|im|i|am|is|be|turn|turns|turned|turning|she|shes|he|hes|at|age|aged|years?|yrs?|yo|old|ok|okay|so|then|for"
    r"|someone|somebody|a|an|my|the|actually|wait|sorry|was|wrong|meant|mean|no|only|just|now|nearly|almost|next|month|week|in|under|over|u|r|are|you|they|theyre|person|people|"
    r"sister|brother|son|daughter|boyfriend|girlfriend|bf|gf|friend|mate|cousin|does|it|change|different|would|same|thing|though|tho|btw|lol|like|instead|who|of|school|sixth|form|until|til|still|anything|ur|wot|wat|wen|thx|thanks|cheers|that|this|fine|allowed|problem|too|young|enough|matter|count|counts|possible|legal|if|even|tbh|cos|because|do|have|by|way|right|or|not|can|could|will|yet)\b|\by(?:ea)?r?(?=\d)|[\d\W]+"
)


def follow_up(text: str) -> str | None:
    """Return how a message continues the one before it, or None when it stands alone.

    One of ``back`` (to my question), ``restart``, ``help_now``, ``simpler``, ``why``, ``which`` ("the bit about my mum", of
    several answers), ``same`` (does that go for …), ``more``, ``else``, ``age``
    (nothing but an age), or ``choice:N`` (N from 1, or -1 for the last) for the choices just offered; ``choice:2:simpler`` says in what manner.
    """
    words = words_of(text)
    if len(words) > 80:
        return None
    for kind, pattern in _KINDS:
        if pattern.match(words):
            return kind
    if (said := re.split(r"[,.!?]\s*", words)) and len(said) > 1 and all(map(_SIMPLER.match, filter(None, said))):
        return "simpler"
    if match := _CHOICE.match(words):
        rest = (match["rest"] or "").strip(" ,.!?")
        manner = follow_up(rest) if rest else ""
        if manner in ("", "age", "simpler", "why"):
            return f"choice:{match['n'] or _CHOICES[match['w']]}" + (f":{manner}" if manner in ("simpler", "why") else "")
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


_CORRECTS = re.compile(
    r"^(?:(?:no|nah|nope|wait|sorry|soz|oh|ok|actually|not that)[\s,.!]+)*(?:what )?i (?:actually |was )?(?:mean|meant|meaning)(?: to (?:ask|say))?(?: is| was)?[\s,:]+(?=\w)"
)
_CONTINUES = re.compile(
    r"^(?:ok(?:ay)? |so |right |yes |yeah |cool |thx |thanks |cheers )*(?:and|but|w[ho]+t about|how about|w[hao]+t if|also|or|even (?:if|for|when)"
    r"|does (?:that|this|it)|do (?:they|i have|we)|is that|is it|can (?:they|she|he|it|my \w+)|would that|what happens"
    r"|so (?:he|she|they|u|you|my \w+|i|it|its)|where do i|who do i|how do i even|will (?:they|she|he)"
    r"|why (?:does|do|did|would|wud)|w[hao]+t do i)\b|\btoo\W*$|\bin england\b|\bstill\b|^(?!(?:\w+ )?got it\W*$)(?:\w+ ){1,6}(?:one|it|them)\W*$"
)


def continues(text: str) -> bool:
    """Return whether a message leans on the one before it ("and prescriptions?", "so she cant stop me?", "no i meant …")."""
    words = words_of(text)
    return bool(_CONTINUES.search(words) or _CORRECTS.search(words))


def without_correction(text: str) -> str:
    """Return the message without "no i meant" before what was meant; the rest is the question."""
    words = words_of(text)
    rest = _CORRECTS.sub("", words)
    return text if rest == words else rest


def without_introduction(text: str) -> str:
    """Return the message without "hi, i'm a school nurse." before a question: it tells who asks, not what about."""
    return _INTRODUCES.sub("", text)


# Words that name no subject: what is made of nothing else is about whatever was talked of before.
_LIGHT = frozenset(
    """
    a an the that these those it its i im ill id ive me my mine myself we us our lets he hes she shes they theyre theyll theyd
    their theirs them him his her hers someone somebody anyone anybody everyone person people one ones
    what whats wot wat wht when wen where wheres who whos how hows which why wether whether
    do does did dont doesnt didnt done doing can cant could couldnt will wont would wouldnt wud shud should shouldnt is isnt are
    arent was wasnt were werent be been being am aint have havent has hasnt had may might must need needs needed got gotta get
    gets getting let go goes going gonna come comes say says said tell ask asks asked know knows want wants wanna wont make makes
    making try mean means meant happen happens happened think believe agree agrees mind minds work works take takes give gives
    start set use used put keep find out show reply replies respond sort fix permission check checks checked
    legal illegal law rule rules fair serious ridiculous limit change changes name sure
    and if but or so then than also too still even just only really actually again first now already yet ever never always until
    till til before after without instead as because cos coz cuz like though tho anyway else more any some all both either
    to of for in on at by with from about abt up off over under into there here back through
    ok okay oh hm hmm um well right yeah yes no not nt nah pls plz please thanks thx btw lol tbh ngl sorry wait alright fine
    age aged years yrs year turn turns turned turning sister brother friend mate cousin son daughter boyfriend girlfriend
    old long much many often soon far free cost costs allowed able ok wrong bad good better same different true thing things stuff
    way anything something nothing everything help order bring last time times once twice next later
    """.split()  # noqa: SIM905
)
_TO_ANYBODY = re.compile(
    r"\b(?:you|u|ya|youre|ur|your|yourself)(?= (?:have to|need|gotta|got to|get|go|old|allowed)\b)|(?<=do )(?:you|u)(?= (?:have|need|get|go)\b)"
)
_LEADS_NOWHERE = re.compile(
    r"\b(?:ask|know|say|tell)\b.{0,10}\b(?:something|anything|thing|one more|another)\b|\bthis\b|\bthe wait\b|\bget(?:s|ting)? help\b|^(?:ok |so |and )*what (?:should|shall|can|could|do) i ask|^(?:i )?(?:really )?(?:dont|do not|didnt) know$"
)
_WHO = re.compile(
    r"\b(?:doctor|doc|gp|nurse|pharmacist|dentist|counsellor|receptionist|teacher|mum|mam|dad|parent|carer|nan)s?\b"
)


def is_bare(words: str, but_for: Iterable[re.Pattern[str]] = ()) -> bool:
    """Return whether a message (`words_of`) names no subject of its own: "what if they still say no".

    Args:
        words: the message.
        but_for: what it may name all the same, such as the patterns of one part of the last topic.
    """
    if _LEADS_NOWHERE.search(words):
        return False
    for pattern in but_for:
        words = pattern.sub(" ", words)
    said = re.findall(r"[^\W\d]+", _TO_ANYBODY.sub(" ", words))
    return 0 < len(said) <= 14 and _LIGHT.issuperset(said)


_ASIDE = re.compile(
    r"^(?:(?:ok(?:ay)?|no|yes|yeah|oh|um+|sorry|wait|actually|maybe|try|its|what about|how about|then|or|not that|and)[\s,.!]+)+(?=\w)"
)


def without_aside(text: str) -> str:
    """Return what stands after "ok", "no i mean", "actually": of an answer to "where?" only the place counts."""
    return _ASIDE.sub("", words_of(without_correction(text))) or text


def corrects_a_person(words: str) -> bool:
    """Return whether a message (`words_of`) only says who was meant: "no i mean the doctor"."""
    rest = _CORRECTS.sub("", words)
    return rest != words and len(rest.split()) <= 3 and bool(_WHO.search(rest)) and is_bare(f"one {rest}", (_WHO,))


_IS_AFRAID = re.compile(
    r"\b(?:scared|scares|afraid|frightened|terrified|worried|panicking|crying|shaking|alone|hopeless|worse)\b"
    r"|\b(?:no ?one|nobody) (?:\w+ )?(?:cares|believes|listens|helps|can help|there|understands)\b"
    r"|\b(?:dont|do not|idk) (?:know )?what (?:to|i) (?:do|should)\b|\bwhat (?:do|should|shall) i do\b"
    r"|\bwhat if (?:he|she|they|it) (?:\w+ ){0,3}(?:finds? out|again|comes? back|gets? (?:worse|angry|mad))\b"
    r"|\b(?:999|112|ambulance|police|my fault)\b"
    r"|\b(?:doesnt|dont|wont|didnt) want (?:me|us|anyone|anybody|u|you) to (?:call|ring|tell|say|phone)\b"
    r"|\bcant (?:cope|tell|talk|do (?:it|this)|take)\b|\bdont (?:tell|call|ring)\b"
)


def is_afraid(words: str) -> bool:
    """Return whether a short message (`words_of`), soon after one of danger, says that the fear goes on: "im scared"."""
    return len(words.split()) <= 10 and bool(_IS_AFRAID.search(words))


_FINDS_OUT = re.compile(
    r"\b(?:he|she|they)(?:ll| will| would)? (?:\w+ )?(?:finds?|found) (?:\w+ )?out\b|\b(?:he|she)(?:ll| will| would) know\b"
)


def fears_discovery(words: str) -> bool:
    """Return whether a message (`words_of`), right after one of danger, fears that whoever does the harm finds out."""
    return bool(_FINDS_OUT.search(words))


_GREETS = re.compile(r"^(?:(?:hi+|hiya|hello|hey+|good (?:morning|afternoon|evening))\b|im\b|i am\b|this is\b)")


def only_introduces(text: str) -> bool:
    """Return whether a short message says no more than who a grown-up is: "hi im a foster carer"."""
    words = words_of(text)
    grown_up = find_reader(text) in ("parent", "professional")
    return grown_up and len(words.split()) <= 8 and bool(_GREETS.match(words)) and not asks(words)


_ASKS = re.compile(
    r"\?|^(?:(?:and|but|ok|okay|so|also|well) )*(?:can|could|do|does|did|is|are|am|will|would|should|shall|may|must|if|"
    r"wh?at|wot|whats|who|whos|when|wen|where|wher|why|how|which)\b"
)


def asks(words: str) -> bool:
    """Return whether a message (`words_of`) asks something, and does not tell it."""
    return bool(_ASKS.search(words))


_SEEKS_HELP = re.compile(
    r"\bwh?(?:at|ot|t) (?:do|should|shall|can) (?:i|we) do\b|\bhow (?:do|can) (?:i|we) (?:get (?:help|out|away)|stop (?:it|him|her|them))\b"
    r"|\bwho (?:do|can|should|shall|could) (?:i|we) (?:ring|call|phone|text|tell|talk|speak|contact|message|ask|go)\b"
    r"|\bwhere (?:do|can|should|shall) (?:i|we) (?:go|run|get help)\b"
)


def seeks_help(words: str) -> bool:
    """Return whether a message (`words_of`), right after one of danger, asks what to do about it: "who do i ring"."""
    return bool(_SEEKS_HELP.search(words))


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
