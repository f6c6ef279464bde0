"""What templates need beyond Django: icons, monograms, texts and names for this reader, own links."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from django import template
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy
from lucide.templatetags.lucide import lucide

register = template.Library()

_SIDES = re.compile(r"[\W_]+")
# Legal forms say nothing about a company, so they are no part of its monogram.
_FORMS = frozenset(
    "ооо оао зао пао ао ип уп чуп руп тоо llc ltd inc co corp gmbh ag jsc ojsc cjsc llp kk sa the".split()
)


@functools.cache
def _icon(name: str, size: int, extra: str) -> SafeString:
    drawing = re.sub(r"\s+", " ", lucide(name).partition(">")[2].removesuffix("</svg>")).strip()
    # Names and sizes are written in our templates, the drawing comes from a pinned wheel.
    return mark_safe(  # noqa: S308
        f'<svg class="{f"icon {extra}".strip()}" width="{size}" height="{size}" '
        f'viewBox="0 0 24 24" aria-hidden="true">{drawing.removesuffix("</svg>").strip()}</svg>'
    )


@register.simple_tag
def icon(name: str, size: int = 20, extra: str = "") -> SafeString:
    """An icon by its Lucide name; decoration only, so the words beside it say the same."""
    return _icon(name, size, extra)


@register.filter
def control(field: BoundField) -> SafeString:
    """The input of a form field, styled; its label stands above it, so no placeholder."""
    kind = "" if isinstance(field.field.widget, CheckboxInput) else "field"
    return field.as_widget(attrs={"class": kind, "placeholder": False})


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether a form field is a single check box, whose label stands after it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def monogram(name: str) -> str:
    """One or two letters of a name, without its legal form: «ООО «Ромашка Сенсор»» gives РС."""
    words = [word for word in _SIDES.split(name) if word]
    telling = [word for word in words if word.casefold() not in _FORMS] or words
    if not telling:
        return "·"
    if ord(telling[0][0]) >= 0x2E80:  # East Asian scripts: one character stands for a word
        bare = re.sub("^(株式会社|有限会社|合同会社)", "", telling[0]) or telling[0]
        return bare[0]
    return "".join(word[0] for word in telling[:2]).upper()


@dataclass(frozen=True, slots=True)
class Place:
    """One of the four places of the navigation; ``current`` is a value of aria-current or ''."""

    name: str
    icon: str
    url: str
    current: str


_PLACES = (
    ("companies", gettext_lazy("Companies"), "building-2"),
    ("opportunities", gettext_lazy("Opportunities"), "package-search"),
    ("matches", gettext_lazy("Matches"), "handshake"),
    ("chambers", gettext_lazy("Chambers"), "landmark"),
)


@register.simple_tag(takes_context=True)
def places(context: RequestContext) -> list[Place]:
    """The four places, with the one this page belongs to marked."""
    path = context["request"].path
    found = []
    for url_name, name, image in _PLACES:
        url = reverse(url_name)
        current = "page" if path == url else "true" if path.startswith(url) else ""
        found.append(Place(str(name), image, url, current))
    return found


@dataclass(frozen=True, slots=True)
class Tongue:
    """One interface language: its own name, a short form, this page in it."""

    code: str
    name: str
    short: str
    url: str
    current: bool


# Languages are named in themselves, so these words are not translated.
_TONGUES = (("en", "English", "EN"), ("ru", "Русский", "Рус"), ("ja", "日本語", "日本語"))


@register.simple_tag(takes_context=True)
def tongues(context: RequestContext) -> list[Tongue]:
    """The interface languages with the address of this page in each.

    Pages outside the language prefix keep their address; there the form decides.
    """
    request: HttpRequest = context["request"]
    active, here = get_language() or "en", request.get_full_path()
    prefix = re.match(r"/(?:en|ru|ja)(?=/|$)", here)
    return [
        Tongue(code, name, short, f"/{code}{here[prefix.end():]}" if prefix else here, code == active)
        for code, name, short in _TONGUES
    ]


def _reader() -> str:
    return (get_language() or "en").split("-")[0]


@functools.cache
def _names_of_languages(reader: str) -> Mapping[str, str]:
    return dict(Locale(reader).languages)


@register.filter
def language_name(code: str) -> str:
    """Name of a language in the reader's own: ja gives "Japanese" to an English reader."""
    name = _names_of_languages(_reader()).get(code, code)
    return name[:1].upper() + name[1:]


@register.filter
def language_names(codes: Iterable[str]) -> str:
    """Names of languages, joined as the reader's language joins a list."""
    return ", ".join(language_name(code) for code in codes)


_IN = {
    "en": gettext_lazy("In English"),
    "ru": gettext_lazy("In Russian"),
    "ja": gettext_lazy("In Japanese"),
}


@register.filter
def in_words(code: str) -> str:
    """A remark on a text that is not in the reader's language: "In Russian"."""
    if code in _IN:
        return str(_IN[code])
    return gettext("Language: %(name)s") % {"name": language_name(code)}


@register.filter
def lang(code: str) -> SafeString | str:
    """The attribute `` lang="ru"`` where a text is not in the reader's language, else nothing."""
    if not code or code == _reader():
        return ""
    return format_html(' lang="{}"', code)


_SCRIPTS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("ja", re.compile("[぀-ヿ]")),
    ("ko", re.compile("[가-힣]")),
    ("zh", re.compile("[一-鿿]")),
    ("ru", re.compile("[Ѐ-ӿ]")),
    ("hy", re.compile("[԰-֏]")),
    ("ka", re.compile("[Ⴀ-ჿ]")),
)

_CYRILLIC = {"UA": "uk", "BG": "bg", "RS": "sr", "MK": "mk", "MN": "mn"}


@register.filter
def script_lang(name: str, country: str = "") -> SafeString | str:
    """The attribute ``lang`` for a name in another script than the reader's language uses.

    ``country`` (ISO 3166-1 alpha-2) tells Japanese from Chinese where a name is all ideographs.
    """
    found = next((code for code, letters in _SCRIPTS if letters.search(name)), "")
    if found == "zh" and country in ("", "JP"):
        found = "ja"
    if found == "ru":
        found = _CYRILLIC.get(country, "ru")
    if not found:
        found = "en" if _reader() in ("ru", "ja") and re.search("[A-Za-z]", name) else ""
    return lang(found)
