"""The optional online look-up: it may fail in every way, and nobody waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from gp_helpers import StandIn

from actions.gp_directory.live import FAILURES, LEFT_ALONE_SECONDS, PostcodesOnline
from bot.logs import _JsonLines

KNOWN = {"country": "England", "latitude": 51.5, "longitude": -0.1, "codes": {"admin_district": "E09000033"}}


class Clock:
    """A clock that stands still until it is told to go on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> Iterator[StandIn]:
    stand_in = StandIn()
    stand_in.body = json.dumps({"status": 200, "result": KNOWN}).encode()
    yield stand_in
    stand_in.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def online(service: StandIn, clock: Clock) -> PostcodesOnline:
    base = service.url.split("/getReport")[0]
    return PostcodesOnline(base, timeout=(1.0, 0.3), clock=clock)


def test_a_postcode_is_found(online: PostcodesOnline) -> None:
    spot = online.postcode("W2 9ZZ")
    assert spot
    assert (spot.lat, spot.lon, spot.lad, spot.nation) == (51.5, -0.1, "E09000033", "E")


def test_a_second_question_is_answered_from_memory(service: StandIn, online: PostcodesOnline) -> None:
    assert online.postcode("W2 9ZZ") == online.postcode("W2 9ZZ")
    assert service.asked == 1


def test_nothing_in_memory_shows_a_postcode(online: PostcodesOnline) -> None:
    online.postcode("W2 9ZZ")
    assert "W2 9ZZ" not in repr(vars(online))


def test_an_unknown_postcode_is_none_and_remembered(service: StandIn, online: PostcodesOnline) -> None:
    service.status = 404
    assert online.postcode("QQ1 1AA") is None
    assert online.postcode("QQ1 1AA") is None
    assert service.asked == 1


def test_an_island_without_a_point_still_has_its_nation(service: StandIn, online: PostcodesOnline) -> None:
    island = {"country": "Channel Islands", "latitude": None, "longitude": None}
    service.body = json.dumps({"result": island}).encode()
    spot = online.postcode("JE2 3AB")
    assert spot
    assert spot.nation == "C"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"result": null}', b"[]", b"null"])
def test_nonsense_is_no_answer(service: StandIn, online: PostcodesOnline, body: bytes) -> None:
    service.body = body
    assert online.postcode("W2 9ZZ") is None


def test_one_more_attempt_follows_a_failure(service: StandIn, online: PostcodesOnline) -> None:
    service.fail_first = 1
    assert online.postcode("W2 9ZZ")
    assert service.asked == 2


def test_a_service_that_hangs_is_given_up(service: StandIn, online: PostcodesOnline) -> None:
    service.hangs = True
    assert online.postcode("W2 9ZZ") is None


def test_a_failing_service_is_left_alone_for_a_while(service: StandIn, online: PostcodesOnline, clock: Clock) -> None:
    service.status = 500
    for _ in range(FAILURES + 2):
        online.postcode("W2 9ZZ")
    asked = service.asked
    assert asked == 2 * FAILURES
    service.status = 200
    assert online.postcode("W2 9ZZ") is None
    clock.now += LEFT_ALONE_SECONDS + 1
    assert online.postcode("W2 9ZZ")


def test_a_failure_is_logged_by_its_kind_and_without_the_postcode(
    service: StandIn, online: PostcodesOnline, caplog: pytest.LogCaptureFixture
) -> None:
    service.status = 500
    online.postcode("W2 9ZZ")
    ours = "\n".join(_JsonLines().format(record) for record in caplog.records if record.name.startswith("ownit"))
    assert '"event": "postcodes_online_failed", "error": "HTTPError"' in ours
    assert "9ZZ" not in str([vars(record) for record in caplog.records])
