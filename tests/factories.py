"""The smallest valid row of every model; a test names only what it is about."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from chambers.models import (
    Agreement,
    Chamber,
    Commission,
    Company,
    Council,
    Country,
    Document,
    Guild,
    GuildMembership,
    Invitation,
    Job,
    JoinRequest,
    Mail,
    Membership,
    Representative,
    Scope,
    Staff,
    TradeCode,
    User,
)
from chambers.services import companies, people
from marketplace.models import (
    Conversation,
    Interest,
    InvestmentTerms,
    Message,
    Opportunity,
    Report,
)
from marketplace.services import reindex_opportunity
from matching.engine import Weights
from matching.models import (
    ChamberEmphasis,
    Dismissal,
    EventEmphasis,
    PairHistory,
    Run,
    SuggestionList,
    Triad,
    Version,
    WeightSet,
)

PASSWORD = "a long password for tests"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)

    class Params:
        superuser = factory.Trait(is_staff=True, is_superuser=True)


class CountryFactory(DjangoModelFactory):
    class Meta:
        model = Country
        django_get_or_create = ("code",)

    code = "RU"
    name_en = factory.LazyAttribute(lambda country: f"Country {country.code}")
    name_ru = factory.LazyAttribute(lambda country: f"Страна {country.code}")
    name_ja = factory.LazyAttribute(lambda country: f"国 {country.code}")


class TradeCodeFactory(DjangoModelFactory):
    """An HS position by default; its level follows from its digits."""

    class Meta:
        model = TradeCode
        django_get_or_create = ("scheme", "code")

    scheme = TradeCode.Scheme.HS
    code = "9026"
    level = factory.LazyAttribute(
        lambda one: len(one.code) if one.scheme == "hs" else 1 + one.code.isdigit()
    )
    label_en = factory.LazyAttribute(lambda one: f"Label of {one.code}")
    label_ru = factory.LazyAttribute(lambda one: f"Подпись {one.code}")
    label_ja = factory.LazyAttribute(lambda one: f"見出し {one.code}")


class ChamberFactory(DjangoModelFactory):
    class Meta:
        model = Chamber

    name_en = factory.Sequence(lambda n: f"Chamber {n}")
    slug = factory.Sequence(lambda n: f"chamber-{n}")
    kind = Chamber.Kind.CITY
    country = factory.SubFactory(CountryFactory)
    zone = "Europe/Moscow"


class StaffFactory(DjangoModelFactory):
    """A manager; the person may enter the administration from then on."""

    class Meta:
        model = Staff

    person = factory.SubFactory(UserFactory)
    chamber = factory.SubFactory(ChamberFactory)
    role = Staff.Role.MANAGER

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return people.appoint_staff(kwargs["person"], to=kwargs["chamber"], role=kwargs["role"])


class CompanyFactory(DjangoModelFactory):
    """``member=True`` admits it to a chamber (``membership__chamber=``), so it stands in lists.

    ``codes=[...]`` takes TradeCode rows. ``indexed=True`` makes it findable by search.
    """

    class Meta:
        model = Company
        skip_postgeneration_save = True

    legal_name = factory.Sequence(lambda n: f"Company {n} LLC")
    country = factory.SubFactory(CountryFactory)

    class Params:
        member = factory.Trait(
            membership=factory.RelatedFactory(
                "tests.factories.MembershipFactory", factory_related_name="company"
            )
        )

    @factory.post_generation
    def codes(self, create, extracted, **kwargs):
        if create and extracted:
            self.codes.set(extracted)

    @factory.post_generation
    def indexed(self, create, extracted, **kwargs):
        if create and extracted:
            companies.reindex_company(self)


class DocumentFactory(DjangoModelFactory):
    """A brochure; ``services.files`` is where real ones come from."""

    class Meta:
        model = Document

    company = factory.SubFactory(CompanyFactory)
    kind = Document.Kind.BROCHURE
    name = "brochure.pdf"
    content_type = "application/pdf"
    file = factory.django.FileField(data=b"%PDF-1.7 a paper")
    size = 16
    sha256 = "0" * 64


class RepresentativeFactory(DjangoModelFactory):
    class Meta:
        model = Representative

    company = factory.SubFactory(CompanyFactory)
    person = factory.SubFactory(UserFactory)
    role = Representative.Role.OWNER


class JoinRequestFactory(DjangoModelFactory):
    """Waits for an answer."""

    class Meta:
        model = JoinRequest

    company = factory.SubFactory(CompanyFactory)
    person = factory.SubFactory(UserFactory)


class InvitationFactory(DjangoModelFactory):
    """Can be accepted for another week."""

    class Meta:
        model = Invitation

    company = factory.SubFactory(CompanyFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.org")
    invited_by = factory.SubFactory(UserFactory)
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=7))


class MembershipFactory(DjangoModelFactory):
    """A current full member, a year in; ``applied=True`` is one that waits for a decision."""

    class Meta:
        model = Membership

    chamber = factory.SubFactory(ChamberFactory)
    company = factory.SubFactory(CompanyFactory)
    decision = Membership.Decision.ADMITTED
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=365))

    class Params:
        applied = factory.Trait(decision=Membership.Decision.PENDING, starts_on=None)


class GuildFactory(DjangoModelFactory):
    class Meta:
        model = Guild

    chamber = factory.SubFactory(ChamberFactory)
    slug = factory.Sequence(lambda n: f"guild-{n}")
    name_en = factory.Sequence(lambda n: f"Guild {n}")


class GuildMembershipFactory(DjangoModelFactory):
    class Meta:
        model = GuildMembership

    guild = factory.SubFactory(GuildFactory)
    company = factory.SubFactory(CompanyFactory)


class CommissionFactory(DjangoModelFactory):
    class Meta:
        model = Commission

    chamber = factory.SubFactory(ChamberFactory)
    country = factory.SubFactory(CountryFactory, code="BY")
    status = Commission.Status.ACTIVE


class AgreementFactory(DjangoModelFactory):
    """In force with an open end."""

    class Meta:
        model = Agreement

    first = factory.SubFactory(ChamberFactory)
    second = factory.SubFactory(ChamberFactory)
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=365))


class CouncilFactory(DjangoModelFactory):
    """``chambers=[...]`` sit in it."""

    class Meta:
        model = Council
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"council-{n}")
    name_en = factory.Sequence(lambda n: f"Council {n}")

    @factory.post_generation
    def chambers(self, create, extracted, **kwargs):
        if create and extracted:
            self.chambers.set(extracted)


class OpportunityFactory(DjangoModelFactory):
    """A draft offer of goods; ``in_review=True``, ``published=True``, ``expired=True`` go on.

    A published one is shown only for a member: ``company__member=True`` is the default.
    ``codes=[...]`` takes TradeCode rows; what is published is findable by search. ``whole=True``
    has a text and a code, so that it may be handed in.
    """

    class Meta:
        model = Opportunity
        skip_postgeneration_save = True

    company = factory.SubFactory(CompanyFactory, member=True)
    side = Opportunity.Side.OFFER
    kind = Opportunity.Kind.GOODS
    title = factory.Sequence(lambda n: {"en": f"Pressure sensors {n}"})

    class Params:
        whole = factory.Trait(
            text={"en": "A hundred a month, for pumps."},
            coded=factory.PostGeneration(lambda row, *_given: row.codes.add(TradeCodeFactory())),
        )
        numbered = factory.Trait(reference=factory.Sequence(lambda n: f"BO-RU-20260101-{n:03d}"))
        in_review = factory.Trait(numbered=True, status=Opportunity.Status.IN_REVIEW)
        published = factory.Trait(
            numbered=True,
            status=Opportunity.Status.PUBLISHED,
            published_at=factory.LazyFunction(timezone.now),
            expires_on=factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=365)),
        )
        expired = factory.Trait(
            published=True,
            expires_on=factory.LazyFunction(lambda: timezone.localdate() - dt.timedelta(days=1)),
        )

    @factory.post_generation
    def codes(self, create, extracted, **kwargs):
        if create and extracted:
            self.codes.set(extracted)

    @factory.post_generation
    def indexed(self, create, extracted, **kwargs):
        if create and (extracted or self.status == Opportunity.Status.PUBLISHED):
            reindex_opportunity(self)


class ConversationFactory(DjangoModelFactory):
    """Two member companies, about nothing in particular."""

    class Meta:
        model = Conversation

    asker = factory.SubFactory(CompanyFactory, member=True)
    partner = factory.SubFactory(CompanyFactory, member=True)


class MessageFactory(DjangoModelFactory):
    """Of who began the conversation."""

    class Meta:
        model = Message

    conversation = factory.SubFactory(ConversationFactory)
    company = factory.SelfAttribute("conversation.asker")
    author = factory.SubFactory(UserFactory)
    text = factory.Sequence(lambda n: f"Do you make pumps of type {n}?")
    fingerprint = factory.Sequence(lambda n: f"{n:064d}")


class ReportFactory(DjangoModelFactory):
    """Of the company that got the message."""

    class Meta:
        model = Report

    message = factory.SubFactory(MessageFactory)
    company = factory.SelfAttribute("message.conversation.partner")
    by = factory.SubFactory(UserFactory)
    reason = Report.Reason.UNWANTED


class InterestFactory(DjangoModelFactory):
    """Directly with the owner; ``at_chamber=...`` is one whose turn it is."""

    class Meta:
        model = Interest
        skip_postgeneration_save = True

    opportunity = factory.SubFactory(OpportunityFactory, published=True)
    company = factory.SubFactory(CompanyFactory, member=True)
    cooperation = "500 pieces a month"
    about = "We make pumps"
    due_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=7))
    status = Interest.Status.WITH_OWNER
    reached_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def at_chamber(self, create, extracted, **kwargs):
        if create and extracted:
            self.status, self.position, self.reached_at = "with_own_chamber", 0, None
            self.save()
            self.hops.create(position=0, chamber=extracted, received_at=timezone.now())


class InvestmentTermsFactory(DjangoModelFactory):
    class Meta:
        model = InvestmentTerms

    opportunity = factory.SubFactory(OpportunityFactory, kind=Opportunity.Kind.INVESTMENT)
    instrument = InvestmentTerms.Instrument.EQUITY
    amount_min = "100000.00"
    amount_max = "500000.00"
    currency = "EUR"


class JobFactory(DjangoModelFactory):
    class Meta:
        model = Job

    kind = "tests.nothing"

    class Params:
        parked = factory.Trait(
            state=Job.State.PARKED,
            tries=5,
            error="ValueError: no",
            finished_at=factory.LazyFunction(timezone.now),
        )


class MailFactory(DjangoModelFactory):
    class Meta:
        model = Mail

    to = factory.Sequence(lambda n: f"reader{n}@example.org")
    subject = "About your application"
    text = "You are a member."
    message_id = factory.Sequence(lambda n: f"<mail-{n}@example.org>")


class RunFactory(DjangoModelFactory):
    """Waiting; ``running=True`` halfway, ``current=True`` done and shown."""

    class Meta:
        model = Run

    rules = "1"
    seed = 7

    class Params:
        running = factory.Trait(state=Run.State.RUNNING, shards=4, shards_done=2)
        current = factory.Trait(
            state=Run.State.DONE,
            is_current=True,
            shards=4,
            shards_done=4,
            snapshot_at=factory.LazyFunction(timezone.now),
            finished_at=factory.LazyFunction(timezone.now),
        )


class SuggestionListFactory(DjangoModelFactory):
    """``partners=[company.pk, ...]`` best first; the scores fall from 0.9 unless given."""

    class Meta:
        model = SuggestionList

    run = factory.SubFactory(RunFactory, current=True)
    company = factory.SubFactory(CompanyFactory, member=True)
    partners = factory.LazyFunction(list)
    mutual = factory.LazyAttribute(
        lambda one: [max(0.9 - rank / 100, 0.0) for rank in range(len(one.partners))]
    )


class DismissalFactory(DjangoModelFactory):
    class Meta:
        model = Dismissal

    company = factory.SubFactory(CompanyFactory)
    partner = factory.SubFactory(CompanyFactory)
    reason = Dismissal.Reason.FIELD
    by = factory.SubFactory(UserFactory)


def token_for(person, *scopes, days=90):
    """A program's key for ``person``, with all scopes unless named; used today already."""
    token, key = people.issue_token(
        person, name="tests", scopes=list(scopes) or list(Scope.values), days=days
    )
    people.note_use(token)
    return key


