"""One small Markdown, every channel."""

from __future__ import annotations

import pytest

from bot.markdown import parse, to_html, to_plain, to_telegram, to_tree


def test_bold_lists_and_links_come_out_in_every_channel() -> None:
    text = "**Yes.** Ask [Childline](https://www.childline.org.uk).\n- one\n- two"
    assert to_telegram(text) == '<b>Yes.</b> Ask <a href="https://www.childline.org.uk">Childline</a>.\n• one\n• two'
    assert to_html(text).endswith("<ul><li>one</li><li>two</li></ul>")
    assert to_plain(text) == "Yes. Ask Childline (https://www.childline.org.uk).\n- one\n- two"
    assert [b["kind"] for b in to_tree(text)] == ["p", "ul"]


@pytest.mark.parametrize("nasty", ["<img src=x onerror=alert(1)>", "a & b < c", "<b>", "</p>"])
def test_html_in_a_text_is_shown_not_run(nasty: str) -> None:
    assert "<img" not in to_html(nasty)
    assert "<b>" not in to_telegram(nasty)
    assert to_plain(nasty) == nasty


@pytest.mark.parametrize("href", ["javascript:alert(1)", "http://example.org", "data:text/html,x"])
def test_only_safe_links_become_links(href: str) -> None:
    assert all(not span.href for block in parse(f"[x]({href})") for line in block.lines for span in line)
