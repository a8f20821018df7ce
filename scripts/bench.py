"""Print speed and memory: ``make bench``. Medians over many messages, all taken in one run.

Parts: training, start to ready, classify alone (and what the safety check adds), doorway to reply, web
round trip with 1, 8 and 32 people at once, memory at start and after thousands of conversations, the
directory of surgeries (its list: ``OWNIT_GP_FILE``), then what `scripts.bench_beside` sets beside
them: two replicas, Telegram, and the bot of ``rasa init``.
Figures hold for a machine that does nothing else. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bot.commands.evaluate import read_questions
from bot.doorway import Doorway
from bot.engine import Engine
from bot.messages import Incoming
from bot.processes import free_port, newest_model
from bot.settings import ROOT, Settings
from bot.stack import wait_until_up
from scripts.bench_beside import stock_person, stock_rasa, telegram_times, two_replicas
from tests.telegram_fake import FakeTelegram

Person = Callable[[int, Iterator[str], int], Awaitable[list[float]]]
Put = Callable[[str, str, float], None]
MESSAGES = 300  # for each latency
PER_SESSION = 25  # under the limit of 30 a minute
CROWDS = (1, 8, 32)
BARS = {
    "training": ("s", 30),
    "start to ready": ("s", 6),
    "classify, p50": ("ms", 15),
    "safety check's share, p50": ("ms", 2),
    "web round trip, 1 at once, p50": ("ms", 20),
    "web round trip, 1 at once, p99": ("ms", 40),
    "web round trip, 8 at once, p99": ("ms", 200),
    "directory of surgeries, opening": ("s", 1),
    "directory of surgeries, memory": ("MiB", 60),
    "look-up of surgeries, p50": ("ms", 10),
    "memory of the engine at start": ("MiB", 700),
    "memory of all three at start": ("MiB", 900),
    "growth of all three meanwhile": ("%", 5),
    "messages a second, 8 at once": ("/s", 80),  # at least
}


@dataclass
class Running:
    """A bot that ``ownit run`` started: its address, its processes, and the seconds it took."""

    url: str
    settings: Settings
    processes: dict[str, int]
    seconds: float

    def resident(self) -> dict[str, float]:
        """Return each process's resident memory in MiB."""
        return {name: _resident(pid) for name, pid in self.processes.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000, help="held before memory is read again (0: none)")
    parser.add_argument("--starts", type=int, default=3, help="how often the bot is started")
    parser.add_argument("--alone", action="store_true", help="leave out two replicas, Telegram and the stock Rasa bot")
    arguments = parser.parse_args()
    questions = [text for text, _ in read_questions(None)]
    figures: dict[str, float] = {}

    def put(name: str, unit: str, value: float) -> None:
        bar, figures[name] = BARS.get(name), value
        print(f"  {name:<46}{value:>9.1f} {unit:<4}" + (f"  (bar {bar[1]})" if bar else ""), flush=True)

    print("Own It", flush=True)
    put("training", "s", seconds_to_train())
    for name, value in classify_alone(questions).items():
        put(name, "ms", value)
    put("start to ready", "s", statistics.median(seconds_to_ready(arguments.starts)))
    with own_it() as bot:
        measure(bot, questions, arguments.conversations, put)
    measure_directory(put)
    if not arguments.alone:
        measure_beside(questions, figures, put)


def measure(bot: Running, questions: Sequence[str], conversations: int, put: Put) -> None:
    """Measure a running bot."""
    before = bot.resident()
    put("memory of the engine at start", "MiB", before["engine"])
    put("memory of all three at start", "MiB", sum(before.values()))
    texts = no_echo(questions)
    times = asyncio.run(doorway_times(bot, texts))
    put("doorway to reply, p50", "ms", percentile(times, 50))
    for people in CROWDS:
        put_crowd(f"{people} at once", people, partial(_web_person, bot.url), texts, put)
    if conversations:
        asyncio.run(hold_conversations(bot, questions, conversations))
        after = bot.resident()
        put(f"memory of the engine after {conversations:,} conversations", "MiB", after["engine"])
        put(f"memory of all three after {conversations:,} conversations", "MiB", sum(after.values()))
        put("growth of all three meanwhile", "%", 100 * (sum(after.values()) / sum(before.values()) - 1))


