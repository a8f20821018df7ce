"""Which topic a message is about, and how sure that is.

Two views, meaning and wording, rank the topics (`bot.nlu.views`); the out-of-scope kinds are
labels of their own and count together as ``out_of_scope``. Their probability alone is not a
confidence, so a tiny regression learns from held-out questions how often a guess is right, given that probability, its lead,
how near the nearest training question is, how many of the near ones agree, and whether the two
views do. Everything is kept as plain arrays: no pickle, no skops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import under, within
from bot.nlu.corpus import Corpus
from bot.nlu.leaning import ALONE, FollowUp, Leaning
from bot.nlu.neighbours import Neighbours
from bot.nlu.regression import Floats, Rows, stopping_early
from bot.nlu.views import Views

OUT_OF_SCOPE = "out_of_scope"
_NEIGHBOURS = 8
# The confidence is learnt on every fourth question, held out: enough for six numbers.
_HELD = 4


@dataclass(frozen=True)
class Guess:
    """What one sentence is about.

    Attributes:
        ranking: (topic, probability), likeliest first; probabilities sum to 1.
        confidence: probability that the first topic is right.
        kind: finer kind when the first topic is ``out_of_scope``.
        nearest: greatest cosine (-1 to 1) to a training question, along the main directions.
    """

    ranking: tuple[tuple[str, float], ...]
    confidence: float
    kind: str | None
    nearest: float

    @property
    def topic(self) -> str:
        """The likeliest topic."""
        return self.ranking[0][0]


@dataclass(frozen=True)
class TopicModel:
    """A trained classifier, all arrays.

    Attributes:
        views: both views; their labels are topics, or ``out_of_scope:kind``.
        near: the training vectors; ``answers``: label number of each, shape (questions,).
        calibration: weights of the confidence's five signs, and its bias, shape (6,).
        leaning: tells what goes on with the topic before it; None while it is still learning.
    """

    views: Views
    near: Neighbours
    answers: npt.NDArray[np.int32]
    calibration: Floats
    leaning: Leaning | None = None

    @classmethod
    def train(cls, corpus: Corpus, labels: Sequence[str], follow_ups: Sequence[FollowUp]) -> TopicModel:
        """Fit the classifier and, on held-out questions, the confidence and what goes on with a topic.

        Args:
            corpus: the questions, and after them what people say next.
            labels: the label of each question.
            follow_ups: what each of the others means; where it asks about another topic, that is a question too.
        """
        asked, said = np.split(np.arange(len(corpus)), [len(labels)])
        topics = {_topic(label) for label in labels} - {OUT_OF_SCOPE}
        moves = [i for i, f in enumerate(follow_ups) if not f.stays and f.meant in topics]
        names = tuple(sorted(set(labels)))
        answers = np.array([names.index(label) for label in (*labels, *(follow_ups[i].meant for i in moves))], np.int32)
        every = corpus[np.append(asked, said[moves])]
        near = Neighbours.of(every.vectors, every.axes)

        def fitted(rows: Rows) -> TopicModel:
            return cls(Views.train(names, every[rows], answers[rows]), near[rows], answers[rows], np.zeros(6, np.float32))

        with stopping_early():
            whole, part = fitted(np.arange(len(answers))), fitted(asked[asked % _HELD != 0])
            held = asked[asked % _HELD == 0]
            weighed = list(map(part._weighed, *part.views.shares_of(corpus[held]), corpus.vectors[held]))
            right = np.array([ranking[0][0] == _topic(labels[i]) for i, (ranking, _, _) in zip(held, weighed, strict=True)])
            calm = [(i, dict(w[0])) for i, w in zip(held, weighed, strict=True) if not labels[i].startswith("crisis_")]
            leaning = Leaning.train(
                corpus[np.append(said, [i for i, _ in calm])],
                [*follow_ups, *(FollowUp(corpus.texts[i], ALONE, _topic(labels[i])) for i, _ in calm)],
                [*map(part._by_topic, part.views.shares_of(corpus[said])[0]), *(shares for _, shares in calm)],
            )
        return replace(whole, calibration=_calibrate(np.stack([signs for *_, signs in weighed]), right), leaning=leaning)

    def guess(self, vector: Floats, text: str) -> Guess:
        """Return what the mended sentence ``text`` with this unit vector is about."""
        ranking, kind, signs = self._weighed(*self.views.shares(vector, text), vector)
        score = float(signs @ self.calibration[:-1] + self.calibration[-1])
        return Guess(ranking, 1.0 / (1.0 + float(np.exp(-score))), kind, float(signs[2]))

    def neighbours(self, vector: Floats, count: int = 5) -> list[tuple[int, float]]:
        """Return the ``count`` nearest training questions as (row, cosine), nearest first."""
        rows, cosines = self.near.nearest(vector, count)
        return [(int(rows[i]), float(cosines[i])) for i in np.argsort(-cosines)]

    def goes_on(self, vector: Floats, text: str, guess: Guess) -> dict[str, float]:
        """Return for each topic how likely the sentence goes on with it (`Leaning.goes_on`)."""
        return self.leaning.goes_on(vector, text, dict(guess.ranking)) if self.leaning else {}

    def _by_topic(self, shares: Floats) -> dict[str, float]:
        topics = dict.fromkeys(self._topics, 0.0)
        for topic, share in zip(self._topics, shares.tolist(), strict=True):
            topics[topic] += share
        return topics

    @cached_property
    def _topics(self) -> tuple[str, ...]:
        """The topic of each label."""
        return tuple(map(_topic, self.views.labels))

    def _weighed(
        self, shares: Floats, worded: Floats, vector: Floats
    ) -> tuple[tuple[tuple[str, float], ...], str | None, Floats]:
        """Return a sentence's topics, likeliest first, its out-of-scope kind, and the five signs of how sure that is.

        Args:
            shares: what both views make of it; ``worded``: what its words alone do.
            vector: its unit vector.
        """
        labels = self.views.labels
        ranking = tuple(sorted(self._by_topic(shares).items(), key=lambda t: -t[1]))
        first = ranking[0][0]
        near, cosines = self.near.nearest(vector, _NEIGHBOURS)
        agree = np.mean([self._topics[self.answers[i]] == first for i in near])
        p1, p2 = ranking[0][1], ranking[1][1]
        by_words = self._by_topic(worded)[first]
        signs = np.array([np.log(p1 / max(1e-6, 1 - p1)), p1 - p2, cosines.max(), agree, by_words], np.float32)
        kinds = [(s, label) for s, label in zip(shares, labels, strict=False) if label.startswith(OUT_OF_SCOPE + ":")]
        kind = max(kinds)[1].split(":")[1] if kinds and first == OUT_OF_SCOPE else None
        return ranking, kind, signs

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the model as arrays that ``numpy.savez`` writes without pickling."""
        return {
            **self.near.to_arrays(),
            "answers": self.answers,
            "calibration": self.calibration,
            **self.views.to_arrays(),
            **(under("leaning", self.leaning.to_arrays()) if self.leaning else {}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> TopicModel:
        """Rebuild a model from `to_arrays`."""
        answers, calibration = arrays["answers"].astype(np.int32), np.asarray(arrays["calibration"], np.float32)
        leaning = Leaning.from_arrays(within("leaning", arrays))
        return cls(Views.from_arrays(arrays), Neighbours.from_arrays(arrays), answers, calibration, leaning)


def _topic(label: str) -> str:
    return label.split(":")[0]


def _calibrate(signs: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=500)
    model.fit(signs, right)
    return np.concatenate([model.coef_[0], model.intercept_]).astype(np.float32)
