"""``ownit poster``: what is printed is right, fits, can be scanned and can be read from a grey printer."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdfium2 import raw

from bot.answers import Book
from bot.check.files import Files
from bot.cli import main
from bot.content import Document
from bot.errors import ContentError, SettingError
from bot.poster.sheets import FORMATS, SHEETS
from bot.poster.words import BREAK, SIX, links, read_words, sheet_words, start_code
from bot.settings import ROOT
from tests.check.test_mutations import copy_content

pytestmark = pytest.mark.slow

WEB = "https://ownit.example/chat?place=north-west-london"
TELEGRAM = "https://t.me/OwnItBot?start=nwl"
GIVEN = ["poster", "--url", "https://ownit.example", "--telegram", "@OwnItBot", "--place", "north-west-london"]
POINTS = 72 / 25.4  # in a millimetre
SIZES = {"poster-a4": (210 * POINTS, 297 * POINTS), "card-a6": (105 * POINTS, 148 * POINTS), "social-1200x630": (1200, 630)}
PIXELS = {"poster-a4": (1654, 2339), "card-a6": (1240, 1748), "social-1200x630": (1200, 630)}
NAMES = tuple(SIZES)


@dataclass(frozen=True)
class Letter:
    """One letter of a PDF: what, how large, where (left, bottom, right, top)."""

    sign: str
    points: float
    box: tuple[float, float, float, float]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("poster")
    assert main([*GIVEN, "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def page(made: Path) -> Iterator[Callable[[str], pypdfium2.PdfPage]]:
    opened = {name: pypdfium2.PdfDocument(made / f"{name}.pdf") for name in NAMES}
    yield lambda name: opened[name][0]
    for document in opened.values():
        document.close()


@pytest.fixture
def document() -> Document:
    return read_words(ROOT / "data")


def picture(page: pypdfium2.PdfPage, scale: float) -> Image.Image:
    """Return a page as a grey printer prints it."""
    return page.render(scale=scale).to_pil().convert("L")


def text_of(page: pypdfium2.PdfPage) -> str:
    return " ".join(page.get_textpage().get_text_range().replace(BREAK, "").split())


def letters(page: pypdfium2.PdfPage) -> list[Letter]:
    text = page.get_textpage()
    found = []
    for number in range(text.count_chars()):
        sign = text.get_text_range(number, 1)
        if sign.isalnum():
            found.append(Letter(sign, _points(text, number), text.get_charbox(number)))
    return found


def _points(text: pypdfium2.PdfTextPage, number: int) -> float:
    # The size in the file is scaled by the matrix it is set with.
    matrix = raw.FS_MATRIX()
    assert raw.FPDFText_GetMatrix(text, number, matrix)
    return float(raw.FPDFText_GetFontSize(text, number) * abs(matrix.d))


def contrast(one: int, other: int) -> float:
    """Return the WCAG contrast of two greys (0 to 255)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(grey: int) -> float:
    part = grey / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def scanned(image: Image.Image) -> list[str]:
    return sorted(code.text for code in zxingcpp.read_barcodes(image))


def test_each_sheet_is_made_in_each_format(made: Path) -> None:
    assert {p.name for p in made.iterdir()} == {f"{s.name}.{kind}" for s in SHEETS for kind in FORMATS}


