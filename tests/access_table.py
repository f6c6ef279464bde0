"""Who may do what at which address: one row for every address of the service.

A row names, for each method, the answer that each kind of reader gets. A reader is named by what
they are to the row the address is about: ``owner`` or ``manager`` of it, or a ``stranger``. A new
address gets a row here; ``tests/test_access.py`` fails until it has one, and then asks for every
cell. A method without an answer is refused to everybody with 405.
"""

from dataclasses import dataclass, field
from uuid import UUID

from tests.access_world import EVERYONE

GROUPS = {
    "signed_in": EVERYONE - {"guest"},
    "any_staff": {"staff viewer", "manager", "superuser", "other staff viewer", "other manager"},
    "any_manager": {"manager", "superuser", "other manager"},
    "own_staff": {"staff viewer", "manager", "superuser"},
    "own_managers": {"manager", "superuser"},
    "own_company": {"viewer", "editor", "owner", "token"},
    "own_editors": {"editor", "owner"},
    "any_token": {"token", "other token"},
    "viewers": {"staff viewer", "other staff viewer"},
}


def who(everybody, **others):
    """{reader: status}: one for everybody, then for groups and readers, the later the stronger."""
    answers = dict.fromkeys(EVERYONE, everybody)
    for name, status in others.items():
        answers.update(dict.fromkeys(GROUPS.get(name, {name.replace("_", " ")}), status))
    assert set(answers) == EVERYONE, set(answers) - EVERYONE
    return answers


REFUSED = who(405)


@dataclass(frozen=True)
class Row:
    """The answers of one address. ``about`` names the tenants' objects, ``kwargs`` fixed parts."""

    get: dict = field(default_factory=lambda: REFUSED)
    post: dict = field(default_factory=lambda: REFUSED)
    put: dict = field(default_factory=lambda: REFUSED)
    patch: dict = field(default_factory=lambda: REFUSED)
    delete: dict = field(default_factory=lambda: REFUSED)
    about: str = ""
    kwargs: dict = field(default_factory=dict)


PUBLIC = who(200)
NOT_FOUND = who(404)
REDIRECT = who(302)
SIGNED_IN = who(200, guest=302)
GUESTS = who(302, guest=200)  # who is signed in is sent on
GUEST_FIRST = who(405, guest=302)  # a library asks who it is before it refuses the method
OWN_COMPANY_OR_CHAMBER = who(404, own_company=200, own_staff=200)

# ---------------------------------------------------------------- administration
STAFF = who(302, any_staff=200)
STAFF_GONE = who(302, any_staff=404)
STAFF_REFUSED = who(302, any_staff=403)
STAFF_NO_METHOD = who(302, any_staff=405)
MANAGERS = who(302, any_staff=403, any_manager=200)
SUPERUSER = who(302, any_staff=403, superuser=200)
OWN_STAFF = who(302, any_staff=404, own_staff=200)
OWN_MANAGERS = who(302, any_staff=404, viewers=403, own_managers=200)
# Beneath a row: an empty form is shown again, or means something, or names nothing.
OWN_MANAGERS_ASKED = who(302, any_staff=404, staff_viewer=403, own_managers=422)
OWN_MANAGERS_DONE = who(302, any_staff=404, staff_viewer=403, own_managers=302)
OWN_STAFF_REFUSED = who(302, any_staff=404, own_staff=403)
VIEWERS_REFUSED = who(302, any_staff=404, staff_viewer=403)  # to others it names nothing
SUPERUSER_HERE = who(302, any_staff=404, superuser=200)


def admin_rows(model, about, *, lists=STAFF, add=STAFF_REFUSED, read=OWN_STAFF, **others):
    """The four addresses of an admin; ``change``: who may save, ``history``: if not as ``read``."""
    prefix = f"admin:{model}"
    history = others.get("history", read)
    return {
        f"{prefix}_changelist": Row(get=lists, post=lists),
        f"{prefix}_add": Row(get=add, post=add),
        f"{prefix}_history": Row(get=history, post=history, about=about),
        f"{prefix}_change": Row(get=read, post=others.get("change", STAFF_REFUSED), about=about),
    }