def measure_directory(put: Put) -> None:
    """Measure the directory of surgeries in a process of its own (`scripts.bench_gp`)."""
    done = subprocess.run([sys.executable, "-m", "scripts.bench_gp"], cwd=ROOT, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    put("surgeries listed", "", figures["surgeries"])
    put("directory of surgeries, opening", "s", figures["open_seconds"])
    put("directory of surgeries, memory", "MiB", figures["mebibytes"])
    if figures["surgeries"]:
        put("look-up of surgeries, p50", "ms", figures["look_up_p50_ms"])


def measure_beside(questions: Sequence[str], ours: Mapping[str, float], put: Put) -> None:
    """Measure two replicas, Telegram and a stock Rasa bot, the last beside our figures of the same run."""
    texts = no_echo(questions)
    print("Two replicas behind nginx, with Redis", flush=True)
    with two_replicas() as url:
        for people in CROWDS:
            put_crowd(f"{people} at once, two replicas", people, partial(_web_person, url), texts, put)
    print("Telegram, by polling a fake of it", flush=True)
    with FakeTelegram() as telegram:
        with own_it(TELEGRAM_BOT_TOKEN=telegram.token, TELEGRAM_API_URL=telegram.url):
            times = telegram_times(telegram, _spread(questions, MESSAGES // 3))
        put("Telegram round trip, p50", "ms", percentile(times, 50))
    print("The bot of `rasa init`, over REST", flush=True)
    with stock_rasa() as stock:
        put("stock: start to ready", "s", stock.seconds)
        put("stock: memory at start", "MiB", _resident(stock.pid))
        for people in CROWDS[:2]:
            put_crowd(f"{people} at once, stock", people, partial(_stock_person, stock.url), texts, put)
        put("stock / ours: start to ready", "×", stock.seconds / ours["start to ready"])
        put("stock / ours: memory", "×", _resident(stock.pid) / ours["memory of all three at start"])


def put_crowd(label: str, people: int, person: Person, texts: Iterator[str], put: Put) -> None:
    """Let ``people`` write at once and print latencies and messages a second."""
    times, rate = asyncio.run(crowd(people, person, texts))
    put(f"web round trip, {label}, p50", "ms", percentile(times, 50))
    put(f"web round trip, {label}, p99", "ms", percentile(times, 99))
    put(f"messages a second, {label}", "/s", rate)


def seconds_to_train() -> float:
    """Train once, even though nothing changed, without Rasa's cache."""
    with TemporaryDirectory() as cache:
        start = time.monotonic()
        env = {**os.environ, "RASA_CACHE_DIRECTORY": cache}
        command = [sys.executable, "-m", "bot.cli", "train", "--force"]
        subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
        return time.monotonic() - start


def classify_alone(questions: Sequence[str]) -> dict[str, float]:
    """Return milliseconds to understand a message in one thread, and the safety check's share of them."""
    code = (
        "import json,sys,time\n"
        "from pathlib import Path\n"
        "from bot.nlu import understand as u\n"
        "from bot.nlu.encoder import shared_encoder\n"
        "from bot.nlu.pipeline import Pipeline\n"
        "p = Pipeline.load(Path(sys.argv[1]), Path('data')); e = shared_encoder(); rows = []\n"
        "for text in json.load(sys.stdin):\n"
        "    parsed = u.Parsed(text); t0 = time.perf_counter()\n"
        "    u.spell(parsed, p.speller); u.encode(parsed, e); t1 = time.perf_counter()\n"
        "    u.look(parsed, p.rules); t2 = time.perf_counter(); u.classify(parsed, p.topics)\n"
        "    u.classify_foreign(parsed, p.foreign); t3 = time.perf_counter()\n"
        "    u.check_safety(parsed, p.rules, p.danger, p.bars); t4 = time.perf_counter(); u.conclude(parsed, p.bar)\n"
        "    rows.append((time.perf_counter() - t0, t2 - t1 + t4 - t3))\n"
        "print(json.dumps(rows[20:]))"
    )
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    chosen = json.dumps(_spread(questions, MESSAGES + 20))
    command = [sys.executable, "-c", code, str(newest_model())]
    done = subprocess.run(command, input=chosen, capture_output=True, text=True, cwd=ROOT, env=env, check=True)
    rows = json.loads(done.stdout)
    whole, safety = ([row[i] * 1000 for row in rows] for i in (0, 1))
    return {
        "classify, p50": percentile(whole, 50),
        "classify, p99": percentile(whole, 99),
        "safety check's share, p50": percentile(safety, 50),
    }


def seconds_to_ready(times: int) -> list[float]:
    """Return the seconds from the command to the first answered probe, of each start."""
    seconds = []
    for _ in range(times):
        with own_it() as bot:
            seconds.append(bot.seconds)
    return seconds


@contextmanager
def own_it(**extra: str) -> Iterator[Running]:
    """Run the bot as ``make run`` does, on free ports, in a folder of its own; ``extra`` goes into its environment."""
    with TemporaryDirectory() as var:
        names = ("OWNIT_PORT", "OWNIT_ENGINE_PORT", "OWNIT_ACTIONS_PORT")
        ports = {name: str(free_port()) for name in names}
        env = {**os.environ, **ports, "OWNIT_VAR": var, "OWNIT_GP_FETCH": "off", "TELEGRAM_BOT_TOKEN": "", **extra}
        settings = Settings.from_env(env)
        url = f"http://127.0.0.1:{settings.port}"
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_until_up(f"{url}/health/ready", process)
            seconds = time.monotonic() - start
            yield Running(url, settings, _children(process.pid), seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


async def doorway_times(bot: Running, texts: Iterator[str]) -> list[float]:
    """Return milliseconds from a message at the doorway to its reply, one after another."""
    engine = Engine(bot.settings.engine_url)
    doorway = Doorway(bot.settings, engine, limited=False)
    times = []
    for number, text in enumerate(islice(texts, MESSAGES)):
        start = time.perf_counter()
        await doorway.handle(Incoming(f"bench-{number // 5}", "web", text=text))
        times.append((time.perf_counter() - start) * 1000)
    await engine.close()
    return times


async def crowd(people: int, person: Person, texts: Iterator[str]) -> tuple[list[float], float]:
    """Let ``people`` write at once; return the milliseconds of each message, and messages a second."""
    each = max(PER_SESSION, MESSAGES // people)
    start = time.perf_counter()
    lists = await asyncio.gather(*(person(number, texts, each) for number in range(people)))
    seconds = time.perf_counter() - start
    times = [t for one in lists for t in one]
    return times, len(times) / seconds


async def _web_person(url: str, number: int, texts: Iterator[str], count: int) -> list[float]:
    # An address each, so that nobody meets the limit that keeps strangers from flooding.
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.{1 + number // 250}.{1 + number % 250}")
    times, token = [], ""
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=30) as client:
        for sent in range(count):
            if sent % PER_SESSION == 0:
                token = (await client.post("/api/session", json={})).json()["session"]["token"]
            body = {"id": secrets.token_hex(8), "text": next(texts)}
            start = time.perf_counter()
            answer = await client.post("/api/message", json=body, headers={"Authorization": f"Bearer {token}"})
            times.append((time.perf_counter() - start) * 1000)
            token = answer.raise_for_status().json()["session"]["token"]
    return times


async def _stock_person(url: str, number: int, _: Iterator[str], count: int) -> list[float]:
    return await stock_person(url, number, count)


async def hold_conversations(bot: Running, questions: Sequence[str], count: int) -> None:
    """Hold ``count`` conversations of one message each, eight at a time; progress is shown."""
    engine = Engine(bot.settings.engine_url)
    doorway = Doorway(bot.settings, engine, limited=False)
    texts, numbers = cycle(questions), iter(range(count))

    async def one() -> None:
        for number in numbers:
            await doorway.handle(Incoming(f"many-{number}", "web", text=next(texts)))
            if number % 1000 == 999:
                print(f"    {number + 1:,} conversations …", file=sys.stderr, flush=True)

    await asyncio.gather(*(one() for _ in range(8)))
    await engine.close()


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that ``percent`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def no_echo(questions: Sequence[str]) -> Iterator[str]:
    """Return questions for ever, none a second time soon: the encoder remembers its last sentences."""
    return cycle(_spread(questions, len(questions)))


def _spread(questions: Sequence[str], count: int) -> list[str]:
    """Return ``count`` questions from all over the list, in an order that does not change."""
    return [questions[(i * 997) % len(questions)] for i in range(count)]


def _children(pid: int) -> dict[str, int]:
    """Return the process ids of engine, actions and front under ``ownit run``."""
    marks = {"bot.engine_main": "engine", "actions": "actions", "bot.front": "front"}
    found = {}
    for child in _descendants(pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        module = words[words.index("-m") + 1] if "-m" in words else ""
        if module in marks:
            found[marks[module]] = child
    return found


def _descendants(pid: int) -> list[int]:
    children = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [d for c in children for d in _descendants(c)]


def _resident(pid: int) -> float:
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
