"""Every kind of input, and what is said to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from gp_helpers import TODAY, as_csv, invented, report_row

from actions.gp_directory import Directory, Paths
from actions.gp_directory.find import NOTICES
from actions.gp_directory.postcodes import Postcodes, Spot
from bot.logs import _JsonLines

pytestmark = pytest.mark.slow

Names = Callable[..., list[str]]


def first_notice(directory: Directory, text: str, asked: bool = True) -> str:
    return directory.look_up(text, asked=asked).notices[0]


# -- places -------------------------------------------------------------------------------------


def test_a_full_postcode_gives_the_nearest_surgeries_first(directory: Directory) -> None:
    found = directory.look_up("W2 1NY")
    assert found.notices == ("gp_found", "gp_list_date", "gp_who_covers")
    assert found.precision == "postcode"
    assert found.borough == "Westminster"
    miles = [result.miles for result in found.results]
    assert len(miles) == 5
    assert miles == sorted(m for m in miles if m is not None)


@pytest.mark.parametrize("typed", ["w21ny", " W2  1NY ", "find a gp near w2 1ny please", "im at W2-1NY"])
def test_a_postcode_is_found_however_it_is_typed(directory: Directory, typed: str) -> None:
    assert directory.look_up(typed).label == "W2 1NY"


@pytest.mark.parametrize(
    ("typed", "kind", "label"),
    [
        ("W2 1", "sector", "W2 1"),
        ("nw106", "sector", "NW10 6"),
        ("W2", "outcode", "W2"),
        ("London W2", "outcode", "W2"),
        ("w1", "group", "W1"),
        ("SW1", "group", "SW1"),
        ("W2 9ZZ", "outcode", "W2"),
        ("Shepherd's Bush", "place", "Shepherds Bush"),
        ("ladbroke grove", "place", "Ladbroke Grove"),
        ("the notting hill area please", "place", "Notting Hill"),
        ("Acton, Ealing", "place", "Acton"),
    ],
)
def test_an_area_is_answered_as_an_area(directory: Directory, typed: str, kind: str, label: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert (found.kind, found.label, found.notices[0]) == (kind, label, "gp_found_area")
    assert found.results


@pytest.mark.parametrize("typed", ["ealing", "Ealing borough", "I live in Ealing", "London Borough of Ealing"])
def test_a_borough_lists_only_its_own_surgeries(directory: Directory, typed: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert found.precision == "borough"
    assert {result.borough for result in found.results} == {"Ealing"}


def test_a_town_whose_name_looks_like_an_outcode_is_the_town(directory: Directory) -> None:
    found = directory.look_up("hull", asked=True)
    assert (found.kind, found.label) == ("borough", "Kingston upon Hull")


@pytest.mark.parametrize("typed", ["H&F", "RBKC", "Kensington & Chelsea", "City of Westminster"])
def test_short_names_of_boroughs_are_known(directory: Directory, typed: str) -> None:
    assert directory.look_up(typed, asked=True).kind == "borough"


@pytest.mark.parametrize("typed", ["London", "Cornwall", "Kent", "North West London", "England"])
def test_a_place_that_is_too_wide_is_asked_for_again(directory: Directory, typed: str) -> None:
    assert first_notice(directory, typed) == "gp_too_wide"


@pytest.mark.parametrize("typed", ["Acton", "Newport", "richmond", "Newcastle", "gp surgeries in hayes"])
def test_a_name_of_several_places_asks_which(directory: Directory, typed: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert found.notices == ("gp_which_place",)
    assert len(found.choices) > 1


def test_every_choice_answers_the_question_it_came_from(directory: Directory) -> None:
    for name, places in list(directory.places.by_name.items()):
        if len(places) < 2:
            continue
        for choice in directory.look_up(name, asked=True).choices:
            assert directory.look_up(choice, asked=True).notices[0] not in {
                "gp_which_place",
                "gp_too_wide",
                "gp_not_found",
            }, choice


def test_the_place_of_the_school_is_meant_before_others_of_its_name(directory: Directory) -> None:
    found = directory.look_up("Acton", asked=True, home=["E09000009"])
    assert (found.label, found.borough) == ("Acton", "Ealing")


def test_a_station_of_the_operators_file_is_a_place(tmp_path: Path, gp_file: Path) -> None:
    stations = tmp_path / "stations.csv"
    stations.write_text("name,lat,lon,population,outcode\nMoonbeam Junction,51.5170,-0.1770,0,W2\n")
    directory = Directory.open(Paths(gp_file, stations), today=lambda: TODAY)
    found = directory.look_up("moonbeam junction", asked=True)
    assert (found.kind, found.borough, bool(found.results)) == ("station", "Westminster", True)


@pytest.mark.parametrize("typed", ["Ealing Broadway station", "ladbroke grove tube station"])
def test_a_station_is_found_by_the_place_it_is_named_after(directory: Directory, typed: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert (found.notices[0], bool(found.results)) == ("gp_found_area", True)


@pytest.mark.parametrize("typed", ["hammersmith instead", "actually hammersmith", "try hammersmith", "what about hammersmith"])
def test_a_change_of_place_is_a_place(directory: Directory, typed: str) -> None:
    assert directory.look_up(typed, asked=True).label == "Hammersmith"


# -- outcodes in ordinary sentences ---------------------------------------------------------------


@pytest.mark.parametrize("said", ["is vitamin b12 good", "my room is E5", "year 9 gcse b6", "dr 4 me"])
def test_outcodes_in_ordinary_words_are_not_places(directory: Directory, said: str) -> None:
    assert first_notice(directory, said, asked=False) == "gp_ask_place"


@pytest.mark.parametrize("said", ["gp near W2", "a doctor in w2", "my area is W2", "W2"])
def test_outcodes_after_a_word_of_place_are_places(directory: Directory, said: str) -> None:
    assert directory.look_up(said).label == "W2"


@pytest.mark.parametrize("said", ["find my gp", "gp near me", "how do i contact my doctor", "", "🙂", "??"])
def test_no_place_at_all_asks_for_one(directory: Directory, said: str) -> None:
    assert first_notice(directory, said, asked=False) == "gp_ask_place"


@pytest.mark.parametrize(
    "said",
    ["no", "idk", "i dont know my postcode", "why do you need it", "home", "surgery near school", "my gp surgery is rude"],
)
def test_an_answer_without_a_place_is_not_searched_for(directory: Directory, said: str) -> None:
    assert first_notice(directory, said) in {"gp_ask_place", "gp_not_found"}
    assert directory.look_up(said, asked=True).results == ()


def test_a_number_is_not_repaired_into_an_outcode(directory: Directory) -> None:
    assert first_notice(directory, "12") == "gp_not_found"


# -- problems ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "notice"),
    [
        ("EH1 1AA", "gp_scotland"),
        ("TD9 0AA", "gp_scotland"),
        ("g1", "gp_scotland"),
        ("Glasgow", "gp_scotland"),
        ("i live in scotland", "gp_scotland"),
        ("CF10 1AA", "gp_wales"),
        ("cardiff", "gp_wales"),
        ("wales", "gp_wales"),
        ("BT1 1AA", "gp_northern_ireland"),
        ("Belfast", "gp_northern_ireland"),
        ("JE2 3AB", "gp_crown"),
        ("Isle of Man", "gp_crown"),
        ("BFPO 12", "gp_bfpo"),
        ("BF1 2AA", "gp_bfpo"),
        ("ZZ99 3VZ", "gp_no_fixed_address"),
        ("i have no fixed address", "gp_no_fixed_address"),
        ("im homeless", "gp_no_fixed_address"),
        ("asdkjh qwpoe", "gp_not_found"),
        ("QQ1 1AA", "gp_not_found"),
    ],
)
def test_each_problem_has_its_own_words(directory: Directory, typed: str, notice: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert (found.notices, found.results) == ((notice,), ())


def test_an_outcode_across_the_border_is_answered(directory: Directory) -> None:
    assert first_notice(directory, "CH1") == "gp_found_area"
    assert directory.look_up("CH1 4AA").results[0].name == "Fernybank Health Centre"


@pytest.mark.parametrize(
    ("typed", "notices"),
    [
        ("asdkjh", ["gp_not_found", "gp_not_found_again", "gp_give_up"]),
        ("near me", ["gp_ask_place", "gp_ask_place_again", "gp_give_up"]),
        ("london", ["gp_too_wide", "gp_ask_place_again", "gp_give_up"]),
    ],
)
def test_what_finds_nothing_again_is_never_answered_with_the_same_words(
    directory: Directory, typed: str, notices: list[str]
) -> None:
    said: list[str] = []
    for _ in range(6):
        said.append(directory.look_up(typed, asked=True, before=said).notices[0])
    assert said[:3] == notices
    assert all(one != next_one for one, next_one in zip(said, said[1:], strict=False))


def test_a_miss_after_a_hit_counts_anew(directory: Directory) -> None:
    assert directory.look_up("asdkjh", asked=True, before=["gp_not_found", "gp_found"]).notices == ("gp_not_found",)
    assert directory.look_up("asdkjh", asked=True, before=["gp_not_found", ""]).notices == ("gp_not_found",)


@pytest.mark.parametrize(
    "said",
    [
        "the first one",
        "phone number of the first one",
        "whats their number",
        "a different one",
        "which one does my postcode belong to",
        "which one covers my address",
    ],
)
def test_what_asks_about_the_surgeries_just_shown_points_to_them(directory: Directory, said: str) -> None:
    assert directory.look_up(said, before=["gp_found"]).notices == ("gp_shown_above",)
    assert directory.look_up(said, before=["gp_found", ""]).notices == ("gp_shown_above",)
    assert directory.look_up(said, before=["gp_found", "", ""]).notices == ("gp_ask_place",)
    assert directory.look_up(said, before=["gp_found", "gp_shown_above"]).notices == ("gp_ask_place",)
    assert directory.look_up(None, before=["gp_found"]).notices == ("gp_ask_place",)


@pytest.mark.parametrize(("typed", "meant"), [("hao 4uz", "HA0 4UZ"), ("W2 INY", "W2 1NY"), ("nw1O", "NW10")])
def test_a_mistyped_postcode_is_read_and_said(directory: Directory, typed: str, meant: str) -> None:
    found = directory.look_up(typed, asked=True)
    assert (found.notices[0], found.suggestion) == ("gp_found_typo", meant)
    assert found.results


def test_a_mistyped_place_is_read_and_said(directory: Directory) -> None:
    found = directory.look_up("hamersmith", asked=True)
    assert (found.notices[0], found.suggestion) == ("gp_found_typo", "Hammersmith")


def test_a_place_among_other_words_is_offered(directory: Directory) -> None:
    found = directory.look_up("the flats behind wembley stadium", asked=True)
    assert (found.notices, found.choices) == (("gp_typo",), ("Wembley",))


def test_a_retired_postcode_says_so_and_still_helps(directory: Directory, postcodes: Postcodes) -> None:
    start, _ = postcodes.packed.retired_spans["W2"]
    number = postcodes.packed.retired[start]
    incode = f"{number // 676}{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}"
    found = directory.look_up(f"W2 {incode}")
    assert found.notices[0] == "gp_terminated"
    assert found.results


# -- pins ----------------------------------------------------------------------------------------


def test_a_pin_gives_the_nearest_surgeries(directory: Directory) -> None:
    found = directory.look_up(pin=(51.5167, -0.1769))
    assert (found.notices[0], found.precision, found.borough) == ("gp_found_pin", "pin", "Westminster")
    assert found.links["who_covers"] == found.links["find_a_gp"]


@pytest.mark.parametrize(
    ("pin", "notice"),
    [
        ((55.95, -3.19), "gp_scotland"),
        ((51.48, -3.18), "gp_wales"),
        ((54.60, -5.93), "gp_northern_ireland"),
        ((49.19, -2.11), "gp_crown"),
        ((54.15, -4.48), "gp_crown"),
        ((48.85, 2.35), "gp_far"),
        ((0.0, 0.0), "gp_far"),
        ((200.0, 1.0), "gp_not_found"),
        ((float("nan"), 1.0), "gp_not_found"),
    ],
)
def test_a_pin_elsewhere_has_its_own_words(directory: Directory, pin: tuple[float, float], notice: str) -> None:
    assert directory.look_up(pin=pin).notices[0] == notice


def test_surgeries_far_away_are_shown_with_a_warning(directory: Directory) -> None:
    found = directory.look_up("Carlisle", asked=True)
    assert found.notices[0] == "gp_far"
    assert found.nearest_miles is not None
    assert found.nearest_miles > 15


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "The Quillfeather Medical Centre",
        "quillfeather",
        "quilfeather medcial center",
        "my doctor is quillfeather surgery",
        "whats the number for the quillfeather practice please",
        "centre medical quillfeather",
        "E99001",
        "my practice code is e99001",
    ],
)
def test_a_surgery_is_found_by_its_name(names: Names, typed: str) -> None:
    assert names(typed, asked=True) == ["The Quillfeather Medical Centre"]


def test_a_badly_misspelt_name_is_a_guess_and_said_to_be_one(directory: Directory) -> None:
    found = directory.look_up("quilfethr srugery", asked=True)
    assert found.notices[0] in {"gp_found_named", "gp_found_typo"}
    assert found.results[0].ods == "E99001"


def test_surgeries_of_one_name_are_all_shown(names: Names) -> None:
    assert names("Bramblewick Surgery", asked=True) == ["Bramblewick Surgery"] * 2


def test_a_place_picks_among_surgeries_of_one_name(directory: Directory) -> None:
    found = directory.look_up("bramblewick surgery in southall", asked=True)
    assert found.results[0].ods == "E99005"


@pytest.mark.parametrize(
    "said",
    [
        "i want to complain about quillfeather surgery",
        "can i register at quillfeather medical centre",
        "quillfeather surgery paddington",
        "quillfeather medcial centr phone number",
    ],
)
def test_a_name_is_seen_inside_a_sentence(names: Names, said: str) -> None:
    assert names(said) == ["The Quillfeather Medical Centre"]


def test_a_surgery_in_a_place_is_a_place_and_a_place_before_surgery_is_a_name(directory: Directory) -> None:
    assert directory.look_up("gp surgery in southall").kind == "place"
    assert directory.look_up("southall gp surgery").kind in {"place", "practice"}


def test_a_street_of_a_surgery_is_a_place(directory: Directory) -> None:
    found = directory.look_up("inkwell close", asked=True)
    assert (found.kind, found.label) == ("street", "Inkwell Close, Westminster")
    assert found.results[0].ods == "E99001"


def test_a_street_in_several_boroughs_asks_which(directory: Directory) -> None:
    found = directory.look_up("test street", asked=True)
    assert found.notices == ("gp_which_place",)
    assert "Test Street, Ealing" in found.choices
    assert directory.look_up("Test Street, Ealing", asked=True).borough == "Ealing"


def test_a_surgery_has_no_distance_when_nobody_said_where_they_are(directory: Directory) -> None:
    result = directory.look_up("quillfeather", asked=True).results[0]
    assert result.miles is None


def test_hubs_closed_and_welsh_practices_are_not_offered(names: Names) -> None:
    near = names("W2 1NY")
    assert "Homeless Healthcare Team" not in near
    assert "Closed Long Ago Surgery" not in near
    assert "Wobblegate Walk in" not in near
    assert names("W99011", asked=True) == []


def test_a_second_role_does_not_hide_a_practice(names: Names) -> None:
    assert names("SW1A 1AA")[0] == "Pipistrelle Family Practice"


# -- what an answer holds --------------------------------------------------------------------------


def test_a_surgery_is_shown_ready_to_read_and_tap(directory: Directory) -> None:
    shown = directory.look_up("E99001", asked=True).results[0]
    assert (shown.name, shown.address) == ("The Quillfeather Medical Centre", "4 Inkwell Close, London")
    assert (shown.phone, shown.tel) == ("020 7946 0001", "+442079460001")
    assert shown.links["profile"].endswith("/the-quillfeather-medical-centre/E99001")
    assert shown.links["reviews"].endswith("/E99001/ratings-and-reviews")


def test_the_link_to_who_covers_an_address_holds_the_postcode(directory: Directory) -> None:
    assert directory.look_up("w2 1ny").links["who_covers"].endswith("/results/W21NY")
    assert not directory.look_up("W2", asked=True).links["who_covers"].endswith("W2")


def test_an_answer_is_plain_json(directory: Directory) -> None:
    told = directory.look_up("W2 1NY").as_dict()
    assert json.loads(json.dumps(told))["results"][0]["ods"] == told["results"][0]["ods"]


def test_an_answer_does_not_print_where_somebody_is(directory: Directory) -> None:
    assert "W2" not in repr(directory.look_up("W2 1NY"))


def test_only_known_notices_are_used(directory: Directory) -> None:
    for typed in ("W2 1NY", "W2", "acton", "EH1", "hao 4uz", "zz99 3vz", "bfpo 1", "asdkjh", "", "london"):
        assert set(directory.look_up(typed, asked=True).notices) <= NOTICES


@pytest.mark.parametrize("typed", ["x" * 5_000, "W2 " * 2_000, "\x00\u202e", "((((", "1" * 300, "a " * 2_000])
def test_odd_input_gets_an_answer(directory: Directory, typed: str) -> None:
    assert directory.look_up(typed, asked=True).notices


# -- the list itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "notices"),
    [
        (date(2026, 11, 20), ("gp_found", "gp_list_date", "gp_who_covers")),
        (date(2026, 8, 25), ("gp_found", "gp_list_date", "gp_who_covers")),
        (date(2026, 8, 24), ("gp_found", "gp_old_list", "gp_who_covers")),
        (date(2025, 11, 23), ("gp_found", "gp_old_list", "gp_who_covers")),
        (date(2025, 11, 22), ("gp_no_directory",)),
    ],
)
def test_the_age_of_the_list_is_told(gp_file: Path, made: date, notices: tuple[str, ...]) -> None:
    directory = Directory.open(Paths(gp_file, list_date=made), today=lambda: TODAY)
    assert directory.look_up("W2 1NY").notices == notices


def test_the_date_of_the_list_is_in_the_answer(directory: Directory) -> None:
    found = directory.look_up("W2 1NY")
    assert (found.list_date, found.list_date_long) == ("2026-10-24", "24 October 2026")


def test_a_list_without_a_note_is_as_old_as_its_newest_entry(gp_file: Path) -> None:
    directory = Directory.open(Paths(gp_file), today=lambda: TODAY)
    assert directory.look_up("W2 1NY").list_date == "2026-01-30"


def test_without_a_list_the_answer_is_the_nhs_link(tmp_path: Path) -> None:
    directory = Directory.open(Paths(tmp_path / "none.csv"), today=lambda: TODAY)
    found = directory.look_up("W2 1NY")
    assert found.notices == ("gp_no_directory",)
    assert found.links["who_covers"].endswith("/results/W21NY")
    assert directory.look_up("quillfeather surgery", asked=True).notices == ("gp_no_directory",)
    assert directory.look_up("EH1 1AA").notices == ("gp_scotland",)


def test_a_list_that_arrives_later_is_used_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "practices.csv"
    directory = Directory.open(Paths(path), today=lambda: TODAY)
    path.write_text(as_csv(invented()))
    assert directory.look_up("W2 1NY").results


def test_a_damaged_list_leaves_the_last_good_one_in_use(gp_file: Path) -> None:
    directory = Directory.open(Paths(gp_file), today=lambda: TODAY)
    gp_file.write_text("<html>sorry</html>")
    assert directory.look_up("W2 1NY").results
    assert directory.problem is not None


def test_the_log_says_why_a_list_is_not_used_and_not_what_was_asked(gp_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    directory = Directory.open(Paths(gp_file), today=lambda: TODAY)
    gp_file.write_text("<html>sorry</html>")
    directory.look_up("quillfeather surgery W2 1NY")
    (line,) = map(_JsonLines().format, caplog.records)
    told = json.loads(line)
    del told["time"]
    assert told == {"level": "warning", "event": "gp_directory_not_used", "what": "is a web page, not the list."}


@pytest.mark.parametrize("status", ["A", "ACTIVE"])
@pytest.mark.parametrize("role", ["4", "RO76", "RO76|RO268"])
def test_the_old_and_the_new_format_are_read(tmp_path: Path, status: str, role: str) -> None:
    path = tmp_path / "practices.csv"
    path.write_text(as_csv([report_row("E99020", "FORMAT SURGERY", "W2 1NY", status=status, role=role)]))
    directory = Directory.open(Paths(path, list_date=TODAY), today=lambda: TODAY)
    assert [r.name for r in directory.look_up("W2 1NY").results] == ["Format Surgery"]


def test_a_list_with_a_header_of_its_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "practices.csv"
    path.write_text(
        "ods,name,address,postcode,phone,flag,open\n"
        'E99030,OWN FORMAT SURGERY,"1 TEST STREET, LONDON",W2 1NY,020 7946 0030,,20261001\n'
        'E99031,OWN FORMAT HUB,"1 TEST STREET, LONDON",W2 1NY,020 7946 0031,no_list,20261001\n'
    )
    directory = Directory.open(Paths(path), today=lambda: TODAY)
    found = directory.look_up("W2 1NY")
    assert [r.name for r in found.results] == ["Own Format Surgery"]
    assert found.list_date == "2026-10-01"


def test_paths_come_from_the_environment(tmp_path: Path) -> None:
    paths = Paths.from_env({"OWNIT_VAR": "/somewhere"})
    assert paths.practices == Path("/somewhere/gp/practices.csv")
    (stations := tmp_path / "b.csv").touch()
    env = {"OWNIT_GP_FILE": "/a.csv", "OWNIT_STATIONS_FILE": str(stations), "OWNIT_GP_LIST_DATE": "2026-02-03"}
    assert Paths.from_env(env) == Paths(Path("/a.csv"), stations, list_date=date(2026, 2, 3))


# -- online ----------------------------------------------------------------------------------------


class FakeOnline:
    """Knows one postcode that is too new for the tables."""

    def postcode(self, postcode: str) -> Spot | None:
        return Spot(51.5167, -0.1769, "E09000033") if postcode == "W2 9ZZ" else None


def test_the_internet_is_asked_only_for_what_the_tables_do_not_know(gp_file: Path) -> None:
    directory = Directory.open(Paths(gp_file, list_date=TODAY), FakeOnline(), today=lambda: TODAY)
    assert directory.look_up("W2 9ZZ").precision == "postcode"
    assert directory.look_up("W2 9ZY").precision == "area"