ADMINISTRATION = {
    "admin:index": Row(get=STAFF, post=STAFF),
    "admin:app_list": Row(get=STAFF, post=STAFF, kwargs={"app_label": "chambers"}),
    "admin:login": Row(get=REDIRECT, post=REDIRECT, put=REDIRECT, patch=REDIRECT, delete=REDIRECT),
    "admin:logout": Row(get=STAFF_NO_METHOD, post=STAFF),
    # One place changes passwords, with its limits.
    "admin:password_change": Row(get=REDIRECT, post=REDIRECT),
    "admin:autocomplete": Row(get=STAFF_REFUSED, post=STAFF_NO_METHOD),  # names no field here
    "admin:jsi18n": Row(get=STAFF, post=STAFF_NO_METHOD),
    "admin/(?P<url>.*)$": Row(get=STAFF_GONE, post=STAFF_GONE),
    **admin_rows(
        "chambers_membership",
        "member",
        add=SUPERUSER,
        change=who(302, any_staff=404, viewers=403, own_managers=302),  # saved
    ),
    **admin_rows(
        "chambers_company",
        "hidden",
        add=SUPERUSER,
        change=OWN_MANAGERS,
        history=who(302, any_staff=404, staff_viewer=403, own_managers=200),  # it tells of holds
    ),
    **admin_rows("chambers_joinrequest", "joinrequest"),
    **admin_rows("chambers_chamber", "chamber", add=SUPERUSER, change=OWN_MANAGERS),
    **admin_rows(
        "chambers_council",
        "council",
        lists=SUPERUSER,
        add=SUPERUSER,
        read=SUPERUSER,
        change=SUPERUSER,
        history=SUPERUSER_HERE,
    ),
    **admin_rows("chambers_agreement", "agreement", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("chambers_guild", "guild", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("chambers_guildmembership", "guildmembership", add=MANAGERS),
    **admin_rows("chambers_commission", "commission", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("chambers_country", "country", read=STAFF),
    **admin_rows("chambers_tradecode", "tradecode", read=STAFF),
    **admin_rows(
        "chambers_user",
        "user",
        add=SUPERUSER,
        change=who(302, any_staff=404, viewers=403, manager=403, superuser=200),
    ),
    **admin_rows("chambers_staff", "staff", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("chambers_apitoken", "token", add=STAFF, read=SUPERUSER_HERE),
    **admin_rows("chambers_job", "job"),
    **admin_rows("chambers_mail", "mail"),
    **admin_rows("marketplace_report", "report"),
    **admin_rows("marketplace_opportunity", "draft"),
    "admin:marketplace_opportunity_review": Row(
        get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="draft"
    ),
    **admin_rows("marketplace_interest", "interest"),
    **admin_rows(
        "marketplace_event",
        "event",
        add=MANAGERS,
        change=who(302, any_staff=404, staff_viewer=403, own_managers=200),
    ),
    "admin:marketplace_event_tables": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"),
    "admin:marketplace_event_slots": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"),
    "admin:marketplace_event_rules": Row(get=OWN_STAFF, post=OWN_MANAGERS_DONE, about="event"),
    "admin:marketplace_event_repair": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"),
    "admin:marketplace_event_reopen": Row(
        get=who(302, any_staff=404, own_staff=302), post=OWN_MANAGERS_DONE, about="event"
    ),
    "admin:marketplace_event_coverage": Row(get=OWN_STAFF, post=VIEWERS_REFUSED, about="event"),
    "admin:marketplace_event_grid": Row(get=OWN_STAFF, post=OWN_STAFF, about="event"),
    "admin:marketplace_event_desk": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"),
    # What has no page of its own leads to the desk.
    "admin:marketplace_event_mark": Row(
        get=who(302, any_staff=404, own_staff=302), post=OWN_MANAGERS_ASKED, about="event"
    ),
    "admin:marketplace_event_offer": Row(
        get=who(302, any_staff=404, own_staff=302), post=OWN_MANAGERS_ASKED, about="event"
    ),
    "admin:marketplace_event_absent": Row(  # names no company
        get=who(302, any_staff=404), post=VIEWERS_REFUSED, about="event"
    ),
    "admin:marketplace_event_display": Row(
        get=OWN_STAFF,
        post=who(302, any_staff=404, staff_viewer=403, own_managers=200),
        about="event",
    ),
    "admin:marketplace_event_kit": Row(get=OWN_STAFF, post=OWN_STAFF, about="event"),
    "admin:marketplace_event_kit_file": Row(get=OWN_STAFF, post=OWN_STAFF, about="event"),
    "admin:marketplace_event_marks": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"),
    "admin:marketplace_event_marks_people": Row(  # ticks nobody
        get=OWN_STAFF, post=OWN_MANAGERS_DONE, about="event"
    ),
    "admin:marketplace_event_marks_file": Row(
        get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="event"
    ),
    "admin:marketplace_event_badge": Row(
        get=OWN_STAFF, post=OWN_MANAGERS_DONE, about="participant"
    ),
    "admin:marketplace_event_mails": Row(get=OWN_STAFF, post=OWN_STAFF, about="event"),
    "admin:marketplace_event_mail_text": Row(  # an empty preview
        get=OWN_STAFF,
        post=who(302, any_staff=404, staff_viewer=403, own_managers=200),
        about="event",
        kwargs={"kind": "request_window", "language": "en"},
    ),
    **admin_rows("marketplace_hall", "hall", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("marketplace_table", "table", change=OWN_MANAGERS),
    **admin_rows("marketplace_slot", "slot", change=OWN_MANAGERS),
    **admin_rows("marketplace_session", "session", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("marketplace_group", "group", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("marketplace_delegation", "delegation", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("marketplace_interpreter", "interpreter", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("marketplace_registration", "registration", change=OWN_MANAGERS),
    **admin_rows(
        "marketplace_participant",
        "participant",
        change=who(302, any_staff=404, staff_viewer=403, own_managers=200),
    ),
    "admin:marketplace_participant_leave": Row(  # has a meeting: no reason is given
        get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="participant"
    ),
    **admin_rows("marketplace_meetingrequest", "meetingrequest"),
    **admin_rows("marketplace_meeting", "meeting", add=MANAGERS, change=OWN_STAFF_REFUSED),
    "admin:marketplace_meeting_move": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="meeting"),
    "admin:marketplace_meeting_order": Row(get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="meeting"),
    **admin_rows("marketplace_interpreterwish", "interpreterwish"),
    "admin:marketplace_interpreterwish_answer": Row(
        get=OWN_STAFF, post=OWN_MANAGERS_ASKED, about="interpreterwish"
    ),
    **admin_rows("marketplace_dispute", "dispute"),
    **admin_rows("marketplace_feedback", "feedback"),
    **admin_rows("marketplace_call", "call"),
    **admin_rows("marketplace_outcome", "outcome"),
    "admin:marketplace_outcome_evidence": Row(  # there is no file
        get=STAFF_GONE, post=STAFF_GONE, about="outcome"
    ),
    **admin_rows("marketplace_timetable", "timetable", add=MANAGERS, change=OWN_STAFF_REFUSED),
    "admin:marketplace_timetable_grid": Row(get=OWN_STAFF, post=VIEWERS_REFUSED, about="timetable"),
    "admin:marketplace_timetable_compare": Row(get=OWN_STAFF, post=OWN_STAFF, about="timetable"),
    "admin:marketplace_timetable_publish": Row(
        get=OWN_STAFF, post=VIEWERS_REFUSED, about="timetable"
    ),
    **admin_rows("matching_run", "run", add=MANAGERS, read=STAFF),
    **admin_rows("matching_triad", "triad"),
    "admin:matching_run_history_report": Row(get=STAFF, post=STAFF),
    "admin:matching_run_exposure_report": Row(get=STAFF, post=STAFF),
    "admin:matching_run_coverage_report": Row(get=STAFF, post=STAFF_GONE),  # names no chamber
    **admin_rows("matching_suggestionlist", "suggestionlist"),
    **admin_rows("matching_pairhistory", "history", add=MANAGERS),
    **admin_rows(
        "matching_weightset",
        "weightset",
        add=SUPERUSER,
        read=STAFF,
        change=who(302, any_staff=403, superuser=200),
    ),
    **admin_rows("matching_chamberemphasis", "emphasis", add=MANAGERS, change=OWN_MANAGERS),
    **admin_rows("matching_eventemphasis", "eventemphasis", add=MANAGERS, change=OWN_MANAGERS),
    "admin:matching_weightset_learn": Row(
        get=STAFF_NO_METHOD,
        post=who(302, any_staff=403, superuser=302),  # led back to the list
    ),
}

# ---------------------------------------------------------------- programs
API_SIGNED_IN = who(200, guest=401)
API_INSIDE = who(404, guest=401, own_company=200, own_staff=200)
# Nothing is said, and a token of the world only reads.
API_ASKED = who(400, guest=401, any_token=403)
API_ASKED_INSIDE = who(404, guest=401, own_company=400, own_staff=400, any_token=403)


API_OWN = who(404, guest=401, own_company=200)
API_LEADS = who(404, guest=401, owner=200, any_token=403)


def api_decided(status, **others):
    """Only who may decide for the company gets ``status``; the rest of its readers is refused."""
    inside = {"own_company": 403, "own_staff": 403, "own_editors": status, **others}
    return who(404, guest=401, **inside, any_token=403)


def api_by_staff(status):
    """Only managers of the organiser get ``status``; companies know of no timetable."""
    return who(404, guest=401, staff_viewer=403, own_managers=status, any_token=403)


API = {
    "api": Row(get=PUBLIC),
    "api-schema": Row(get=PUBLIC),
    "api-docs": Row(get=PUBLIC),
    "api-v1": Row(get=PUBLIC),
    "api-me": Row(get=API_SIGNED_IN),
    "api-mail-choices": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-chamber-list": Row(get=PUBLIC),
    "api-chamber-detail": Row(get=PUBLIC, about="chamber"),
    "api-company-list": Row(get=PUBLIC),
    "api-company-detail": Row(get=OWN_COMPANY_OR_CHAMBER, about="hidden"),
    "api-opportunity-list": Row(get=PUBLIC, post=API_ASKED),
    "api-opportunity-detail": Row(
        get=OWN_COMPANY_OR_CHAMBER,
        patch=api_decided(409),
        about="draft",  # is in review
    ),
    "api-opportunity-submit": Row(post=api_decided(409), about="draft"),
    "api-opportunity-take-back": Row(post=api_decided(200), about="draft"),
    "api-opportunity-renew": Row(post=api_decided(409, own_managers=409), about="draft"),
    "api-opportunity-archive": Row(post=api_decided(409, own_managers=409), about="draft"),
    # No company publishes what it wrote; a manager gives no scores here.
    "api-opportunity-review": Row(post=api_decided(403, own_managers=400), about="draft"),
    "api-opportunity-reviews": Row(get=OWN_COMPANY_OR_CHAMBER, about="draft"),
    "api-suggestions": Row(
        get=who(404, guest=401, own_company=200, own_staff=200), about="company"
    ),
    "api-advice": Row(get=who(404, guest=401, own_company=200, own_staff=200), about="company"),
    "api-triads": Row(get=who(404, guest=401, own_company=200, own_staff=200), about="company"),
    "api-triad-refuse": Row(  # there is no such proposal
        post=who(404, guest=401, any_token=403), about="company", kwargs={"triad": UUID(int=7)}
    ),
    "api-dismissal-list": Row(
        # Nobody is named.
        post=who(404, guest=401, own_company=400, own_staff=400, any_token=403),
        about="company",
    ),
    "api-dismissal-detail": Row(  # nobody is marked
        delete=who(404, guest=401, any_token=403), about="company", kwargs={"other": UUID(int=7)}
    ),
    "api-known-list": Row(
        get=who(404, guest=401, own_company=200, own_staff=200),
        post=who(404, guest=401, own_company=400, own_staff=400, any_token=403),
        about="company",
    ),
    "api-known-detail": Row(  # nothing is recorded
        delete=who(404, guest=401, any_token=403), about="company", kwargs={"record": UUID(int=7)}
    ),
    "api-scoring": Row(get=PUBLIC),
    "api-conditions": Row(
        get=who(404, guest=401, own_company=200, own_staff=200),
        post=who(404, guest=401, own_company=403, own_staff=403, own_editors=200, any_token=403),
        about="company",
    ),
    "api-exclusion-list": Row(
        get=who(404, guest=401, own_company=200, own_staff=200),
        # Nothing is said to exclude.
        post=who(404, guest=401, own_company=400, own_staff=400, any_token=403),
        about="company",
    ),
    "api-exclusion-detail": Row(  # nobody is excluded
        delete=who(404, guest=401, any_token=403),
        about="company",
        kwargs={"other": UUID(int=7)},
    ),
    "api-profile": Row(
        get=who(404, guest=401, own_company=200, own_staff=200),
        patch=who(404, guest=401, own_company=403, own_staff=403, own_editors=200, any_token=403),
        about="company",
    ),
    # Not even the staff that looks after a company speaks for it.
    "api-colleague-list": Row(get=API_OWN, about="company"),
    "api-colleague-detail": Row(  # nobody is meant
        patch=who(404, guest=401, any_token=403),
        delete=who(404, guest=401, any_token=403),
        about="company",
        kwargs={"person": UUID(int=7)},
    ),
    "api-invitation-list": Row(
        get=API_OWN,
        post=who(404, guest=401, own_company=403, owner=400, any_token=403),
        about="company",
    ),
    "api-invitation-detail": Row(  # none is meant
        delete=who(404, guest=401, any_token=403),
        about="company",
        kwargs={"invitation": UUID(int=7)},
    ),
    "api-join-request-list": Row(get=API_SIGNED_IN),
    "api-join-request-accept": Row(post=API_LEADS, about="joinrequest"),
    "api-join-request-decline": Row(post=API_LEADS, about="joinrequest"),
    "api-search-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-search-detail": Row(
        get=who(404, guest=401, owner=200, token=200),
        patch=who(404, guest=401, owner=200, any_token=403),
        delete=who(404, guest=401, owner=204, any_token=403),
        about="search",
    ),
    "api-conversation-list": Row(
        # Of several companies it has to be said which.
        get=who(
            200, guest=401, own_company=400, stranger=400, stranger_viewer=400, other_token=400
        ),
        post=API_ASKED,
    ),
    "api-conversation-detail": Row(get=API_OWN, about="conversation"),
    "api-conversation-read": Row(
        post=who(404, guest=401, own_company=204, any_token=403), about="conversation"
    ),
    "api-message-list": Row(
        get=API_OWN,
        post=who(404, guest=401, viewer=403, own_editors=400, any_token=403),
        about="conversation",
    ),
    "api-message-report": Row(
        post=who(404, guest=401, viewer=403, own_editors=400, any_token=403), about="message"
    ),
    "api-block-list": Row(
        get=API_OWN,
        post=who(404, guest=401, viewer=403, own_editors=400, any_token=403),
        about="company",
    ),
    "api-block-detail": Row(  # nobody is blocked
        delete=who(404, guest=401, any_token=403),
        about="company",
        kwargs={"other": UUID(int=7)},
    ),
    "api-suggested-codes": Row(
        get=who(404, guest=401, own_company=200, own_staff=200),
        # No code is given.
        post=who(404, guest=401, own_company=400, own_staff=400, any_token=403),
        about="company",
    ),
    "api-run-list": Row(
        get=API_SIGNED_IN,
        # While a run is open a second one is a conflict.
        post=who(403, guest=401, any_manager=409),
    ),
    "api-run-detail": Row(get=who(404, guest=401, any_staff=200), about="run"),
    "api-run-stop": Row(
        post=who(404, guest=401, viewers=403, any_manager=202, any_token=403), about="run"
    ),
    "api-event-list": Row(get=PUBLIC),
    "api-event-detail": Row(get=who(404, own_staff=200), about="draftevent"),
    "api-event-guests": Row(get=API_SIGNED_IN, about="event"),
    "api-check-in-list": Row(
        get=who(404, guest=401, own_staff=200),
        post=who(404, guest=401, own_staff=400, any_token=403),  # names no badge
        about="event",
    ),
    "api-check-in-detail": Row(  # nobody is meant
        delete=who(404, guest=401, any_token=403),
        about="event",
        kwargs={"participant": UUID(int=7)},
    ),
    "api-repairs": Row(
        get=who(404, guest=401, own_staff=200),
        post=api_by_staff(400),  # names no cause
        about="event",
    ),
    "api-reopen": Row(post=api_by_staff(400), about="event"),  # names no table
    "api-registration-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-registration-detail": Row(get=API_INSIDE, about="registration"),
    "api-registration-consent": Row(post=API_ASKED_INSIDE, about="registration"),
    "api-registration-participants": Row(post=API_ASKED_INSIDE, about="registration"),
    "api-registration-withdraw": Row(post=api_decided(200, own_managers=200), about="registration"),
    "api-participant-detail": Row(  # has a meeting
        patch=api_decided(200, own_managers=200),  # nothing is said
        delete=api_decided(409, own_managers=409),
        about="participant",
    ),
    "api-availability": Row(get=API_INSIDE, post=API_ASKED_INSIDE, about="participant"),
    "api-request-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-request-direct": Row(post=API_ASKED),
    "api-request-detail": Row(
        get=API_INSIDE,
        patch=api_decided(409),  # is sent
        about="meetingrequest",
    ),
    "api-request-send": Row(post=api_decided(409), about="meetingrequest"),  # is sent
    "api-request-accept": Row(post=api_decided(409), about="meetingrequest"),  # no time is free
    "api-request-decline": Row(post=api_decided(200), about="meetingrequest"),
    "api-request-withdraw": Row(post=api_decided(200), about="meetingrequest"),
    "api-request-propose": Row(post=api_decided(400), about="meetingrequest"),
    # With the chamber: who sent it may take it back, nobody else may answer yet.
    "api-interest-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-interest-detail": Row(get=API_INSIDE, about="interest"),
    "api-interest-forward": Row(post=api_decided(403, own_managers=200), about="interest"),
    "api-interest-question": Row(post=API_ASKED_INSIDE, about="interest"),
    "api-interest-answer": Row(post=API_ASKED_INSIDE, about="interest"),
    "api-interest-accept": Row(post=api_decided(403), about="interest"),
    "api-interest-decline": Row(  # no reason is given
        post=api_decided(403, own_managers=400), about="interest"
    ),
    "api-interest-withdraw": Row(post=api_decided(200), about="interest"),
    "api-meeting-list": Row(get=API_SIGNED_IN),
    "api-meeting-detail": Row(get=API_INSIDE, about="meeting"),
    "api-meeting-cancel": Row(post=API_ASKED_INSIDE, about="meeting"),
    "api-meeting-link": Row(post=API_ASKED_INSIDE, about="meeting"),
    "api-meeting-colleague": Row(post=API_ASKED_INSIDE, about="meeting"),
    "api-meeting-said": Row(post=API_ASKED_INSIDE, about="meeting"),
    "api-meeting-feedback": Row(get=API_INSIDE, post=api_decided(409), about="meeting"),
    "api-outcome-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-outcome-detail": Row(get=API_INSIDE, about="outcome"),
    "api-outcome-change": Row(post=API_ASKED_INSIDE, about="outcome"),
    # Both have agreed: there is nothing left to confirm.
    "api-outcome-confirm": Row(post=api_decided(409), about="outcome"),
    "api-outcome-refuse": Row(post=API_ASKED_INSIDE, about="outcome"),
    "api-outcome-withdraw": Row(post=api_decided(200), about="outcome"),
    "api-meeting-attendance": Row(  # has not begun
        post=api_decided(409, own_managers=409), about="meeting"
    ),
    "api-move-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-move-detail": Row(get=API_INSIDE, about="move"),
    "api-move-accept": Row(post=API_ASKED_INSIDE, about="move"),
    "api-move-decline": Row(post=api_decided(409, own_managers=409), about="move"),  # is declined
    "api-move-withdraw": Row(post=api_decided(409), about="move"),
    "api-offer-list": Row(get=API_SIGNED_IN),
    "api-offer-detail": Row(get=API_INSIDE, about="offer"),
    "api-offer-accept": Row(post=api_decided(409, own_managers=409), about="offer"),  # is declined
    "api-offer-decline": Row(post=api_decided(409, own_managers=409), about="offer"),
    "api-proposals": Row(
        get=who(404, guest=401, own_staff=200),
        post=api_by_staff(202),
        delete=api_by_staff(200),
        about="event",
    ),
    "api-proposing": Row(  # nothing was chosen
        get=who(404, guest=401), about="event", kwargs={"job": UUID(int=7)}
    ),
    "api-proposing-stop": Row(
        post=who(404, guest=401, any_token=403), about="event", kwargs={"job": UUID(int=7)}
    ),
    "api-feed-list": Row(get=API_SIGNED_IN, post=who(201, guest=401, any_token=403)),
    "api-feed-detail": Row(delete=who(404, guest=401, owner=204, any_token=403), about="feed"),
    "api-timetable-list": Row(get=API_SIGNED_IN, post=API_ASKED),
    "api-timetable-detail": Row(get=who(404, guest=401, own_staff=200), about="timetable"),
    "api-timetable-certificate": Row(get=who(404, guest=401, own_staff=200), about="timetable"),
    "api-timetable-stop": Row(post=api_by_staff(409), about="timetable"),  # is over
    "api-timetable-publish": Row(post=api_by_staff(200), about="timetable"),
    "api-timetable-unpublish": Row(post=api_by_staff(409), about="timetable"),  # is a draft
    "api-nothing": Row(
        get=NOT_FOUND,
        post=NOT_FOUND,
        patch=NOT_FOUND,
        delete=NOT_FOUND,
        kwargs={"rest": "nowhere"},
    ),
    "api-token-list": Row(get=API_SIGNED_IN, post=who(400, guest=401, any_token=403)),
    # A token ends nothing but itself.
    "api-token-detail": Row(delete=who(404, guest=401, owner=204), about="token"),
}

# ---------------------------------------------------------------- pages
# A company asks about a partner; one's own is no partner, and a chamber has none.
PARTNER = who(404, guest=302, stranger=200, stranger_viewer=200)
# A company that does not take part is led to the event; its readers do not register it.
AT_EVENT = who(302, own_company=200)
EVENT_EDITORS = who(302, viewer=403, own_editors=200)
OWN_REQUEST = who(404, guest=302, own_company=200)
OWN_ASKED = who(404, guest=302, viewer=403, own_editors=422)  # nothing is given
OWN_EDITED = who(404, guest=302, viewer=403, own_editors=200)
OWN_DONE = who(404, guest=302, viewer=403, own_editors=302)
# Led to the meeting, of which nothing can be said yet.
NOT_BEGUN = who(404, guest=302, own_company=302)
COMPANY_PAGE = who(200, guest=302, any_staff=404)
OF_PARTNER = who(404, guest=302, own_company=403)
# Waits at the chamber: it cannot be answered yet, and those who try are led to how it stands.
INTEREST_ELSEWHERE = who(404, guest=302, viewer=403, own_editors=302)
INTEREST_PAGES = {
    "interests": Row(get=SIGNED_IN),
    "interest": Row(get=who(404, guest=302, own_company=200), about="interest"),
    "interest-accept": Row(get=INTEREST_ELSEWHERE, post=INTEREST_ELSEWHERE, about="interest"),
    "interest-question": Row(get=INTEREST_ELSEWHERE, post=INTEREST_ELSEWHERE, about="interest"),
    "interest-answer": Row(get=INTEREST_ELSEWHERE, post=INTEREST_ELSEWHERE, about="interest"),
    "interest-decline": Row(get=INTEREST_ELSEWHERE, post=INTEREST_ELSEWHERE, about="interest"),
    "interest-withdraw": Row(
        get=who(404, guest=302, viewer=403, own_editors=200),
        post=INTEREST_ELSEWHERE,  # done
        about="interest",
    ),
    # Staff is told that companies do this; nothing is written.
    "interest-new": Row(
        get=who(200, guest=302, viewer=403, stranger_viewer=403),
        post=who(200, guest=302, viewer=403, stranger_viewer=403, own_editors=422, stranger=422),
        about="opportunity",
    ),
}
NOT_OFFERED = who(404, guest=302, viewer=403)
NOT_AT_EVENT = who(404, guest=302)
EVENT_PAGES = {
    "events": Row(get=PUBLIC),
    "event": Row(get=who(404, own_staff=200), about="draftevent"),
    "event-register": Row(
        get=who(302, stranger=200, stranger_viewer=403),
        post=who(302, stranger=422, stranger_viewer=403),
        about="event",
    ),
    "event-registration": Row(
        get=AT_EVENT, post=who(302, viewer=403, own_editors=422), about="event"
    ),
    "event-person": Row(
        get=EVENT_EDITORS, post=who(302, viewer=403, own_editors=422), about="event"
    ),
    "event-withdraw": Row(get=EVENT_EDITORS, post=who(302, viewer=403), about="event"),
    "event-people": Row(get=AT_EVENT, about="event"),
    "event-requests": Row(get=AT_EVENT, about="event"),
    "event-timetable": Row(get=AT_EVENT, about="event"),
    "event-tables": Row(get=AT_EVENT, about="event"),
    "event-calendar": Row(get=AT_EVENT, about="event"),
    "event-pdf": Row(get=AT_EVENT, about="event"),
    "event-plan": Row(get=AT_EVENT, about="event"),
    "availability": Row(
        get=who(404, guest=302, own_company=200, own_staff=302),
        # Nothing is open, though there is a meeting.
        post=who(404, guest=302, viewer=403, own_editors=422, own_staff=302),
        about="participant",
    ),
    "participant": Row(  # no name is given
        get=who(404, guest=302, viewer=403, own_editors=200, own_staff=302),
        post=who(404, guest=302, viewer=403, own_editors=422, own_staff=302),
        about="participant",
    ),
    "participant-remove": Row(  # has a meeting: neither a substitute nor a reason is given
        get=who(404, guest=302, viewer=403, own_editors=200, own_staff=302),
        post=who(404, guest=302, viewer=403, own_editors=422, own_staff=302),
        about="participant",
    ),
    "request-new": Row(get=who(404, guest=302), post=who(404, guest=302), about="registration"),
    "request": Row(get=OWN_REQUEST, about="meetingrequest"),
    # The other side is to answer: who asked is led to the request.
    "request-accept": Row(get=OWN_DONE, post=OWN_DONE, about="meetingrequest"),
    "request-draft": Row(get=OWN_DONE, post=OWN_DONE, about="meetingrequest"),
    "request-decline": Row(get=OWN_DONE, post=OWN_DONE, about="meetingrequest"),
    "request-propose": Row(get=OWN_DONE, post=OWN_DONE, about="meetingrequest"),
    "request-withdraw": Row(get=OWN_EDITED, post=OWN_DONE, about="meetingrequest"),
    "meeting": Row(get=OWN_REQUEST, about="meeting"),
    "meetings": Row(get=SIGNED_IN),
    "meeting-where": Row(get=NOT_AT_EVENT, post=NOT_AT_EVENT, about="meeting"),  # the event's
    "meeting-colleague": Row(get=OWN_EDITED, post=OWN_ASKED, about="meeting"),
    "meeting-cancel": Row(get=OWN_EDITED, post=OWN_ASKED, about="meeting"),
    "meeting-link": Row(get=OWN_EDITED, post=OWN_ASKED, about="meeting"),
    "meeting-move": Row(get=OWN_EDITED, post=OWN_ASKED, about="meeting"),
    "meeting-said": Row(get=REDIRECT, post=OWN_DONE, about="meeting"),  # nothing is said: led on
    "meeting-feedback": Row(get=NOT_BEGUN, post=NOT_BEGUN, about="meeting"),
    "past-meetings": Row(get=COMPANY_PAGE),
    "results": Row(get=PUBLIC),
    "outcomes": Row(get=COMPANY_PAGE),
    "outcome-new": Row(  # nothing is stated
        get=who(200, guest=302, viewer=403, any_staff=404),
        post=who(422, guest=302, viewer=403, any_staff=404),
    ),
    "outcome": Row(get=OWN_REQUEST, about="outcome"),
    "outcome-change": Row(get=OWN_EDITED, post=OWN_ASKED, about="outcome"),
    # The partner confirms.
    "outcome-confirm": Row(get=OF_PARTNER, post=OF_PARTNER, about="outcome"),
    "outcome-refuse": Row(get=OF_PARTNER, post=OF_PARTNER, about="outcome"),
    "outcome-withdraw": Row(get=REDIRECT, post=OWN_DONE, about="outcome"),
    "outcome-evidence": Row(get=who(404, guest=302), about="outcome"),  # there is no file
    "meeting-moved": Row(  # no other time is proposed
        get=REDIRECT, post=NOT_OFFERED, about="meeting"
    ),
    "meeting-standby": Row(get=REDIRECT, post=NOT_OFFERED, about="meeting"),  # no time is offered
}
PAGES = {
    "robots": Row(get=PUBLIC),
    "sitemap": Row(get=PUBLIC),
    "sitemap-file": Row(get=PUBLIC, kwargs={"section": "companies-en"}),
    "livez": Row(get=PUBLIC),
    "searches": Row(get=SIGNED_IN),
    "search-new": Row(
        get=SIGNED_IN,
        post=who(422, guest=302),  # without a name
        kwargs={"kind": "companies"},
    ),
    "search": Row(
        get=who(404, guest=302, owner=200), post=who(404, guest=302, owner=422), about="search"
    ),
    "search-delete": Row(get=REDIRECT, post=who(404, guest=302, owner=302), about="search"),
    "companies-export": Row(get=SIGNED_IN),
    "opportunities-export": Row(get=SIGNED_IN),
    "calendars": Row(get=SIGNED_IN, post=SIGNED_IN),
    "calendar-revoke": Row(get=REDIRECT, post=who(404, guest=302, owner=302), about="feed"),
    "calendar-feed": Row(get=NOT_FOUND, kwargs={"secret": "unknown"}),
    "mail-choices": Row(get=SIGNED_IN, post=who(422, guest=302)),  # nothing is chosen
    # Of the demo, which no other machine reaches.
    "demo-mails": Row(get=NOT_FOUND),
    "demo-mail": Row(get=NOT_FOUND, about="mail"),
    "demo-mail-html": Row(get=NOT_FOUND, about="mail"),
    "demo-mail-calendar": Row(get=NOT_FOUND, about="mail"),
    "conversations": Row(get=who(200, guest=302)),
    "conversation": Row(get=OWN_REQUEST, post=OWN_ASKED, about="conversation"),
    "conversation-read": Row(
        get=REDIRECT, post=who(404, guest=302, own_company=302), about="conversation"
    ),
    "message-report": Row(get=OWN_EDITED, post=OWN_ASKED, about="message"),
    # One's own company is nobody to write to, or to keep off.
    "company-message": Row(
        get=who(404, guest=302, stranger=200, stranger_viewer=403),
        post=who(404, guest=302, stranger=422, stranger_viewer=403),
        about="company",
    ),
    "message-block": Row(
        get=REDIRECT,
        post=who(
            404,
            guest=302,
            viewer=403,
            own_editors=302,
            stranger=302,
            stranger_viewer=403,
            token=404,
        ),
        about="company",
    ),
    "opportunity-message": Row(
        get=who(404, guest=302, stranger=200, stranger_viewer=403),
        post=who(404, guest=302, stranger=422, stranger_viewer=403),
        about="opportunity",
    ),
    "meeting-message": Row(get=OWN_EDITED, post=OWN_ASKED, about="meeting"),
    "link": Row(get=NOT_FOUND, post=NOT_FOUND, kwargs={"token": "unknown"}),
    "display": Row(get=NOT_FOUND, kwargs={"secret": "unknown"}),
    "readyz": Row(get=who(503)),  # no clock ticks here
    "document": Row(get=OWN_COMPANY_OR_CHAMBER, about="document"),
    "codes": Row(get=PUBLIC),
    # Who acts for a company changes its own, whatever the row.
    "profile": Row(
        get=SIGNED_IN, post=who(404, guest=302, own_editors=302, viewer=403, stranger=302)
    ),
    "profile-as": Row(get=SIGNED_IN),
    # No file is sent.
    "profile-logo": Row(
        get=REDIRECT, post=who(404, guest=302, own_editors=422, viewer=403, stranger=422)
    ),
    "profile-brochure": Row(
        get=REDIRECT, post=who(404, guest=302, own_editors=422, viewer=403, stranger=422)
    ),
    "profile-file-remove": Row(
        get=REDIRECT, post=who(404, guest=302, own_company=403, own_editors=302), about="document"
    ),
    "register": Row(get=REDIRECT),
    "join": Row(get=SIGNED_IN),
    "join-ask": Row(get=REDIRECT, post=who(404, guest=302)),  # names no company
    "company-new": Row(get=SIGNED_IN, post=who(422, guest=302)),
    "join-withdraw": Row(  # asked by somebody else
        get=REDIRECT, post=who(404, guest=302), about="joinrequest"
    ),
    "invitation": Row(get=NOT_FOUND, post=NOT_FOUND, kwargs={"secret": "unknown"}),
    "people": Row(  # whoever acts for a company sees its people; nobody is named to invite
        get=who(200, guest=302, any_staff=302),
        post=who(404, guest=302, viewer=403, editor=403, owner=422, stranger=422),
    ),
    "join-request": Row(
        get=who(404, guest=302, owner=200), post=who(404, guest=302, owner=302), about="joinrequest"
    ),
    "invitation-withdraw": Row(
        get=REDIRECT, post=who(404, guest=302, own_company=403, owner=302), about="invitation"
    ),
    "person": Row(  # no role is given
        get=who(404, guest=302, own_company=200),
        post=who(404, guest=302, own_company=403, owner=422),
        about="user",
    ),
    "person-remove": Row(  # it is the reader, who may leave
        get=REDIRECT,
        post=who(404, guest=302, editor=403, viewer=302, owner=302),
        about="user",
    ),
    "memberships": Row(  # no chamber is chosen
        get=who(200, guest=302, any_staff=302),
        post=who(404, guest=302, viewer=403, own_editors=422, stranger=422),
    ),
    "tokens": Row(get=SIGNED_IN, post=who(422, guest=302)),
    # A superuser ends those of others in the administration.
    "token-revoke": Row(get=REDIRECT, post=who(404, guest=302, owner=302), about="token"),
    "own-data": Row(get=SIGNED_IN),
    # The sessions here were not signed in a moment ago: the password is asked for.
    "own-data-download": Row(get=REDIRECT),
    "account-delete": Row(get=REDIRECT, post=REDIRECT),
    "application-withdraw": Row(  # is decided: they are led back to how it stands
        get=REDIRECT,
        post=who(404, guest=302, viewer=403, own_editors=302),
        about="member",
    ),
    "details": Row(get=SIGNED_IN, post=who(422, guest=302)),  # nothing is said
    "home": Row(get=PUBLIC),
    "scoring": Row(get=PUBLIC),
    "companies": Row(get=PUBLIC),
    "company": Row(get=OWN_COMPANY_OR_CHAMBER, about="hidden"),
    "direct-ask": Row(get=OWN_EDITED, post=OWN_ASKED, about="hidden"),
    "direct-join": Row(get=OWN_EDITED, post=OWN_ASKED, about="hidden"),
    "opportunities": Row(get=PUBLIC),
    "opportunity": Row(get=OWN_COMPANY_OR_CHAMBER, about="draft"),
    "opportunity-calendar": Row(get=PUBLIC, about="opportunity"),
    "own-opportunities": Row(get=SIGNED_IN),
    "opportunity-new": Row(get=who(200, guest=302, viewer=403)),
    "opportunity-write": Row(
        get=who(200, guest=302, viewer=403),
        post=who(404, guest=302, own_editors=422, viewer=403, stranger=422),
    ),
    "opportunity-edit": Row(  # is in review
        get=who(404, guest=302, own_editors=302, viewer=403),
        post=who(404, guest=302, own_editors=302, viewer=403),
        about="draft",
    ),
    "opportunity-step": Row(  # names none
        get=REDIRECT, post=who(404, guest=302, viewer=403), about="draft"
    ),
    "opportunity-archive": Row(
        get=who(404, guest=302, own_editors=200, viewer=403),
        post=who(404, guest=302, own_editors=302, viewer=403),
        about="draft",
    ),
    **EVENT_PAGES,
    **INTEREST_PAGES,
    "chambers": Row(get=PUBLIC),
    "chamber": Row(get=PUBLIC, about="chamber"),
    "council": Row(get=PUBLIC, about="council"),
    "acting": Row(
        get=REDIRECT,
        post=who(404, guest=302),  # a side that is not theirs
    ),
    "language": Row(post=NOT_FOUND),  # no such language
    "theme": Row(post=REDIRECT),
    "matches": Row(get=SIGNED_IN),
    "conditions": Row(
        get=SIGNED_IN,
        # Who acts for a company changes its own, whatever the row.
        post=who(404, guest=302, own_editors=302, viewer=403, stranger=302),
    ),
    "exclusions": Row(get=SIGNED_IN),
    # A company asks about another; its own is none.
    "exclusion-add": Row(
        get=REDIRECT, post=who(404, guest=302, stranger=302, stranger_viewer=403), about="company"
    ),
    "exclusion-readmit": Row(
        get=REDIRECT, post=who(404, guest=302), about="company"
    ),  # nobody is excluded
    # Who acts for a company adds to its own codes, whatever is given.
    "advice-code": Row(
        get=REDIRECT,
        post=who(404, guest=302, own_editors=302, viewer=403, stranger=302, stranger_viewer=403),
    ),
    "suggested-codes": Row(
        get=SIGNED_IN,
        # No code is given; who may not decide is told so first.
        post=who(404, guest=302, own_editors=422, viewer=403, stranger=422, stranger_viewer=403),
    ),
    "triad-refuse": Row(
        get=REDIRECT, post=who(404, guest=302, own_company=403, own_editors=302), about="triad"
    ),
    "known": Row(get=SIGNED_IN),
    "known-record": Row(
        get=PARTNER,
        post=who(404, guest=302, stranger=422, stranger_viewer=403),  # nothing chosen
        about="company",
    ),
    "known-withdraw": Row(
        get=REDIRECT, post=who(404, guest=302, own_company=403, own_editors=302), about="history"
    ),
    "match": Row(get=PARTNER, about="company"),
    "match-dismiss": Row(
        get=PARTNER,
        post=who(404, guest=302, stranger=422, stranger_viewer=403),  # no reason given
        about="company",
    ),
    "match-restore": Row(
        get=REDIRECT, post=who(404, guest=302, stranger=302, stranger_viewer=403), about="company"
    ),
}

# ---------------------------------------------------------------- accounts
EVERY_METHOD = {"put": REDIRECT, "patch": REDIRECT, "delete": REDIRECT}
GUEST_FIRST_ALWAYS = {"put": GUEST_FIRST, "patch": GUEST_FIRST, "delete": GUEST_FIRST}
NO_FACTOR_YET = who(404, guest=302)
ACCOUNTS = {
    "account_login": Row(
        get=GUESTS,
        post=GUESTS,
        put=GUESTS,
        patch=who(302, guest=405),
        delete=who(302, guest=405),
    ),
    "account_logout": Row(get=SIGNED_IN, post=REDIRECT),
    "account_inactive": Row(get=PUBLIC),
    "account_signup": Row(
        get=GUESTS,
        post=GUESTS,
        put=GUESTS,
        patch=who(302, guest=405),
        delete=who(302, guest=405),
    ),
    "account_reauthenticate": Row(
        get=SIGNED_IN, post=SIGNED_IN, put=SIGNED_IN, patch=GUEST_FIRST, delete=GUEST_FIRST
    ),
    "account_email": Row(
        get=SIGNED_IN, post=REDIRECT, put=REDIRECT, patch=GUEST_FIRST, delete=GUEST_FIRST
    ),
    "account_email_verification_sent": Row(get=PUBLIC),
    "account_change_password": Row(
        get=SIGNED_IN, post=SIGNED_IN, put=SIGNED_IN, patch=GUEST_FIRST, delete=GUEST_FIRST
    ),
    "account_set_password": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    "account_reset_password": Row(get=PUBLIC, post=PUBLIC, put=PUBLIC),
    "account_confirm_login_code": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    "account_confirm_email": Row(get=PUBLIC, post=NOT_FOUND, kwargs={"key": "unknown"}),
    "account_reset_password_from_key_done": Row(get=PUBLIC),
    "account_reset_password_from_key": Row(  # says that the link does not hold
        get=PUBLIC,
        post=PUBLIC,
        put=PUBLIC,
        patch=PUBLIC,
        delete=PUBLIC,
        kwargs={"uidb36": "a", "key": "unknown"},
    ),
    "account_reset_password_done": Row(get=PUBLIC),
    "mfa_index": Row(get=SIGNED_IN, post=GUEST_FIRST, **GUEST_FIRST_ALWAYS),
    "mfa_authenticate": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    "mfa_reauthenticate": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    # The password is asked for again first.
    "mfa_activate_totp": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    "mfa_generate_recovery_codes": Row(get=REDIRECT, post=REDIRECT, **EVERY_METHOD),
    "mfa_deactivate_totp": Row(
        get=NO_FACTOR_YET,
        post=NO_FACTOR_YET,
        put=NO_FACTOR_YET,
        patch=NO_FACTOR_YET,
        delete=NO_FACTOR_YET,
    ),
    "mfa_view_recovery_codes": Row(get=NO_FACTOR_YET, post=GUEST_FIRST, **GUEST_FIRST_ALWAYS),
    "mfa_download_recovery_codes": Row(
        get=NO_FACTOR_YET,
        post=NO_FACTOR_YET,
        put=NO_FACTOR_YET,
        patch=NO_FACTOR_YET,
        delete=NO_FACTOR_YET,
    ),
}

ACCESS = {**ADMINISTRATION, **API, **PAGES, **ACCOUNTS}
