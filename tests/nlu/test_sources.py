import re
import shutil
from pathlib import Path

import pytest

from bot.nlu.sources import fingerprint, step_fingerprint
from bot.settings import ROOT

STEPS = ("SpellCorrector", "TopicClassifier", "ForeignListener", "SafetyDetector")


def test_the_steps_are_those_of_the_pipeline_that_learn() -> None:
    code = (ROOT / "bot" / "nlu" / "components.py").read_text(encoding="utf-8")
    assert tuple(re.findall(r"is_trainable=True\)\nclass (\w+)", code)) == STEPS


@pytest.mark.parametrize(
    ("changed", "trained"),
    [
        ("data/stories/own_it.yml", ()),
        ("data/follow_ups/own_it.yml", ("TopicClassifier", "SafetyDetector")),
        ("data/safety/suicidal_thoughts.yml", STEPS),
        ("data/nlu/own_it.yml", STEPS),
        ("bot/nlu/network.py", STEPS),
    ],
)
def test_a_change_makes_another_model_and_trains_the_steps_that_learn_from_it(
    tmp_path: Path, changed: str, trained: tuple[str, ...]
) -> None:
    for folder in ("data", "bot/nlu"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    model, before = fingerprint(tmp_path), {step: step_fingerprint(step, tmp_path) for step in STEPS}
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("\n# another line\n")
    assert fingerprint(tmp_path) != model
    assert tuple(step for step in STEPS if step_fingerprint(step, tmp_path) != before[step]) == trained
