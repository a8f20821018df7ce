"""Counts for Prometheus; no label here could name a person."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.messages import Turn

REGISTRY = CollectorRegistry()
MESSAGES = Counter("ownit_messages", "Messages answered", ["channel", "outcome"], registry=REGISTRY)
TOPICS = Counter("ownit_topics", "Topics answered", ["topic"], registry=REGISTRY)
CRISES = Counter("ownit_crises", "Crisis replies by kind", ["kind"], registry=REGISTRY)
HELPFUL = Counter("ownit_helpful", "Answers marked by readers", ["answer", "helpful"], registry=REGISTRY)
SECONDS = Histogram(
    "ownit_reply_seconds",
    "From the doorway to the reply",
    ["channel"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1, 2, 4),
)
TELEGRAM_UP = Gauge("ownit_telegram_up", "1 while Telegram is connected", registry=REGISTRY)
ENGINE_UP = Gauge("ownit_engine_up", "1 while the engine answers its probe", registry=REGISTRY)
GP_LIST_DAYS = Gauge("ownit_gp_list_days", "Age of the list of GP surgeries; not a number without one", registry=REGISTRY)
GP_LIST_DAYS.set(math.nan)


def count(channel: str, turn: Turn, seconds: float) -> None:
    """Count one answered message."""
    MESSAGES.labels(channel, turn.outcome).inc()
    SECONDS.labels(channel).observe(seconds)
    for topic in turn.topics:
        TOPICS.labels(topic).inc()
    if turn.outcome == "crisis":
        CRISES.labels(turn.kind or "unknown").inc()
