"""Which topic a kind of mail belongs to, and how soon a person wants it."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from chambers.models import ALWAYS, TIMELY, Delivery, MailChoice, Topic, User
from chambers.services import links

# By the beginning of a kind, the longest first; what stands nowhere always leaves at once.
_TOPICS = {
    "chamber_": Topic.CHAMBER,
    "company_absent": Topic.MEETINGS,
    "event_": Topic.MEETINGS,
    "interpreter_": Topic.MEETINGS,
    "meeting_": Topic.MEETINGS,
    "partner_": Topic.MEETINGS,
    "people_": Topic.MEETINGS,
    "timetable_": Topic.MEETINGS,
    "request_": Topic.REQUESTS,
    "remind_": Topic.REMINDERS,
    "remind_soon": Topic.SOON,
    "registration_": Topic.EVENTS,
    "opportunity_": Topic.OPPORTUNITIES,
    "interest_": Topic.INTERESTS,
    "message_": Topic.MESSAGES,
    "search_": Topic.SEARCHES,
    "feedback_": Topic.OUTCOMES,
    "outcome_": Topic.OUTCOMES,
    "company_": Topic.MEMBERSHIP,
    "join_": Topic.MEMBERSHIP,
    "membership_": Topic.MEMBERSHIP,
    "representative_": Topic.MEMBERSHIP,
}
DIGEST = "digest"


def topic_of(kind: str) -> Topic:
    """What a mail of ``kind`` is about."""
    fitting = [start for start in _TOPICS if kind.startswith(start)]
    return _TOPICS[max(fitting, key=len)] if fitting else Topic.ACCOUNT


def choices_of(person: User) -> dict[Topic, MailChoice]:
    """What a person chose for each topic that may be chosen for; unsaved where nothing was."""
    made = {one.topic: one for one in MailChoice.objects.filter(person=person)}
    return {
        topic: made.get(topic) or MailChoice(person=person, topic=topic, delivery=Delivery.NOW)
        for topic in Topic
        if topic not in ALWAYS and (topic is not Topic.CHAMBER or person.is_staff)
    }


def delivery_of(person: User, topic: Topic) -> Delivery:
    """How soon a person wants a mail about ``topic``."""
    if topic in ALWAYS:
        return Delivery.NOW
    chosen = MailChoice.objects.filter(person=person, topic=topic).first()
    return Delivery(chosen.delivery) if chosen else Delivery.NOW


def deliveries_for(topic: Topic) -> list[Delivery]:
    """What may be chosen for a topic: a reminder of tomorrow is worth nothing in a daily mail."""
    return [one for one in Delivery if one != Delivery.DAILY or topic not in TIMELY]


@transaction.atomic
def choose_delivery(
    person: User, topic: Topic, delivery: Delivery, *, with_text: bool | None = None
) -> MailChoice:
    """Want mails of ``topic`` that soon from now on.

    Raises ValidationError for what cannot be chosen, such as no mails of moved meetings.
    """
    made = MailChoice.objects.select_for_update().filter(person=person, topic=topic).first()
    choice = made or MailChoice(person=person, topic=topic)
    choice.delivery = delivery
    if with_text is not None:
        choice.with_text = with_text
    choice.full_clean()
    choice.save()
    return choice


def quotes_texts(person: User) -> bool:
    """Whether mails to a person quote what somebody wrote to them."""
    return MailChoice.objects.filter(person=person, topic=Topic.MESSAGES, with_text=True).exists()


def _topics_named(person: User, key: str) -> list[Topic]:
    """The topics that a link stops: one, or with ``digest`` all that come in the daily mail."""
    if key != DIGEST:
        return [Topic(key)] if key in Topic.values and key not in ALWAYS else []
    daily = MailChoice.objects.filter(person=person, delivery=Delivery.DAILY)
    return [Topic(one.topic) for one in daily.order_by("topic")]


def _asks_to_stop(person: User, key: str) -> links.Question:
    named = [str(topic.label) for topic in _topics_named(person, key)]
    return links.Question(
        _("No more mails like this?"),
        " · ".join(named) or _("You get no such mails any more."),
        _("No more such mails"),
    )


@links.handles("mail.stop", asks=_asks_to_stop, one_click=True)
@transaction.atomic
def _stop(person: User, key: str) -> links.Done:
    for topic in _topics_named(person, key):
        choose_delivery(person, topic, Delivery.OFF)
    return links.Done(
        _("You get no more such mails. Sign in to choose again."),
        reverse("mail-choices"),
        _("Choose which mails you get"),
    )
