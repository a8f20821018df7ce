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
from bot.nlu.corpus import Corpus
from bot.nlu.network import Network
from bot.nlu.regression import Floats, Rows, stopping_early
from bot.nlu.views import Views

# The judge learns from messages that the rest was not trained on: a half at a time.
_FOLDS = 2
_HIDDEN = 32
ALONE = "(alone)"  # the label of a question that leans on nothing; no topic is called so
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
    def train(cls, corpus: Corpus, said: Sequence[FollowUp], shares: Sequence[Shares]) -> Leaning:
        """Fit the views and the judge.

        Args:
            corpus: what people say next, and questions that lean on nothing.
            said: what each of them means; a question that leans on nothing comes after `ALONE`.
            shares: each one's topics' shares by a classifier that was not trained on any of them.
        """
        topics = tuple(sorted({f.after for f in said} - {ALONE}))
        random = np.random.default_rng(0)
        after = [f.after if f.after != ALONE else str(random.choice([t for t in topics if t != f.meant])) for f in said]
        labels, numbers = (ALONE, *topics), np.arange(len(said))
        signs: list[Floats] = []
        with stopping_early():
            whole = _views(labels, corpus, said, numbers)
            folds = [numbers[fold::_FOLDS] for fold in range(_FOLDS)]
            for fold in folds:
                views = _views(labels, corpus, said, np.setdiff1d(numbers, fold))
                for i, own in zip(fold, views.shares_of(corpus[fold])[0], strict=True):
                    signs.append(_signs(labels, own, said[i].text, shares[i], [after[i]])[0])
        stays = np.array([said[i].stays for fold in folds for i in fold], np.int32)
        return cls(whole, _judge(np.stack(signs), stays))

    def goes_on(self, vector: Floats, text: str, shares: Shares) -> dict[str, float]:
        """Return for each topic how likely the mended ``text`` goes on with it, were it the last one answered."""
        _, *topics = labels = self.views.labels
        odds = self.judge.odds(_signs(labels, self.views.shares(vector, text)[0], text, shares, topics))
        return dict(zip(topics, (1 / (1 + np.exp(-odds))).tolist(), strict=True))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the judge as arrays that ``numpy.savez`` writes without pickling."""
        return {**self.views.to_arrays(), **under("judge", self.judge.to_arrays())}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Leaning:
        """Rebuild the judge from `to_arrays`."""
        return cls(Views.from_arrays(arrays), Network.from_arrays(within("judge", arrays)))


def _views(labels: tuple[str, ...], corpus: Corpus, said: Sequence[FollowUp], part: Rows) -> Views:
    """Fit, on ``part`` of the messages, what tells a reply to each topic from a question that leans on nothing."""
    known = np.array([i for i in part if said[i].stays or said[i].after == ALONE])
    return Views.train(labels, corpus[known], np.array([labels.index(said[i].after) for i in known], np.int32))


def _signs(labels: Sequence[str], own: Floats, text: str, shares: Shares, topics: Sequence[str]) -> Floats:
    """Return the six signs for each of ``topics``, shape (topics, 6).

    Args:
        labels: `ALONE` and all topics; ``own``: how likely the message comes after each of them.
        text: the message; ``shares``: how likely it is about each topic, wherever it comes.
    """
    after = dict(zip(labels, own.tolist(), strict=True))
    alone = after[ALONE]
    elsewhere = sum(shares.get(t, 0.0) for t in _ABOUT_ELSE)
    length = math.log(len(text.split()) + 1)
    first, second = sorted(((p, t) for t, p in shares.items() if t not in _ABOUT_ELSE), reverse=True)[:2]
    rows = []
    for topic in topics:
        rival = second[0] if topic == first[1] else first[0]
        mine, likeliest = shares.get(topic, 0.0), after[topic] / (1 - alone + 1e-9)
        rows.append([-_odds(alone), math.log(likeliest + 1e-4), math.log(mine + 1e-4), _odds(rival), _odds(elsewhere), length])
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
