"""Print what each bar of ``data/safety/thresholds.yml`` would do, by cross-validation on data/safety alone.

Every example is judged by a classifier that was trained without it, as a whole message: its parts and
clauses are listened to one by one and the phrase rules count too. The held-out lines of tests/safety
take no part. Run it after a change of the examples: ``.venv/bin/python -m scripts.danger_bars``.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from bot.nlu.corpus import Corpus
from bot.nlu.danger import DangerClassifier
from bot.nlu.encoder import shared_encoder
from bot.nlu.finding import ANY, CRISIS, SAFE
from bot.nlu.phrases import SafetyRules
from bot.nlu.regression import Floats
from bot.nlu.safety import Thresholds
from bot.nlu.training import Example, ordinary, read_dangers, read_questions, train_speller
from bot.nlu.understand import Parsed, spell
from bot.nlu.wording import read_alike
from bot.settings import ROOT

FOLDS = 4
BARS = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def main() -> None:
    """Print the tables."""
    content = ROOT / "data"
    questions = read_questions(content)
    dangers = read_dangers(content)
    examples = [*dangers, *((text, SAFE) for text in ordinary(questions))]
    scores = held_out_scores(examples, questions)
    rules = SafetyRules.load(content / "safety")
    found = [rules.find(text) for text, _ in examples]
    doubt = Thresholds.load(content / "safety").doubt
    by_rule = np.array([bool(f) and f.tier == CRISIS and (f.sure or p >= doubt) for f, p in zip(found, scores, strict=True)])
    kinds = np.array([kind for _, kind in examples])
    danger, hard = kinds != SAFE, (kinds == SAFE) & (np.arange(len(kinds)) < len(dangers))
    groups = {"danger": danger, "hard negatives": hard, "ordinary": ~danger & ~hard}
    print(f"{'bar':>6}" + "".join(f"{name:>18}" for name in groups) + "   (share at or over the bar, rules included)")
    for bar in BARS:
        over = (scores >= bar) | by_rule
        print(f"{bar:>6.2f}" + "".join(f"{over[rows].mean():>18.1%}" for rows in groups.values()))
    print(f"\n{'kind':<22}{'n':>5}{'rules':>8}" + "".join(f"{bar:>8.2f}" for bar in BARS))
    for kind in sorted(set(kinds) - {SAFE}):
        rows = kinds == kind
        shares = [((scores >= bar) | by_rule)[rows].mean() for bar in BARS]
        print(f"{kind:<22}{rows.sum():>5}{by_rule[rows].mean():>8.0%}" + "".join(f"{share:>8.0%}" for share in shares))


def held_out_scores(examples: Sequence[Example], questions: Sequence[Example]) -> Floats:
    """Return, for each example, the probability of danger by a classifier that never saw it."""
    encoder, alike = shared_encoder(), read_alike(ROOT / "data" / "spelling.yml")
    speller = train_speller(questions, ROOT / "data")
    heard = []
    for text, _ in examples:
        spell(parsed := Parsed(text), speller)
        heard.append([*parsed.mended, *parsed.clauses])
    labels = [kind for _, kind in examples]
    # By a hash, so that a new example moves no other one into another fold.
    fold = np.array([zlib.crc32(text.encode()) % FOLDS for text, _ in examples])
    scores = np.zeros(len(examples), np.float32)
    for held in range(FOLDS):
        rest = np.flatnonzero(fold != held)
        whole = [heard[i][0] for i in rest]
        corpus = Corpus.of(whole, encoder.encode_many(whole), alike)
        classifier = DangerClassifier.train(corpus, [labels[i] for i in rest])
        for i in np.flatnonzero(fold == held):
            scores[i] = classifier.hear(encoder.encode_many(heard[i]), heard[i]).score()[ANY]
    return scores


if __name__ == "__main__":
    main()
