"""Two chambers with the same things in each, every text in them marked, and everybody who asks.

A mark is a word that occurs nowhere else, so that finding it in an answer proves a leak (or, for
who may read it, that the text is really shown).
"""

import datetime as dt
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.utils import timezone

from chambers.models import Level, Membership, Representative, Scope, Staff, User
from marketplace.models import Opportunity
from tests import access_events, factories

ROLES = [
    "guest",
    "stranger",  # owner of a member company of the other chamber
    "viewer",
    "editor",
    "owner",
    "other manager",
    "staff viewer",
    "manager",
    "superuser",
    "deactivated",  # was an owner here; the session is still there
    "token",  # of the owner, for reading only
]
READING = [scope for scope in Scope.values if scope.endswith(":read")]


def relation(role, tenant):
    """What somebody is to the rows of a tenant: the words of the access table."""
    if role in ("guest", "deactivated"):
        return "guest"
    if role == "superuser":
        return role
    if (role in ("stranger", "other manager")) == (tenant == "theirs"):
        return {"stranger": "owner", "other manager": "manager"}.get(role, role)
    return {
        "staff viewer": "other staff viewer",
        "manager": "other manager",
        "other manager": "other manager",
        "token": "other token",
        "viewer": "stranger viewer",
    }.get(role, "stranger")


INSIDE = {"viewer", "editor", "owner", "token"}
STAFF = {"staff viewer", "manager", "superuser"}
OTHERS = {"stranger", "stranger viewer", "other token", "other staff viewer", "other manager"}
MEMBERS = INSIDE | STAFF | OTHERS
EVERYONE = MEMBERS | {"guest"}


@dataclass
class Tenant:
    """A chamber and all that is kept of it; ``marks`` maps each word to who may read it."""

    name: str
    marks: dict[str, set[str]] = field(default_factory=dict)
    objects: dict[str, object] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def mark(self, where, readers):
        """A new word for a place."""
        word = f"Q{self.name}{where}Z".replace(" ", "")  # letters alone: nothing is escaped
        self.marks[word] = set(readers)
        return word


def build():
    """(ours, theirs, {role: person}) in the database."""
    run = factories.RunFactory(current=True)
    ours, theirs = _tenant("ours"), _tenant("theirs")
    # Staff of any chamber watch runs; companies do not.
    watchers = STAFF | {"other staff viewer", "other manager"}
    factories.RunFactory(running=True, error=ours.mark("run error", watchers))
    ours.objects["run"] = theirs.objects["run"] = factories.Run.objects.get(state="running")
    ours.objects["weightset"] = theirs.objects["weightset"] = factories.WeightSetFactory(
        note=ours.mark("weights", watchers)
    )
    for tenant, other in ((ours, theirs), (theirs, ours)):
        tenant.objects["suggestionlist"] = factories.SuggestionListFactory(
            run=run,
            company=tenant.objects["company"],
            partners=[other.objects["company"].pk],
        )
    people = {
        "stranger": theirs.people["owner"],
        "other manager": theirs.people["manager"],
        "superuser": factories.UserFactory(superuser=True),
        **{role: ours.people[role] for role in ("viewer", "editor", "owner", "manager")},
        "staff viewer": ours.people["staff viewer"],
    }
    people["deactivated"] = factories.UserFactory()
    factories.RepresentativeFactory(
        company=ours.objects["company"], person=people["deactivated"], role="owner"
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=one, email=one.email, verified=True, primary=True)
        for one in User.objects.all()
    )
    return ours, theirs, people


def _tenant(name):
    one = Tenant(name)
    mark, inside = one.mark, INSIDE | STAFF
    chamber = factories.ChamberFactory(
        name_en=mark("chamber name", EVERYONE), city=mark("chamber city", EVERYONE)
    )
    one.objects["chamber"] = chamber
    company = factories.CompanyFactory(
        member=True,
        membership__chamber=chamber,
        membership__reason=mark("reason", STAFF),
        membership__notes=mark("notes", STAFF),
        country=factories.CountryFactory(code="RU" if name == "ours" else "JP"),
        legal_name=mark("company", EVERYONE),
        city=mark("company city", EVERYONE),
        description={"en": mark("description", EVERYONE)},
        registration_number=mark("number", MEMBERS),
        website=f"https://{mark('website', inside)}.example",
        visibility={"website": Level.ACCEPTED},
        codes=[factories.TradeCodeFactory()],
        indexed=True,
    )
    hidden = factories.CompanyFactory(
        member=True,
        membership__chamber=chamber,
        is_listed=False,
        legal_name=mark("hidden company", inside),
        description={"en": mark("hidden text", inside)},
        indexed=True,
        corporate_group=mark("group", inside),
        held_on=dt.date(2026, 1, 1),
        held_reason=mark("hold", {"manager", "superuser"}),
    )
    one.objects |= {
        "company": company,
        "hidden": hidden,
        "member": company.memberships.get(),
        "country": company.country,
        "tradecode": company.codes.get(),
        "history": factories.PairHistoryFactory(
            one=company,
            other=hidden,
            kind="declined",
            stated_by=company,
            note=mark("decline", inside),
        ),
    }
    one.objects["document"] = factories.DocumentFactory(
        company=hidden, name=mark("document", inside)
    )
    _people(one, company, hidden, chamber)
    _bodies(one, company, hidden, chamber)
    _opportunities(one, company, hidden)
    _messages(one, company)
    _work(one, chamber)
    access_events.build(
        one, company, hidden, chamber, everyone=EVERYONE, inside=inside, staff=STAFF
    )
    return one


