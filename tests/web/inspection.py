"""Looks at pages in a real browser: complaints, sideways scroll, barriers a machine can find.

A page is opened once and then looked at in each theme and width, for opening is what takes time.
"""

from axe_playwright_python.sync_playwright import Axe

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # Of the rules that a page keeps, the places are not described: that takes long.
    "resultTypes": ["violations"],
}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""The rules that may hold in one theme and not in the other."""
THEMES = ("light", "dark")
WIDTHS = (1280, 390, 320)
TALL = """() => {
  document.getAnimations().forEach(one => one.finish())
  return document.documentElement.scrollHeight
}"""
WIDEST = """[...document.querySelectorAll('main *')].filter(e =>
  e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)"""
SPACED = """() => {
  const wider = new CSSStyleSheet()
  wider.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`)
  document.adoptedStyleSheets.push(wider)
}"""


def barriers(tab, rules=RULES, **options):
    """Violations of the rules on a page: ["rule: first place", ...].

    A page that was looked at before has the half megabyte of axe already.
    """
    axe = Axe("") if tab.page.evaluate("'axe' in window") else Axe()
    answer = axe.run(tab.page, options=rules, **options).response
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0].get('failureSummary', '')}"
        for one in answer["violations"]
    ]


def visit(
    tab,
    addresses,
    language,
    *,
    themes=THEMES,
    looked_through=(),
    spaced=False,
    broken=("/nowhere/",),
):
    """Open each and look at it in all themes and widths; what went wrong, by address.

    ``looked_through`` are the pairs (width, theme) in which barriers are searched for;
    ``spaced`` says whether to see last that wider spaced text is not cut off.
    """
    troubles = {}
    for address in addresses:
        status = tab.go(f"/{language}{address}" if language else address)
        wrong = [] if status == (404 if address in broken else 200) else [status]
        for theme in themes:
            tab.page.emulate_media(color_scheme=theme)
            for width in WIDTHS:
                wrong += _looked_at(tab, width, theme, (width, theme) in looked_through)
        tab.page.emulate_media(color_scheme=themes[0])
        wrong += cut_off(tab) if spaced else []
        tab.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        wrong += [one for one in tab.complaints if "404 (Not Found)" not in one]
        tab.complaints.clear()
        if wrong:
            troubles[address] = wrong
    return troubles


def cut_off(tab):
    """What leaves the narrowest window when the text on the page is spaced wider, for good."""
    tab.page.set_viewport_size({"width": WIDTHS[-1], "height": 800})
    tab.page.evaluate(SPACED)
    wide = tab.sideways()
    return [("spaced", wide, tab.page.evaluate(WIDEST))] if wide > 0 else []


def _looked_at(tab, width, theme, thoroughly):
    tab.page.set_viewport_size({"width": width, "height": 800})
    wide = tab.sideways()
    wrong = [(width, theme, f"{wide} pixels sideways")] if wide > 0 else []
    if thoroughly:
        # Tall, so that the bar at the bottom of a phone covers nothing the page could scroll away.
        tall = tab.page.evaluate(TALL)
        tab.page.set_viewport_size({"width": width, "height": tall + 400})
        wrong += [(width, theme, barrier) for barrier in barriers(tab)]
    return wrong


def glance(tab, address=None):
    """Open an address as wide as the tab is and look at it in both themes; what is wrong.

    Without an address, look at the page that is open.
    """
    status = tab.go(address) if address else 200
    wrong = [] if status == 200 else [status]
    width = tab.page.viewport_size["width"]
    for theme in THEMES:
        tab.page.emulate_media(color_scheme=theme)
        if theme == THEMES[0]:
            wrong += _looked_at(tab, width, theme, thoroughly=True)
        else:
            tab.page.evaluate(TALL)
            wrong += [(width, theme, barrier) for barrier in barriers(tab, COLOURS)]
    wrong += tab.complaints
    tab.complaints.clear()
    return wrong
