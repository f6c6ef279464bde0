"""Every page that no other walk visits: no barrier in light and dark, nothing sideways on a phone.

One world, one opening of each page. A new page fails here until it is in this walk or another.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.access_table import ACCESS, REDIRECT, REFUSED
from tests.factories import PASSWORD
from tests.test_access import PATTERNS
from tests.web.inspection import glance
from tests.web.walk_world import World, freshly_signed_in, pages

NO_PAGES = {
    *("livez", "readyz", "demo-mail-html"),  # two words for a machine; a mail in its own styles
    *("robots", "sitemap", "sitemap-file"),  # for programs that read the whole web
    *(
        "calendar-feed",
        "event-calendar",
        "event-pdf",
        "event-plan",
        "opportunity-calendar",
        "demo-mail-calendar",
        "outcome-evidence",
        "document",
    ),
    *("companies-export", "opportunities-export", "own-data-download"),  # files
    "mfa_download_recovery_codes",
    *("register", "acting", "account_set_password", "account_confirm_login_code"),  # lead elsewhere
}
"""What answers to being read, and is no page to look at."""
IN_OTHER_WALKS = {
    "test_browser_pages.py": {
        *("home", "companies", "company", "opportunities", "opportunity", "chambers", "chamber"),
        *("council", "scoring", "codes", "account_login", "account_reset_password"),
        *("account_signup", "matches", "match", "match-dismiss", "known-record", "conditions"),
        *("exclusions", "suggested-codes", "own-opportunities", "opportunity-write", "people"),
        *("memberships", "details", "join", "company-new", "profile", "profile-as", "known"),
        *("mfa_index", "account_logout"),
    },
    "event_world.py": {
        *("events", "event", "event-registration", "event-person", "event-withdraw"),
        *("event-people", "event-timetable", "event-tables", "event-requests", "availability"),
        *("request-new", "request", "request-accept", "request-decline", "request-propose"),
        *("request-draft", "request-withdraw", "event-register", "meeting", "meeting-cancel"),
        "meeting-move",
    },
    "test_browser_after.py": {
        *("meeting-feedback", "past-meetings", "outcome-new", "outcome", "outcome-change"),
        *("own-data", "outcomes", "outcome-confirm", "results"),
    },
    "test_browser_interests.py": {
        *("interests", "interest-new", "interest", "interest-answer", "interest-accept"),
        "interest-decline",
    },
    "test_browser_writing.py": {"opportunity-new", "opportunity-edit", "opportunity-archive"},
}
SIGNING_IN = "mfa_authenticate"
AS_MEANT = {"display": "meta-refresh"}  # a screen in a hall, which nobody operates


@pytest.fixture
def world(live_server):
    return World()


@pytest.fixture(autouse=True)
def as_in_the_demo(settings):
    settings.MAIL_VIEWER = True
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.mark.django_db(transaction=True)
def test_no_page_has_a_barrier_complains_or_scrolls_sideways(tab, world):
    found, seen = {}, {SIGNING_IN}
    for reader, rows in pages(world).items():
        one = tab(reader=reader, viewport={"width": 390, "height": 844})
        if reader is not None:
            freshly_signed_in(one)
        for name, address in rows:
            seen.add(name)
            if wrong := glance(one, address):
                found[name, address] = wrong
    one = tab(viewport={"width": 390, "height": 844})
    one.go("/en/accounts/login/")
    one.page.fill("[name=login]", world.guarded.email)
    one.page.fill("[name=password]", PASSWORD)
    one.page.click("main form [type=submit]")
    expect(one.page.locator("[name=code]")).to_be_visible()
    if wrong := glance(one):
        found[SIGNING_IN] = wrong

    assert found == {}
    to_be_seen = {
        name
        for name, row in ACCESS.items()
        if row.get is not REFUSED
        and not PATTERNS[name].startswith(("admin", "api"))
        and not _only_takes_a_form(row)
    }
    elsewhere = set().union(*IN_OTHER_WALKS.values())
    assert to_be_seen - seen - NO_PAGES - elsewhere == set()  # nobody looks at these
    assert elsewhere - to_be_seen == set()  # these are no more


def _only_takes_a_form(row):
    """Whether the address itself leads to the page of the form that it takes."""
    return row.get is REDIRECT and row.post not in (REDIRECT, REFUSED)


@pytest.mark.parametrize("file", IN_OTHER_WALKS)
def test_the_other_walks_name_what_they_are_said_to_visit(file):
    text = (Path(__file__).parent / file).read_text()
    missing = []
    for name in IN_OTHER_WALKS[file]:
        words = [part for part in re.split(r"[/<>]", PATTERNS[name]) if part and ":" not in part]
        if words[-1:] != ["en"] and f'"{name}"' not in text and words[-1] not in text:
            missing.append(name)

    assert missing == []