@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_its_exact_size(name: str, made: Path, page: Callable[[str], pypdfium2.PdfPage]) -> None:
    assert page(name).get_size() == pytest.approx(SIZES[name], abs=0.01)
    with Image.open(made / f"{name}.png") as image:
        assert image.size == PIXELS[name]
    head = (made / f"{name}.svg").read_text(encoding="utf-8")[:400]
    width, height = (float(head.partition(f' {side}="')[2].partition("pt")[0]) for side in ("width", "height"))
    assert (width, height) == pytest.approx(SIZES[name], abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_the_codes_lead_to_the_web_chat_and_to_telegram_with_the_place(
    name: str, made: Path, page: Callable[[str], pypdfium2.PdfPage]
) -> None:
    with Image.open(made / f"{name}.png") as image:
        assert scanned(image) == [WEB, TELEGRAM]
    assert scanned(picture(page(name), 2)) == [WEB, TELEGRAM]


@pytest.mark.parametrize("name", NAMES)
def test_the_six_questions_are_the_titles_of_the_answers(
    name: str, book: Book, page: Callable[[str], pypdfium2.PdfPage]
) -> None:
    shown = text_of(page(name))
    at = [shown.index(book.answers[topic].title) for topic in SIX]
    assert at == sorted(at)


@pytest.mark.parametrize("name", ["poster-a4", "card-a6"])
def test_no_text_on_paper_is_under_12_points(name: str, page: Callable[[str], pypdfium2.PdfPage]) -> None:
    sizes = {round(letter.points, 2) for letter in letters(page(name))}
    assert len(letters(page(name))) > 200
    assert min(sizes) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_every_letter_stands_out_seven_to_one_in_grey(name: str, page: Callable[[str], pypdfium2.PdfPage]) -> None:
    scale = 4
    image = picture(page(name), scale)
    for letter in letters(page(name)):
        left, bottom, right, top = (round(edge * scale) for edge in letter.box)
        # One pixel around it belongs to the ground, also of a letter that fills its box.
        around = image.crop((left - 1, image.height - top - 1, right + 1, image.height - bottom + 1))
        assert contrast(*around.getextrema()) >= 7, letter


@pytest.mark.parametrize("name", NAMES)
def test_every_sheet_says_that_it_is_a_draft(name: str, document: Document, page: Callable[[str], pypdfium2.PdfPage]) -> None:
    assert document.data["en"]["draft"] in text_of(page(name))


def test_the_draft_goes_when_the_words_and_all_six_answers_are_signed(book: Book, document: Document) -> None:
    signed = {t: replace(book.answers[t], reviewed_by="Sam Example") for t in SIX}
    all_signed = replace(book, answers={**book.answers, **signed})
    place = book.place("england")
    assert sheet_words(document, "en", all_signed, place)["draft"]
    document.data["en"]["reviewed_by"] = "Sam Example"
    assert sheet_words(document, "en", book, place)["draft"]
    assert sheet_words(document, "en", all_signed, place)["draft"] == ""


@pytest.mark.parametrize("name", ["poster-a4", "card-a6"])
def test_the_numbers_are_those_of_the_place(name: str, book: Book, page: Callable[[str], pypdfium2.PdfPage]) -> None:
    shown = text_of(page(name))
    place = book.place("north-west-london")
    for number in (place.contact("emergency_999").phone, place.contact("childline").phone, place.contact("shout").sms):
        assert number in shown


def test_a_pdf_is_tagged_and_tells_a_screen_reader_where_the_codes_lead(made: Path) -> None:
    data = (made / "poster-a4.pdf").read_bytes()
    assert b"pdfuaid" in data
    opened = pypdfium2.PdfDocument(data)
    assert opened.get_metadata_dict()["Title"] == "Own It: You can ask."
    assert raw.FPDFCatalog_IsTagged(opened)
    opened.close()


def test_the_same_words_make_the_same_files(made: Path, tmp_path: Path) -> None:
    assert main([*GIVEN, "--output", str(tmp_path)]) == 0
    assert all((made / p.name).read_bytes() == p.read_bytes() for p in tmp_path.iterdir())


def test_without_a_telegram_bot_there_is_one_code(tmp_path: Path) -> None:
    assert main([*GIVEN[:3], *GIVEN[5:], "--output", str(tmp_path)]) == 0
    with Image.open(tmp_path / "card-a6.png") as image:
        assert scanned(image) == [WEB]
    with Image.open(tmp_path / "social-1200x630.png") as image:
        (code,) = zxingcpp.read_barcodes(image)
    # It has the room of two to itself.
    assert code.position.top_right.x - code.position.top_left.x > 180


def test_the_picture_leaves_room_under_its_last_words(page: Callable[[str], pypdfium2.PdfPage]) -> None:
    beside = [letter.box for letter in letters(page("social-1200x630")) if letter.box[0] > 866]
    # The panel ends 44 points above the edge.
    assert min(bottom for _, bottom, _, _ in beside) - 44 > 18


def test_long_names_stay_inside_the_edges(tmp_path: Path) -> None:
    long = ["--url", "https://www.greenfield-academy.brent.sch.uk/health/own-it", "--telegram", "@northwestlondonownitchatbot"]
    assert main(["poster", *long, *GIVEN[5:], "--output", str(tmp_path)]) == 0
    for name, (width, _) in SIZES.items():
        document = pypdfium2.PdfDocument(tmp_path / f"{name}.pdf")
        boxes = [letter.box for letter in letters(document[0])]
        assert min(box[0] for box in boxes) > 15
        assert max(box[2] for box in boxes) < width - 15
        document.close()


def test_a_schools_own_page_is_linked_as_it_is(book: Book) -> None:
    place = book.place("england")
    address = "https://www.school.example/health/own-it"
    link = links(address, "", place, book.places)["web"]
    assert (link.to, link.shown) == (address, "school.example/health/own-it")


@pytest.mark.parametrize("name", ["OwnItBot", "@OwnItBot", "t.me/OwnItBot", "https://t.me/OwnItBot?start=x", " @OwnItBot "])
def test_a_bots_name_may_be_given_in_any_usual_way(name: str, book: Book) -> None:
    link = links("https://ownit.example", name, book.place("england"), book.places)["telegram"]
    assert (link.to, link.shown) == ("https://t.me/OwnItBot?start=england", "@OwnItBot")


@pytest.mark.filterwarnings("ignore:.*pkg_resources:DeprecationWarning")  # apscheduler, which the Telegram library imports
def test_every_places_code_is_understood_by_the_telegram_channel(book: Book) -> None:
    from bot.channels.telegram import link

    for place in book.places.values():
        assert link(start_code(place, book.places), book) == (place.id, None)


@pytest.mark.parametrize(
    ("url", "telegram", "words"),
    [
        ("ownit.example", "", "starting with https://"),
        ("http://ownit.example", "", "starting with https://"),
        ("https://[", "", "starting with https://"),
        ("https://ownit.example", "My School", "is no bot's name"),
        ("https://ownit.example", "@ownit", "is no bot's name"),
    ],
)
def test_an_address_or_name_that_cannot_be_one_is_refused(url: str, telegram: str, words: str, book: Book) -> None:
    with pytest.raises(SettingError, match=words):
        links(url, telegram, book.place("england"), book.places)


def refused(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    assert main([*GIVEN, *given]) == 1
    return capsys.readouterr().err


def test_an_unknown_place_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Places: england, north-west-london." in refused(capsys, "--place", "leeds")


def test_a_folder_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Choose another --output." in refused(capsys, "--output", str(ROOT / "README.md" / "poster"))


def test_a_server_without_the_drawing_packages_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bot.poster.sheets")
    monkeypatch.setitem(sys.modules, "typst", None)
    assert "the package typst is missing. Run it where `make install` was run" in refused(capsys)


def test_words_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    long = "https://www.school.example/" + "a-long-folder/" * 30
    assert "Give a shorter --url" in refused(capsys, "--url", long, "--output", str(tmp_path))
    assert not list(tmp_path.iterdir())


def in_polish(document: Document, **changed: object) -> Document:
    document.data["pl"] = {
        **document.data["en"],
        "name": "Polish",
        "reviewed_by": "Sam Example",
        "questions": dict.fromkeys(SIX, "Czy mogę?"),
        **changed,
    }
    return document


def test_a_reviewed_language_brings_its_own_questions(document: Document, book: Book) -> None:
    words = sheet_words(in_polish(document), "pl", book, book.place("england"))
    assert words["questions"] == ["Czy mogę?"] * 6


@pytest.mark.parametrize(
    ("language", "changed", "words"),
    [
        ("pl", {"reviewed_by": ""}, "no speaker has reviewed the words in Polish"),
        ("pl", {"questions": {}}, "Polish does not have the six questions"),
        ("pl", {"help": {"childlin": ["a", "b"]}}, "no contact 'childlin'"),
        ("so", {}, "there are no words in 'so'. Ready: en, pl."),
    ],
)
def test_a_language_that_is_not_ready_is_refused(
    language: str, changed: dict[str, object], words: str, document: Document, book: Book
) -> None:
    with pytest.raises(ContentError, match=words):
        sheet_words(in_polish(document, **changed), language, book, book.place("england"))


def test_letters_that_the_font_lacks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_content(tmp_path)
    file = root / "data" / "poster.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("You can ask.", "اسأل"), encoding="utf-8")
    monkeypatch.setenv("OWNIT_CONTENT", str(root / "data"))
    assert "the poster's font has no letters" in refused(capsys, "--output", str(tmp_path / "out"))


def test_check_looks_at_the_posters_words(tmp_path: Path) -> None:
    root = copy_content(tmp_path)
    file = root / "data" / "poster.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("  headline:", "  hedline:"), encoding="utf-8")
    assert any("Did you mean 'headline'?" in str(p) for p in Files(root / "data", root).problems)


def test_pictures_are_small_enough_to_post(made: Path) -> None:
    with Image.open(io.BytesIO((made / "social-1200x630.png").read_bytes())) as image:
        assert image.format == "PNG"
    assert (made / "social-1200x630.png").stat().st_size < 1_000_000
