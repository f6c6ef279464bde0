"""What a page costs a phone: bytes by kind, requests, time until its largest part is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from bench.web.pages import Page
from chambers.models import User

_CHROMIUM = "/usr/bin/chromium"
_QUIET = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"]
_SLOWER = 4
_LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 200_000,
    "uploadThroughput": 93_750,
}
"""A phone's line: milliseconds of delay, bytes per second (1.6 Mbit/s down)."""
_WATCH = """
window.seen = {lcp: 0, shift: 0, blocked: 0};
new PerformanceObserver(l => { for (const e of l.getEntries()) seen.lcp = e.startTime })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => { for (const e of l.getEntries()) seen.shift += e.value })
  .observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(l => {
  for (const e of l.getEntries()) seen.blocked += Math.max(0, e.duration - 50) })
  .observe({type: 'longtask', buffered: true});
"""


@dataclass
class Opened:
    """One opening of a page: {kind: (bytes on the line, bytes unpacked)}, ms, and who was asked.

    ``total`` are all bytes on the line, with the heads of the answers.
    """

    sent: dict[str, tuple[int, int]] = field(default_factory=dict)
    total: int = 0
    requests: int = 0
    abroad: set[str] = field(default_factory=set)
    lcp: float = 0.0
    shift: float = 0.0
    blocked: float = 0.0


@dataclass(frozen=True)
class Cost:
    """A page with nothing kept and once more; bytes of the first opening, medians of times."""

    cold: Opened
    warm: Opened


def open_pages(pages: Sequence[Page], address: str, times: int) -> dict[str, Cost]:
    """What each page costs, by its name."""
    # Before there is an event loop in this thread, beside which Django refuses the database.
    sessions = {reader: _session(reader) for reader in {page.reader for page in pages}}
    with sync_playwright() as playwright:
        browser = _browser(playwright)
        costs = {
            page.name: _cost(browser, page, address, times, sessions[page.reader]) for page in pages
        }
        browser.close()
    return costs


def _browser(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)


def _cost(browser: Browser, page: Page, address: str, times: int, session: str | None) -> Cost:
    cold, warm = [], []
    for _ in range(times):
        context = browser.new_context(
            base_url=address, viewport={"width": 390, "height": 844}, device_scale_factor=2
        )
        if session is not None:
            _sign_in(context, session, address)
        cold.append(_open(context, page, address))
        warm.append(_open(context, page, address))
        context.close()
    return Cost(_typical(cold), _typical(warm))


def _session(reader: User | None) -> str | None:
    if reader is None:
        return None
    client = Client(SERVER_NAME="localhost")
    client.force_login(reader)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _sign_in(context: BrowserContext, session: str, address: str) -> None:
    secure = address.replace("http://", "https://")  # to this machine it goes without TLS as well
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": session, "url": secure, "secure": True}])


def _open(context: BrowserContext, page: Page, address: str) -> Opened:
    """Open it in a tab of its own, on a slow line and processor."""
    opened = Opened()
    kinds: dict[str, str] = {}
    raw: dict[str, int] = {}
    heads: dict[str, int] = {}
    tab = context.new_page()
    told = context.new_cdp_session(tab)
    told.send("Network.enable")
    told.send("Network.emulateNetworkConditions", _LINE)
    told.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})

    def asked(event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        kinds[event["requestId"]] = _kind(url, event.get("type", ""))
        if not url.startswith((address, "data:")):
            opened.abroad.add(url)

    def answered(event: dict[str, Any]) -> None:
        heads[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def unpacked(event: dict[str, Any]) -> None:
        raw[event["requestId"]] = raw.get(event["requestId"], 0) + event["dataLength"]

    def there(event: dict[str, Any]) -> None:
        key, line = event["requestId"], int(event["encodedDataLength"])
        if not line:  # the browser had kept it
            return
        body, whole = opened.sent.get(kinds[key], (0, 0))
        opened.sent[kinds[key]] = (body + line - heads.get(key, 0), whole + raw.get(key, 0))
        opened.total += line
        opened.requests += 1

    told.on("Network.requestWillBeSent", asked)
    told.on("Network.responseReceived", answered)
    told.on("Network.dataReceived", unpacked)
    told.on("Network.loadingFinished", there)
    tab.add_init_script(_WATCH)
    answer = tab.goto(page.address, wait_until="networkidle")
    if answer is None or answer.status != 200 or not tab.url.endswith(page.address):
        raise SystemExit(f"{page.name}: {tab.url} answered {answer and answer.status}")
    seen = tab.evaluate("seen")
    opened.lcp, opened.shift, opened.blocked = seen["lcp"], seen["shift"], seen["blocked"]
    tab.close()
    return opened


def _kind(url: str, resource: str) -> str:
    if resource == "Document":
        return "html"
    if resource == "Script":
        return "htmx" if "htmx" in url else "js"
    return {"Stylesheet": "css"}.get(resource, "images")


def _typical(openings: Sequence[Opened]) -> Opened:
    first = openings[0]
    first.lcp = median(one.lcp for one in openings)
    first.shift = max(one.shift for one in openings)
    first.blocked = median(one.blocked for one in openings)
    return first
