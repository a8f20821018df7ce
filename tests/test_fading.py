"""What is held for a while: it goes by itself, the oldest first, and with nobody writing."""

from __future__ import annotations

from bot.fading import Fading, sweep_all


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_gone_when_its_time_is_over_and_putting_it_again_begins_anew() -> None:
    clock = Clock()
    held: Fading[str, int] = Fading(10, 30, clock)
    held.put("a", 1)
    held.put("b", 2)
    clock.now = 20
    held.put("a", 3)
    clock.now = 30
    assert (held.get("a"), held.get("b")) == (3, None)
    assert "b" not in held
    assert len(held) == 1


def test_over_the_bound_the_longest_untouched_goes_first() -> None:
    held: Fading[str, int] = Fading(2, 30, Clock())
    for key in ("a", "b", "a", "c"):
        held.put(key, 0)
    assert held.keys() == ["a", "c"]
    held.drop("a")
    held.drop("nobody")
    assert held.keys() == ["c"]


def test_a_sweep_reaches_everything_that_is_held_in_this_process() -> None:
    clock = Clock()
    one, other = Fading(10, 30, clock), Fading(10, 60, clock)  # type: tuple[Fading[str, int], Fading[str, int]]
    for held in (one, other):
        held.put("a", 1)
    clock.now = 45
    sweep_all()
    assert not vars(one)["_kept"]
    assert vars(other)["_kept"]
