"""The engine without TensorFlow: definitions pass, use fails loudly, answers stay the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bot.settings import ROOT

USES = {
    "calling a class": "tf.keras.layers.Dense(3)",
    "calling a function by keyword": "tf.random.uniform(shape=(2, 2))",
    "a constant made of numbers": "tf.constant([1.0])",
    "a session": "tf.compat.v1.Session()",
    "a wrapped value": "tf.convert_to_tensor('x')",
}
SAME = ("can i see the doctor without my mum im 14", "what about when im 16", "gp near SW1A 1AA", "i want to die", "asdf")


def run(code: str) -> subprocess.CompletedProcess[str]:
    before = "from bot import without_tensorflow as w; w.install(); import tensorflow as tf\n"
    return subprocess.run([sys.executable, "-c", before + code], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_using_tensorflow_fails_by_name_and_names_the_way_out(use: str) -> None:
    done = run(use)
    assert done.returncode == 1
    assert "TensorFlowMissing: tensorflow." in done.stderr
    assert "OWNIT_TENSORFLOW=1" in done.stderr


def test_classes_may_be_named_subclassed_and_decorated() -> None:
    code = (
        "class Layer(tf.keras.layers.Layer):\n"
        "    @tf.function\n"
        "    def call(self, x: tf.Tensor) -> tf.Tensor | None:\n"
        "        return x\n"
        "print(Layer.__mro__[1].__qualname__, Layer.call(None, 3))"
    )
    done = run(code)
    assert done.stdout.split() == ["tensorflow.keras.layers.Layer", "3"], done.stderr


def test_a_class_made_of_a_stand_in_cannot_be_used_either() -> None:
    done = run("class Layer(tf.keras.layers.Layer): pass\nLayer()")
    assert "TensorFlowMissing" in done.stderr


@pytest.mark.engine
def test_a_pipeline_that_needs_tensorflow_is_refused() -> None:
    done = run(
        "from rasa.nlu.classifiers.diet_classifier import DIETClassifier\n"
        "from rasa.utils.tensorflow.models import RasaModel\n"
        "RasaModel(name='x')"
    )
    assert "TensorFlowMissing" in done.stderr


@pytest.mark.engine
def test_the_engine_gives_the_same_answers_with_and_without_tensorflow() -> None:
    with_it, without = _answers("1"), _answers("0")
    assert with_it == without
    assert [a["topic"] for a in without[:2]] == ["own_it_3_seen_alone"] * 2


def _answers(tensorflow: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "ask", "--json"],
        input="\n".join(SAME) + "\n",
        env={**os.environ, "OWNIT_TENSORFLOW": tensorflow},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        del answer["ms"]
    return answers
