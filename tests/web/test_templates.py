"""Rules that every template and stylesheet of ours keeps, and the colours' contrast."""

import re
import zlib
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from matching.selectors import Reason, Way

ROOT = Path(settings.BASE_DIR)
MAIL = ROOT / "config/templates/mail/layout.html"
TEMPLATES = sorted({*ROOT.glob("*/templates/**/*.html")} - {MAIL})
SHEETS = sorted(ROOT.glob("config/static/ui/*.css"))
SCRIPTS = sorted(ROOT.glob("config/static/ui/*.js"))
FORBIDDEN = {
    "an inline style": r"\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "a script without src": r"<script(?![^>]*\bsrc=)",
    "an asset from elsewhere": r"(?:src|href|action)=[\"'](?:https?:)?//",
    "a data: picture": r"[\"'(]data:image",
    "hx-on": r"\shx-on",
    "javascript:": r"javascript:",
}
PAIRS = [  # text or shape, ground, least ratio (WCAG 2.2: 4.5 text, 3 shapes)
    *[(ink, ground, 4.5) for ink in ("ink", "ink-2", "ink-3") for ground in
      ("canvas", "surface", "sunken", "stub")],
    *[("brand", ground, 4.5) for ground in ("surface", "canvas", "sunken")],
    *[(ink, "brand-soft", 4.5) for ink in ("brand-strong", "ink-2")],
    *[("on-brand", ground, 4.5) for ground in ("brand", "brand-strong")],
    *[(ink, "deep", 4.5) for ink in ("on-deep", "on-deep-2")],
    ("deep", "on-deep", 4.5), ("deep", "on-deep-2", 4.5),
    ("seal", "surface", 4.5), ("seal", "canvas", 4.5), ("seal", "seal-soft", 4.5),
    ("on-seal", "seal", 4.5),
    ("ok", "surface", 4.5), ("ok", "ok-soft", 4.5), ("ok", "canvas", 4.5),
    ("wait", "wait-soft", 4.5), ("canvas", "ink", 4.5),
    *[(shape, ground, 3) for shape in ("edge", "focus") for ground in ("surface", "canvas")],
    ("brand-mid", "surface", 3), ("brand-mid", "sunken", 3), ("brand", "sunken", 3),
]  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_parses_and_keeps_to_the_content_policy(path):
    text = path.read_text()
    found = [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)]

    engines["django"].from_string(text)

    assert found == []


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_rules_notice_what_they_forbid(name):
    broken = {
        "an inline style": '<p style="color:red">',
        "a style element": "<style>p{}</style>",
        "an inline handler": '<p onclick="go()">',
        "a script without src": "<script>go()</script>",
        "an asset from elsewhere": '<img src="https://cdn.example/x.png">',
        "a data: picture": '<img src="data:image/png;base64,xx">',
        "hx-on": '<p hx-on:click="go()">',
        "javascript:": '<a href="javascript:go()">',
    }

    assert re.search(FORBIDDEN[name], broken[name])


def test_the_layout_of_mails_brings_its_own_styles_in_our_colours_and_loads_nothing():
    # Mail programs drop sheets, so its styles stand in it: nothing else of what pages may not do.
    text = MAIL.read_text()
    inline = {"an inline style", "a style element"}
    found = {name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)}
    tokens = (ROOT / "config/static/ui/tokens.css").read_text()

    assert found == inline
    assert not re.search(r"<(?:img|link|script|iframe|form)\b|url\(", text)
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) <= set(re.findall(r"#[0-9a-f]{6}\b", tokens))


def test_every_icon_that_a_template_names_exists():
    missing = []
    for path in TEMPLATES:
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text()):
            try:
                lucide(name)
            except IconDoesNotExist:
                missing.append((path.name, name))

    assert missing == []


def test_every_class_that_a_template_uses_stands_in_a_sheet():
    known = set(re.findall(r"\.([a-z][\w-]*)", "".join(path.read_text() for path in SHEETS)))
    used = {}
    for path in TEMPLATES:
        if "admin" in path.parts:
            continue
        text = re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text())
        for names in re.findall(r'\sclass="([^"]*)"', text):
            for name in names.split():
                used.setdefault(name, path.name)

    assert {
        name: where for name, where in used.items() if name not in known and not name.endswith("--")
    } == {}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_sheet_needs_no_browser_newer_than_the_floor(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)

    assert not re.search(r"oklch|color-mix|&\s*[.:{\[]|@import|url\(\s*[\"']?https?:", text)


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_an_asset_is_ours_and_readable(path):
    lines = path.read_text().splitlines()

    assert not path.name.endswith((".min.js", ".min.css"))
    assert len(lines) < 500
    assert max(map(len, lines)) < 260


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.x ratio, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def tokens():
    """Both values of every colour: {name: (light, dark)}."""
    text = (ROOT / "config/static/ui/tokens.css").read_text()
    return {
        name: (light, dark)
        for name, light, dark in re.findall(
            r"--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)", text
        )
    }


@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_colours_that_meet_differ_enough_in_both_themes(ink, ground, least):
    found = tokens()

    ratios = [contrast(found[ink][theme], found[ground][theme]) for theme in (0, 1)]

    assert min(ratios) >= least, ratios


def test_an_old_browser_gets_the_same_light_colours():
    text = (ROOT / "config/static/ui/tokens.css").read_text()
    plain = dict(re.findall(r"--([\w-]+):\s*(#\w{6});", text))

    assert {name: light for name, (light, _dark) in tokens().items()} == plain


def test_style_and_script_are_light():
    style = b"".join(
        path.read_bytes() for path in SHEETS if not path.name.startswith(("admin", "api", "kit"))
    )
    script = b"".join(path.read_bytes() for path in SCRIPTS)

    assert len(zlib.compress(style)) < 14_000
    assert len(zlib.compress(script)) < 5_000


@pytest.mark.parametrize(
    "template",
    ["{{ reason|as_matched }}", '{% include "admin/matching/suggestionlist/way.html" %}'],
)
def test_words_that_differ_only_in_case_are_said_once(template):
    reason = Reason("word", "", "", "Pumps", "pumps", 5, None, None)

    said = (
        engines["django"]
        .from_string("{% load matches %}" + template)
        .render({"reason": reason, "way": Way(5, [reason])})
    )

    assert said.strip() == "<q>Pumps</q>"


def test_what_rows_have_alike_is_rendered_once_for_each_value_and_anew_for_each_page():
    page = engines["django"].from_string(
        "{% load ui %}{% for row in rows %}{% same row.kind %}{{ row.name }}{% endsame %}"
        "{% same %}<{{ row.name }}>{% endsame %};{% endfor %}"
    )
    rows = [{"kind": 1, "name": "a"}, {"kind": 2, "name": "b"}, {"kind": 1, "name": "c"}]

    assert page.render({"rows": rows}) == "a<a>;b<a>;a<a>;"
    assert page.render({"rows": rows[1:]}) == "b<b>;c<b>;"
