"""What templates need beyond Django: icons, monograms, names and marks for this reader."""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput
from django.http import HttpRequest
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context, RequestContext
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy
from lucide.templatetags.lucide import lucide

from chambers import names
from chambers.models import site_language
from chambers.pages import in_language_of
from chambers.selectors.facets import Group
from chambers.selectors.labels import language_name, language_names

register = template.Library()
register.filter("language_name", language_name)
register.filter("language_names", language_names)


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


class _Same(template.Node):
    """Its content, rendered once for each value of ``keys``."""

    def __init__(self, nodelist: template.NodeList, keys: Sequence[FilterExpression]) -> None:
        self.nodelist, self.keys = nodelist, keys

    def render(self, context: Context) -> SafeString:
        # As ``include`` keeps its templates: as long as one page is rendered, and no longer.
        drawn: dict[Any, Any] = context.render_context.dicts[0]
        key = (self, *(one.resolve(context) for one in self.keys))
        if key not in drawn:
            drawn[key] = self.nodelist.render(context)
        found: SafeString = drawn[key]
        return found


@register.tag
def same(parser: Parser, token: Token) -> _Same:
    """What stands in every row of a page alike: ``{% same %}…{% endsame %}`` is rendered once.

    With values, once for each: ``{% same row.tenths %}``. Nothing else of a row may stand inside.
    """
    keys = [parser.compile_filter(one) for one in token.split_contents()[1:]]
    nodelist = parser.parse(("endsame",))
    parser.delete_first_token()
    return _Same(nodelist, keys)


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
    """One or two letters of a name without its legal form: «ООО «Ромашка Сенсор»» gives РС."""
    words = [word for word in re.split(r"[\W_]+", names.brand(name)) if word]
    if not words:
        return "·"
    if ord(words[0][0]) >= 0x2E80:  # East Asian scripts: one character stands for a word
        return words[0][0]
    return "".join(word[0] for word in words[:2]).upper()


@register.simple_tag
def counts_of(groups: Iterable[Group], at_least: bool) -> SafeString:
    """New counts beside the choices of a list; a plus says that there may be more.

    Two hundred of them take a template as long as all the rest of the page.
    """
    found = []
    for group in groups:
        key = escape(group.key)
        for one in group.options:
            plus = "+" if one.count and at_least else ""
            found.append(
                f'<small id="n-{key}-{escape(one.value)}" hx-swap-oob="true">'
                f"{intcomma(one.count) if one.count > 999 else one.count}{plus}</small>"
            )
    return mark_safe("".join(found))  # noqa: S308 - numbers, and values that are escaped


@register.filter
def site_name(address: str) -> str:
    """The host of an address without www: what a link to a website says."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


@register.simple_tag
def page_numbers(page: Page) -> Iterable[int | str]:
    """The page numbers to show around ``page``, with an ellipsis for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places of the navigation; ``current`` is a value of aria-current or ''."""

    name: str
    icon: str
    url: str
    current: str
    on_phone: bool
    """Whether it is one of the five of a narrow screen; the sixth stands in the footer, too."""


_MEETINGS = "meetings"  # of those who act for a company
_WIDE_ONLY = "chambers"  # makes room for them on a narrow screen
_PLACES = (
    ("companies", gettext_lazy("Companies"), "building-2"),
    ("opportunities", gettext_lazy("Opportunities"), "package-search"),
    ("matches", gettext_lazy("Matches"), "handshake"),
    (_MEETINGS, gettext_lazy("Meetings"), "messages-square"),
    ("events", gettext_lazy("Events"), "calendar-days"),
    ("chambers", gettext_lazy("Chambers"), "landmark"),
)


_ALSO_UNDER = {"events": ("participants", "registrations")}
"""Pages that belong to a place, though their address begins otherwise."""


@register.simple_tag(takes_context=True)
def places(context: RequestContext) -> list[Place]:
    """The places that this reader goes to, with the one this page belongs to marked."""
    path = context["request"].path
    acting = getattr(context["request"], "acting", None)
    meets = acting is not None and acting.company is not None
    found = []
    for url_name, name, image in _PLACES:
        if url_name == _MEETINGS and not meets:
            continue
        url = reverse(url_name)
        root = url.removesuffix(f"{url_name}/")
        under = (url, *(f"{root}{one}/" for one in _ALSO_UNDER.get(url_name, ())))
        current = "page" if path == url else "true" if path.startswith(under) else ""
        on_phone = not (meets and url_name == _WIDE_ONLY)
        found.append(Place(str(name), image, url, current, on_phone))
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
    return [
        Tongue(code, name, short, in_language_of(here, code), code == active)
        for code, name, short in _TONGUES
    ]


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


class Told(NamedTuple):
    """A text as this reader is told it, and its language."""

    text: str
    language: str


@register.simple_tag
def told(pair: tuple[str, str]) -> Told:
    """Names the two parts of what ``in_language`` and its relatives answer."""
    return Told(*pair)


@register.filter
def lang(code: str) -> SafeString | str:
    """The attribute `` lang="ru"`` where a text is not in the reader's language, else nothing."""
    if not code or code == site_language():
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
        found = "en" if site_language() in ("ru", "ja") and re.search("[A-Za-z]", name) else ""
    return lang(found)
