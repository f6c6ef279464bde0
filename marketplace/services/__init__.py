"""Every change to opportunities (here by name), events, registrations, requests and meetings."""

from marketplace.services.opportunities import (
    SHOWN_FOR,
    archive_opportunity,
    change_opportunity,
    copy_opportunity,
    draft_opportunity,
    hold_opportunity,
    publish_opportunity,
    refuse_past_day,
    reindex_opportunity,
    reject_opportunity,
    renew_opportunity,
    submit_opportunity,
    take_back_opportunity,
)

__all__ = [
    "SHOWN_FOR",
    "archive_opportunity",
    "change_opportunity",
    "copy_opportunity",
    "draft_opportunity",
    "hold_opportunity",
    "publish_opportunity",
    "refuse_past_day",
    "reindex_opportunity",
    "reject_opportunity",
    "renew_opportunity",
    "submit_opportunity",
    "take_back_opportunity",
]
