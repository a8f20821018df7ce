"""Try the cluster on this machine: ``make cluster-test``.

Redis, nginx with ``deploy/nginx.conf``, two fronts, two engines and two action servers are started on free
ports. Then people write through nginx as the web chat does (a message that gets no answer is sent again
under its id) while replicas move, are killed, restarted, and Redis goes and comes back.
Ends with 1 when a message was lost, answered twice or answered with an apology where it must not be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bot.processes import Process, actions_process, engine_process, free_port, front_process
from bot.ring import Ring
from bot.settings import ROOT, Settings

PEOPLE = 5
PAUSE = 0.1  # seconds between an answer and the next message: the trials are about faults, not about speed
EACH = 6  # messages of a conversation; the store keeps so many turns, so that they can be counted
QUESTIONS = {
    "can i see the doctor without my mum": "own_it_3_seen_alone",
    "will my parents be told": "own_it_4_parents_told",
    "what does consent mean": "define_consent",
    "how do i register with a gp": "gp_register",
    "can i book my own appointment": "own_it_2_appointments",
    "what does confidentiality mean": "define_confidentiality",
}
PATIENCE = 20.0  # seconds that a person goes on sending one message again


class Failed(Exception):
    """Something that must not happen did."""


@dataclass
class Replica:
    """One process of the cluster that can be killed and started again."""

    name: str
    process: Process
    url: str
    log: Path
    probe: str = "/"
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.process.command, env=dict(self.process.env), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.running
        self.running.send_signal(number)

    async def ends(self, within: float = 20) -> float:
        """Wait for its end and return the seconds that took."""
        start = time.monotonic()
        while self.running and self.running.poll() is None:
            if time.monotonic() - start > within:
                raise Failed(f"{self.name} did not end within {within:.0f} s")
            await asyncio.sleep(0.02)
        return time.monotonic() - start

    async def up(self, within: float = 180) -> float:
        """Wait until it answers and return the seconds that took."""
        start = time.monotonic()
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while time.monotonic() - start < within:
                if self.running and self.running.poll() is not None:
                    raise Failed(f"{self.name} ended with status {self.running.returncode}")
                try:
                    if (await client.get(self.url + self.probe)).status_code == 200:
                        return time.monotonic() - start
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        raise Failed(f"{self.name} was not up within {within:.0f} s")


@dataclass
class Tally:
    """What happened to the messages of a load."""

    sent: int = 0
    again: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    slowest: float = 0.0
    conversations: list[tuple[str, int]] = field(default_factory=list)  # person, messages

    def line(self) -> str:
        """Return it in one line."""
        return (
            f"{self.sent} messages, {self.again} sent again, {self.lost} lost, {dict(self.outcomes)}, "
            f"slowest {self.slowest * 1000:.0f} ms"
        )

    def check(self, sorry: bool = False) -> None:
        """Fail when something was lost, answered wrongly or, unless ``sorry`` is allowed, with an apology."""
        if self.lost or self.wrong or (self.outcomes["sorry"] and not sorry) or not self.sent:
            raise Failed(f"{self.line()}; wrong: {self.wrong[:3]}")


class Person:
    """Somebody at the web chat: sends a message again, under its id, until it is answered."""

    def __init__(self, url: str, number: int, tally: Tally | None = None) -> None:
        """Write to ``url`` from an address of one's own, so that nobody meets another's limit."""
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.{1 + number // 250}.{1 + number % 250}")
        self._http = httpx.AsyncClient(base_url=url, transport=transport, timeout=10, trust_env=False)
        self.tally, self.token = tally or Tally(), ""

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self.token.partition(".")[0]

    async def begin(self) -> None:
        """Begin a conversation."""
        self.token = (await self._post("/api/session", {}))["session"]["token"]

    async def says(self, text: str) -> dict[str, Any]:
        """Return the turn that a message gets."""
        body = {"id": secrets.token_hex(8), "text": text}
        start = time.monotonic()
        self.tally.sent += 1
        answer = await self._post("/api/message", body)
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - start)
        self.token = answer["session"]["token"]
        turn: dict[str, Any] = answer["turn"]
        self.tally.outcomes[turn["outcome"]] += 1
        return turn

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
                answer = await self._http.post(path, json=body, headers=headers)
                if answer.status_code in (200, 201):
                    said: dict[str, Any] = answer.json()
                    return said
            except httpx.HTTPError:
                pass
            self.tally.again += 1
            await asyncio.sleep(0.3)
        self.tally.lost += 1
        raise Failed("a message got no answer")

    async def leaves(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class Cluster:
    """Everything of ``deploy/compose.yml``, on free ports of this machine."""

    def __init__(self, folder: Path) -> None:
        """Prepare the replicas; nothing is started."""
        self.folder = folder
        self.redis_port, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        shared = {
            "OWNIT_KEY": secrets.token_hex(32),
            "OWNIT_CLUSTER_SECRET": secrets.token_hex(32),
            "OWNIT_PROXIES": "127.0.0.1",
            "OWNIT_GP_FETCH": "off",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "TELEGRAM_BOT_TOKEN": "",
        }
        pairs = [{"actions": free_port(), "engine": free_port(), "front": free_port()} for _ in range(2)]
        urls = ",".join(f"http://127.0.0.1:{p['engine']}" for p in pairs)
        self.ring = Ring(urls.split(","))
        self.replicas: dict[str, Replica] = {}
        for number, ports in enumerate(pairs):
            settings = Settings(
                {
                    **os.environ,
                    **shared,
                    "OWNIT_VAR": str(folder / f"var-{number}"),
                    "OWNIT_PORT": str(ports["front"]),
                    "OWNIT_ENGINE_PORT": str(ports["engine"]),
                    "OWNIT_ACTIONS_PORT": str(ports["actions"]),
                    "OWNIT_ENGINE_URL": urls,
                }
            )
            for role, make, probe in (
                ("actions", actions_process, "/health"),
                ("engine", engine_process, "/"),
                ("front", front_process, "/health/ready"),
            ):
                name = f"{role}-{number}"
                log = folder / f"{name}.log"
                self.replicas[name] = Replica(name, make(settings), f"http://127.0.0.1:{ports[role]}", log, probe)
        self.replicas["redis"] = self._redis()
        self.replicas["nginx"] = self._nginx(pairs)

    def _redis(self) -> Replica:
        where = ("--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder))
        command = ("redis-server", *where, "--save", "", "--appendonly", "no")
        return Replica("redis", Process("redis", command, dict(os.environ)), "", self.folder / "redis.log")

    def _nginx(self, pairs: list[dict[str, int]]) -> Replica:
        config = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for number, ports in enumerate(pairs):
            config = config.replace(f"front-{number}:8080", f"127.0.0.1:{ports['front']}")
        config = config.replace("listen 8080", f"listen 127.0.0.1:{self.port}").replace(" /tmp/", f" {self.folder}/")
        path = self.folder / "nginx.conf"
        path.write_text(f"daemon off;\n{config}", encoding="utf-8")
        command = ("nginx", "-e", "stderr", "-c", str(path))
        process = Process("nginx", command, dict(os.environ))
        return Replica("nginx", process, self.url, self.folder / "nginx.log", "/health/ready")

    async def start(self) -> float:
        """Start everything and return the seconds until nginx passes on a ready front."""
        start = time.monotonic()
        for replica in self.replicas.values():
            replica.start()
        for name in ("actions-0", "actions-1", "engine-0", "engine-1", "front-0", "front-1", "nginx"):
            await self.replicas[name].up()
        return time.monotonic() - start

    def stop(self) -> None:
        """End everything that was started."""
        started = [r.running for r in self.replicas.values() if r.running]
        for process in started:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in started:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def home(self, person: str) -> Replica:
        """Return the engine that a conversation belongs to."""
        url = self.ring.order(person)[0]
        return next(r for r in self.replicas.values() if r.url == url)

    def events(self) -> dict[str, int]:
        """Return what the replicas logged, but for answered messages: event, and how often."""
        lines = [line for log in self.folder.glob("*-*.log") for line in log.read_text().splitlines() if line[:1] == "{"]
        said = [json.loads(line) for line in lines]
        return dict(Counter(" ".join((e["event"], e.get("why", ""))).strip() for e in said if e["event"] != "message"))

    def stored(self) -> dict[str, str]:
        """Return everything that Redis holds."""
        import redis

        client = redis.Redis(port=self.redis_port, decode_responses=True)
        return {key: str(client.get(key)) for key in client.scan_iter(count=1000)}

    @asynccontextmanager
    async def load(self) -> AsyncIterator[Tally]:
        """Let people write as long as the block lasts; every message is answered before it ends."""
        tally, over = Tally(), asyncio.Event()
        people = [asyncio.create_task(self._write(n, tally, over)) for n in range(PEOPLE)]
        await asyncio.sleep(1)
        try:
            yield tally
            await asyncio.sleep(1)
        finally:
            over.set()
            await asyncio.gather(*people)

    async def _write(self, number: int, tally: Tally, over: asyncio.Event) -> None:
        asked = cycle(list(QUESTIONS.items())[number:] + list(QUESTIONS.items())[:number])
        address = number
        while not over.is_set():
            person = Person(self.url, address, tally)
            address += PEOPLE
            await person.begin()
            sent = 0
            while sent < EACH and not over.is_set():
                text, topic = next(asked)
                turn = await person.says(text)
                sent += 1
                await asyncio.sleep(PAUSE)
                if turn["outcome"] != "sorry" and turn["topic"] != topic:
                    tally.wrong.append(f"{topic} got {turn['topic']}")
            tally.conversations.append((person.id, sent))
            await person.leaves()


async def moves_between_replicas(cluster: Cluster) -> str:
    """A conversation goes on, with its age and its topic, when its engine is gone."""
    person = Person(cluster.url, 1)
    await person.begin()
    first = await person.says("im 14 can i see the doctor without my mum")
    home = cluster.home(person.id)
    home.signal(signal.SIGTERM)
    seconds = await home.ends()
    second = await person.says("why?")
    third = await person.says("what about when im 16?")
    home.start()
    await home.up()
    fourth = await person.says("can i book my own appointment")
    seen = [(t["topic"], t["age_band"]) for t in (first, second, third, fourth)]
    alone, book = "own_it_3_seen_alone", "own_it_2_appointments"
    if seen != [(alone, "13-15"), (alone, "13-15"), (alone, "16-17"), (book, "13-15")]:
        raise Failed(f"the conversation lost its thread: {seen}")
    await person.leaves()
    return f"{home.name} ended in {seconds:.1f} s; topic and age went on in the other one and back"


def kill(name: str) -> Callable[[Cluster], Any]:
    """Return the trial that kills one replica with -9 under load and starts it again."""

    async def trial(cluster: Cluster) -> str:
        replica = cluster.replicas[name]
        async with cluster.load() as tally:
            replica.signal(signal.SIGKILL)
            await replica.ends()
            await asyncio.sleep(1)
            replica.start()
            seconds = await replica.up()
        tally.check()
        return f"{tally.line()}; {noted(cluster, tally)}; up again after {seconds:.1f} s"

    return trial


def noted(cluster: Cluster, tally: Tally) -> str:
    """Return how many messages the store noted once, and how many twice because a replica died after noting one."""
    stored, twice, missing = cluster.stored(), 0, 0
    for person, sent in tally.conversations:
        events = json.loads(stored.get(f"ownit:{person}", "[]"))
        turns = sum(e["event"] == "bot" for e in events)
        twice, missing = twice + max(0, turns - sent), missing + max(0, sent - turns)
    return f"{missing} turns missing in the store, {twice} noted twice"


async def redis_goes_and_comes(cluster: Cluster) -> str:
    """Without Redis the bot answers without context; when Redis is back it remembers again."""
    redis = cluster.replicas["redis"]
    async with cluster.load() as tally:
        redis.signal(signal.SIGTERM)
        await redis.ends()
        person = Person(cluster.url, 2)
        await person.begin()
        await person.says("im 14")
        without = (await person.says("can i book my own appointment"))["age_band"]
        redis.start()
        start = time.monotonic()
        while (await person.says("im 14"), await person.says("can i book my own appointment"))[1]["age_band"] != "13-15":
            if time.monotonic() - start > 10:
                raise Failed("it does not remember again")
            await asyncio.sleep(0.3)
            await person.begin()
        seconds = time.monotonic() - start
        await person.leaves()
    tally.check()
    if without is not None:
        raise Failed("context came from nowhere")
    return f"{tally.line()}; remembers again {seconds:.1f} s after Redis came back"


async def redis_hangs(cluster: Cluster) -> str:
    """A Redis that hangs slows answers down and stops none."""
    redis = cluster.replicas["redis"]
    async with cluster.load() as tally:
        redis.signal(signal.SIGSTOP)
        await asyncio.sleep(4)
        redis.signal(signal.SIGCONT)
    tally.check()
    return tally.line()


async def rolling_restart(cluster: Cluster) -> str:
    """Every replica is restarted in turn with SIGTERM and nothing is lost."""
    times = {}
    async with cluster.load() as tally:
        for name in ("actions-0", "actions-1", "engine-0", "engine-1", "front-0", "front-1"):
            replica = cluster.replicas[name]
            replica.signal(signal.SIGTERM)
            times[name] = await replica.ends()
            replica.start()
            await replica.up()
    tally.check()
    return f"{tally.line()}; {noted(cluster, tally)}; ended within {max(times.values()):.1f} s; {cluster.events()}"


async def strangers_are_refused(cluster: Cluster) -> str:
    """Engine and action server answer nobody without the secret."""
    async with httpx.AsyncClient(trust_env=False) as client:
        engine = await client.post(f"{cluster.replicas['engine-0'].url}/webhooks/rest/webhook", json={"message": "hi"})
        action = await client.post(f"{cluster.replicas['actions-0'].url}/webhook", json={})
        outside = await client.get(f"{cluster.url}/metrics")
    statuses = (engine.status_code, action.status_code, outside.status_code)
    if statuses != (403, 403, 404):
        raise Failed(f"answered {statuses}")
    return "engine 403, action server 403, /metrics 404"


TRIALS: tuple[tuple[str, Callable[[Cluster], Any]], ...] = (
    ("strangers are refused inside", strangers_are_refused),
    ("a conversation moves between engines", moves_between_replicas),
    ("an engine is killed under load", kill("engine-0")),
    ("a front is killed under load", kill("front-1")),
    ("an action server is killed under load", kill("actions-0")),
    ("Redis is stopped and started under load", redis_goes_and_comes),
    ("Redis hangs for 4 s under load", redis_hangs),
    ("every replica is restarted in turn under load", rolling_restart),
)


async def run(folder: Path, only: str) -> int:
    """Run the trials, print what happened, and return how many failed."""
    cluster, failures = Cluster(folder), 0
    chosen = [(title, trial) for title, trial in TRIALS if only in title]
    try:
        print(f"Two of each, Redis and nginx are ready after {await cluster.start():.1f} s.", flush=True)
        for title, trial in chosen:
            try:
                print(f"ok      {title}: {await trial(cluster)}", flush=True)
            except Failed as failure:
                failures += 1
                print(f"FAILED  {title}: {failure}; logged: {cluster.events()}", flush=True)
    finally:
        cluster.stop()
    print(f"{len(chosen) - failures} passed, {failures} failed")
    return failures


def main() -> int:
    """Run the trials where Redis and nginx are installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run the trials whose title holds this")
    only = parser.parse_args().only
    missing = [name for name in ("redis-server", "nginx") if not shutil.which(name)]
    if missing:
        print(f"Needed and not here: {', '.join(missing)}. Debian: apt install {' '.join(missing)}", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        return 1 if asyncio.run(run(Path(folder), only)) else 0


if __name__ == "__main__":
    sys.exit(main())
