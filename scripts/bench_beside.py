"""What `scripts.bench` measures beside the web chat of one replica: two replicas, Telegram, and a stock Rasa bot.

The stock bot is what ``rasa init`` of the same version writes: the default pipeline (DIET, TED), a few dozen
questions. It is asked over Rasa's own REST channel, with no front, so its figures leave out what a front costs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bot.processes import free_port
from bot.stack import wait_until_up
from scripts.cluster_test import Cluster
from tests.telegram_fake import FakeTelegram

_FIRST_CHAT = 800_000
_STOCK_QUESTIONS = ("hey", "i'm feeling great today", "my day was horrible", "are you a bot?", "yes that helped", "bye")


@dataclass
class Stock:
    """A stock Rasa bot that runs: its address, its process id, and the seconds it took to start."""

    url: str
    pid: int
    seconds: float


@contextmanager
def two_replicas() -> Iterator[str]:
    """Run two of everything behind nginx, with Redis, and yield the address."""
    with TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder))
        try:
            asyncio.run(cluster.start())
            yield cluster.url
        finally:
            cluster.stop()


def telegram_times(telegram: FakeTelegram, questions: Sequence[str]) -> list[float]:
    """Return milliseconds from a message on Telegram to the bot's first answer there, one after another."""
    times = []
    for number, text in enumerate(questions):
        chat = _FIRST_CHAT + number
        said = time.monotonic()
        telegram.says(chat, text)
        times.append((telegram.answers(chat, seconds=30)[0].at - said) * 1000)
        # Telegram takes 30 messages a second, and an answer may be several.
        time.sleep(0.1)
    return times


@contextmanager
def stock_rasa() -> Iterator[Stock]:
    """Make, train and run the bot of ``rasa init`` in a folder of its own."""
    env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    rasa = (sys.executable, "-m", "rasa")
    with TemporaryDirectory() as folder:
        subprocess.run([*rasa, "init", "--no-prompt", "--init-dir", folder], env=env, check=True, capture_output=True)
        port = free_port()
        start = time.monotonic()
        command = [*rasa, "run", "--interface", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_up(url, process)
            httpx.post(f"{url}/webhooks/rest/webhook", json={"sender": "probe", "message": "hey"}, timeout=60)
            yield Stock(url, process.pid, time.monotonic() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


async def stock_person(url: str, number: int, count: int) -> list[float]:
    """Write ``count`` messages to a stock bot and return the milliseconds of each."""
    times = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        for sent in range(count):
            body = {"sender": f"bench-{number}", "message": _STOCK_QUESTIONS[sent % len(_STOCK_QUESTIONS)]}
            start = time.perf_counter()
            (await client.post("/webhooks/rest/webhook", json=body)).raise_for_status()
            times.append((time.perf_counter() - start) * 1000)
    return times