def _people(one, company, hidden, chamber):
    colleagues = INSIDE | STAFF
    for role in Representative.Role.values:
        person = factories.UserFactory(name=one.mark(f"{role} name", colleagues))
        one.people[role] = person
        for where in (company, hidden):
            factories.RepresentativeFactory(company=where, person=person, role=role)
    for role, word in ((Staff.Role.MANAGER, "manager"), (Staff.Role.VIEWER, "staff viewer")):
        person = factories.UserFactory(name=one.mark(f"{word} name", STAFF))
        one.people[word] = person
        one.objects["staff"] = factories.StaffFactory(person=person, chamber=chamber, role=role)
    one.objects["user"] = one.people["viewer"]
    one.objects["joinrequest"] = factories.JoinRequestFactory(
        company=company, message=one.mark("asks", {"owner", "token"} | STAFF)
    )
    one.objects["invitation"] = factories.InvitationFactory(
        company=company, email=f"{one.mark('invited', INSIDE)}@example.org"
    )
    one.objects["membership"] = factories.MembershipFactory(
        applied=True,
        chamber=chamber,
        company__legal_name=one.mark("applicant", STAFF),
        company__is_listed=False,
    )
    factories.MembershipFactory(
        chamber=chamber,
        decision=Membership.Decision.REFUSED,
        starts_on=None,
        company__legal_name=one.mark("refused applicant", STAFF),
        reason="Not of our region.",
    )
    owner = one.people["owner"]
    token, _ = factories.people.issue_token(
        owner, name=one.mark("token", {"owner", "token", "superuser"}), scopes=READING
    )
    one.objects["token"] = token


def _bodies(one, company, hidden, chamber):
    public, inside = EVERYONE, INSIDE | STAFF
    guild = factories.GuildFactory(
        chamber=chamber, name_en=one.mark("guild", public), chair=one.mark("guild chair", public)
    )
    one.objects["guild"] = guild
    one.objects["guildmembership"] = factories.GuildMembershipFactory(guild=guild, company=hidden)
    one.objects["commission"] = factories.CommissionFactory(
        chamber=chamber, chair=one.mark("commission chair", public)
    )
    partner = factories.ChamberFactory()
    factories.AgreementFactory(
        first=chamber, second=partner, scope={"en": one.mark("agreement", public)}
    )
    one.objects["agreement"] = factories.AgreementFactory(
        first=chamber,
        second=partner,
        starts_on=None,
        scope={"en": one.mark("negotiation", inside - INSIDE)},
    )
    one.objects["council"] = factories.CouncilFactory(
        chambers=[chamber], name_en=one.mark("council", public)
    )


def _opportunities(one, company, hidden):
    inside = INSIDE | STAFF
    one.objects["opportunity"] = factories.OpportunityFactory(
        published=True,
        company=company,
        title={"en": one.mark("title", EVERYONE)},
        text={"en": one.mark("text", EVERYONE)},
        codes=[factories.TradeCodeFactory()],
    )
    one.objects["triad"] = factories.TriadFactory(first=company)
    one.objects["draft"] = factories.OpportunityFactory(
        in_review=True,
        company=company,
        kind=Opportunity.Kind.INVESTMENT,
        title={"en": one.mark("draft title", inside)},
        text={"en": one.mark("draft text", inside)},
    )
    factories.InvestmentTermsFactory(
        opportunity=one.objects["draft"], region=one.mark("region", inside)
    )
    factories.OpportunityFactory(
        published=True, company=hidden, title={"en": one.mark("hidden title", inside)}
    )
    one.objects["interest"] = factories.InterestFactory(
        opportunity=one.objects["opportunity"],
        company=hidden,
        cooperation=one.mark("interest", inside),
        at_chamber=one.objects["chamber"],
    )


def _messages(one, company):
    """Others wrote to the company; it has shown one message of theirs to the chambers."""
    inside = INSIDE
    talk = factories.ConversationFactory(partner=company)
    message = factories.MessageFactory(
        conversation=talk, text=one.mark("reported message", inside | STAFF)
    )
    factories.MessageFactory(conversation=talk, text=one.mark("message", inside))
    one.objects["conversation"], one.objects["message"] = talk, message
    one.objects["report"] = factories.ReportFactory(
        message=message, company=company, note=one.mark("report", STAFF)
    )


def _work(one, chamber):
    one.objects["emphasis"] = factories.ChamberEmphasisFactory(
        chamber=chamber, note=one.mark("emphasis draft", STAFF)
    )
    factories.ChamberEmphasisFactory(
        chamber=chamber, in_force=True, note=one.mark("emphasis", INSIDE | STAFF)
    )
    one.objects["job"] = factories.JobFactory(
        chamber=chamber,
        parked=True,
        message=one.mark("job message", STAFF),
        error=one.mark("job error", STAFF),
        payload={"what": one.mark("payload", {"superuser"})},
    )
    one.objects["mail"] = factories.MailFactory(
        chamber=chamber,
        subject=one.mark("mail subject", STAFF),
        text=one.mark("mail text", STAFF),
    )
    factories.MailFactory(kind="account", text=one.mark("account mail", set()))
    factories.AgreementFactory(first=chamber, ends_on=timezone.localdate() + dt.timedelta(days=9))


def clients(people):
    """{role: a function that makes a fresh client}; nobody's requests change another's session."""
    cookies = {}
    for role, person in people.items():
        client = Client()
        client.force_login(person)
        cookies[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    gone = people["deactivated"]
    gone.is_active = False
    gone.save()
    key = factories.token_for(people["owner"], *READING)

    def make(role, **options):
        if role == "token":
            return Client(headers={"Authorization": f"Bearer {key}"}, **options)
        client = Client(**options)
        if role in cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = cookies[role]
        return client

    return make
