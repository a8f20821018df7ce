"""Whether a message goes on with the topic of the last answer: "what if they refuse", after any of them.

Its words alone do not say which topic it is about, so the topic classifier can only guess. What people say
next (``data/follow_ups``) teaches two things: whether a message sounds like a reply, and after which topic it
is likeliest to come; and then how both weigh against what the topic classifier makes of it. What it gains:
docs/decisions/0008-going-on.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.network import Network
from bot.nlu.regression import Floats, side_by_side, stopping_early
from bot.nlu.views import Views
from bot.nlu.wording import Counted

# The judge learns from messages that the rest was not trained on: a half at a time.
_FOLDS = 2
_HIDDEN = 32
_ALONE = "alone"  # the label of a question that leans on nothing
# Topics about the bot or nothing we know: a follow-up without a subject is easily taken for one of them.
_ABOUT_ELSE = frozenset({"out_of_scope", "help", "bot_identity", "delete_my_data", "other_language"})

Shares = Mapping[str, float]


class FollowUp(NamedTuple):
    """What somebody says after an answer to the topic ``after``, and the topic they then mean."""

    text: str
    after: str
    meant: str

    @property
    def stays(self) -> bool:
        """Whether it goes on with the topic."""
        return self.after == self.meant


class _Said(NamedTuple):
    """One message to learn from; ``after`` is None for a question that leans on nothing."""

    text: str
    vector: Floats
    shares: Shares
    after: str | None
    stays: bool


@dataclass(frozen=True)
class Leaning:
    """A trained judge of follow-ups.

    Attributes:
        views: know after which topic a message comes, or that it leans on nothing.
        judge: weighs the six signs of `_signs`.
    """

    views: Views
    judge: Network

    @classmethod
    def train(
        cls,
        follow_ups: Sequence[tuple[FollowUp, Floats, Shares]],
        questions: Sequence[tuple[str, str, Floats, Shares]],
        alike: Mapping[str, str],
    ) -> Leaning:
        """Fit the views and the judge.

        Args:
            follow_ups: mended, each with its unit sentence vector and its topics' shares.
            questions: (mended question, topic, vector, shares) of messages that lean on nothing.
            alike: words that count as one (`bot.nlu.wording.read_alike`).

        The shares are those of a topic classifier that was not trained on any of the messages.
        """
        topics = tuple(sorted({f.after for f, _, _ in follow_ups}))
        random = np.random.default_rng(0)
        said = [(_Said(f.text, vector, shares, f.after, f.stays), f.after) for f, vector, shares in follow_ups]
        for text, topic, vector, shares in questions:
            after = str(random.choice([t for t in topics if t != topic]))
            said.append((_Said(text, vector, shares, None, False), after))
        counted, numbers = Counted.of([s.text for s, _ in said], alike), range(len(said))
        parts = [[i for i in numbers if i % _FOLDS != fold] for fold in range(_FOLDS)]
        with stopping_early(), side_by_side(_FOLDS) as pool:
            whole, *folds = pool.map(lambda part: _views(topics, [s for s, _ in said], counted, part), [numbers, *parts])
        signs, answers = [], []
        for fold, views in enumerate(folds):
            for s, after in said[fold::_FOLDS]:
                signs.append(_signs(views, s.vector, s.text, s.shares)[topics.index(after)])
                answers.append(s.stays)
        return cls(whole, _judge(np.stack(signs), np.array(answers, np.int32)))

    def goes_on(self, vector: Floats, text: str, shares: Shares) -> dict[str, float]:
        """Return for each topic how likely the mended ``text`` goes on with it, were it the last one answered."""
        odds = self.judge.odds(_signs(self.views, vector, text, shares))
        return dict(zip(self.views.labels[1:], (1 / (1 + np.exp(-odds))).tolist(), strict=True))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the judge as arrays that ``numpy.savez`` writes without pickling."""
        return {**self.views.to_arrays(), **under("judge", self.judge.to_arrays())}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Leaning:
        """Rebuild the judge from `to_arrays`."""
        return cls(Views.from_arrays(arrays), Network.from_arrays(within("judge", arrays)))


def _views(topics: Sequence[str], said: Sequence[_Said], counted: Counted, part: Sequence[int]) -> Views:
    """Fit, on ``part`` of the messages, what tells a reply to each topic from a question that leans on nothing.

    The label of such questions comes first.
    """
    labels = (_ALONE, *topics)
    known = [i for i in part if said[i].stays or said[i].after is None]
    answers = np.array([labels.index(said[i].after or _ALONE) for i in known], np.int32)
    return Views.train(labels, np.stack([said[i].vector for i in known]), counted[known], answers)


def _signs(views: Views, vector: Floats, text: str, shares: Shares) -> Floats:
    """Return the six signs for each topic, shape (topics, 6)."""
    alone, *after = views.shares(vector, text)[0].tolist()
    elsewhere = sum(shares.get(t, 0.0) for t in _ABOUT_ELSE)
    length = math.log(len(text.split()) + 1)
    first, second = sorted(((p, t) for t, p in shares.items() if t not in _ABOUT_ELSE), reverse=True)[:2]
    rows = []
    for topic, share in zip(views.labels[1:], after, strict=True):
        rival = second[0] if topic == first[1] else first[0]
        own, likeliest = shares.get(topic, 0.0), share / (1 - alone + 1e-9)
        rows.append([-_odds(alone), math.log(likeliest + 1e-4), math.log(own + 1e-4), _odds(rival), _odds(elsewhere), length])
    return np.array(rows, np.float32)


def _odds(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(share / (1 - share))


def _judge(signs: Floats, answers: npt.NDArray[np.int32]) -> Network:
    """Fit the network on signs of like size, and let it take them as they are."""
    # A sign that never changes says nothing, and must not be divided by nothing.
    middle, spread = signs.mean(axis=0), np.maximum(signs.std(axis=0), 1e-3)
    network = Network.train((signs - middle) / spread, answers, hidden=_HIDDEN, scale=1.0)
    inner = network.inner / spread[:, None]
    return replace(network, inner=inner, inner_bias=network.inner_bias - middle @ inner)