class PairHistoryFactory(DjangoModelFactory):
    """Two companies that met, in the order the database asks for."""

    class Meta:
        model = PairHistory

    one = factory.SubFactory(CompanyFactory)
    other = factory.SubFactory(CompanyFactory)
    kind = PairHistory.Kind.MET

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs["one"], kwargs["other"] = sorted(
            (kwargs["one"], kwargs["other"]), key=lambda side: side.pk
        )
        return super()._create(model_class, *args, **kwargs)


class WeightSetFactory(DjangoModelFactory):
    """A draft with the engine's own constants; ``in_force=True`` is the one that holds."""

    class Meta:
        model = WeightSet

    version = factory.Sequence(lambda n: f"test-{n}")
    values = factory.LazyFunction(
        lambda: {name: one for name, one in Weights().as_data().items() if name != "version"}
    )

    class Params:
        in_force = factory.Trait(
            state=WeightSet.State.IN_FORCE, in_force_at=factory.LazyFunction(timezone.now)
        )


class _EmphasisFactory(DjangoModelFactory):
    """A draft that stresses nothing; ``in_force=True`` is the one that holds."""

    class Meta:
        abstract = True

    number = factory.Sequence(lambda n: n + 1)

    class Params:
        in_force = factory.Trait(
            state=Version.State.IN_FORCE, in_force_at=factory.LazyFunction(timezone.now)
        )


class ChamberEmphasisFactory(_EmphasisFactory):
    class Meta:
        model = ChamberEmphasis

    chamber = factory.SubFactory(ChamberFactory)


class EventEmphasisFactory(_EmphasisFactory):
    class Meta:
        model = EventEmphasis

    event = factory.SubFactory("tests.event_factories.EventFactory")


class TriadFactory(DjangoModelFactory):
    """Two suppliers for a published demand, in the order the database asks for."""

    class Meta:
        model = Triad

    demand = factory.SubFactory(OpportunityFactory, side="demand", published=True)
    first = factory.SubFactory(CompanyFactory, member=True)
    second = factory.SubFactory(CompanyFactory, member=True)
    evidence = 2.0

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs["first"], kwargs["second"] = sorted(
            (kwargs["first"], kwargs["second"]), key=lambda side: side.pk
        )
        return super()._create(model_class, *args, **kwargs)
