"""Actions that decide about rows: a page shows how many and which, then one service does it.

The rows are those that were chosen, that still wait for this decision, and that the person may
change. Either all of them are done or, with the reason and everything typed, none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from chambers.admin.base import ScopedAdmin, scope, who

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from chambers.models import User

SHOWN = 20  # names on the page
AT_ONCE = 1000  # rows in one transaction
Do = Callable[..., Any]  # (row, *, by, **cleaned form): the service
Waiting = Callable[[QuerySet[Any]], QuerySet[Any]]
Against = Callable[[Any], Iterable[ValidationError]]
Action = Callable[[ScopedAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]


def decision(
    name: str,
    *,
    title: str | StrPromise,
    do: Do,
    waiting: Waiting | None = None,
    form: type[forms.Form] = forms.Form,
    note: str | StrPromise = "",
    against: Against | None = None,
    stays: bool = False,
) -> Action:
    """Make an action called ``name`` of an admin, titled by a verb: "Approve applications".

    ``waiting`` keeps, of the chosen rows, those that can still be decided so. ``against`` says of
    a row for what reasons the service would refuse: they are shown before anybody tries.
    With ``stays`` a decision about one row leads to its page, or to that of the row which was
    made from it; else to the list, for the next in the queue.
    """

    def act(
        model_admin: ScopedAdmin, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        rows = _open_rows(queryset, who(request), waiting)
        count = rows.count()
        if not 0 < count <= AT_ONCE:
            text = _("None of the chosen rows can be decided so: they are decided, or not yours.")
            if count:
                text = _("Choose at most %(count)d rows at once.") % {"count": AT_ONCE}
            model_admin.message_user(request, text, messages.WARNING)
            return None
        asked = form(request.POST if "decided" in request.POST else None)
        if asked.is_bound and asked.is_valid():
            done = _do_all(asked, rows, do, who(request))
            if done is not None:
                for row, _made in done:
                    model_admin.log_change(request, row, str(title))
                text = _("%(title)s: %(count)d done.") % {"title": title, "count": len(done)}
                model_admin.message_user(request, text, messages.SUCCESS)
                return (
                    _page_of(model_admin, request, *done[0]) if stays and len(done) == 1 else None
                )
        shown = [(row, _reasons(against, row)) for row in rows[:SHOWN]]
        return TemplateResponse(
            request,
            "admin/decide.html",
            {
                **model_admin.admin_site.each_context(request),
                "title": title,
                "note": note,
                "opts": model_admin.opts,
                "form": asked,
                "action": name,
                "count": count,
                "left_out": queryset.count() - count,
                "rows": shown,
                "blocked": any(reasons for _row, reasons in shown),
                "more": max(count - SHOWN, 0),
                "keys": request.POST.getlist(ACTION_CHECKBOX_NAME),
                "checkbox": ACTION_CHECKBOX_NAME,
                "select_across": request.POST.get("select_across", "0"),
            },
        )

    act.__name__ = name
    act.__dict__["waiting"] = waiting
    return admin.action(description=title, permissions=["decide"])(act)


def _open_rows(rows: QuerySet[Any], user: User, waiting: Waiting | None) -> QuerySet[Any]:
    scoped = scope(rows.model)
    if scoped is None:
        raise PermissionDenied
    mine = rows.filter(pk__in=scoped.managed_by(user).values("pk"))
    return mine if waiting is None else waiting(mine)


def _reasons(against: Against | None, row: models.Model) -> list[str]:
    """Why a row cannot be decided so, in words."""
    found = against(row) if against is not None else ()
    return [text for error in found for text in error.messages]


def _page_of(
    model_admin: ScopedAdmin, request: HttpRequest, row: models.Model, made: Any
) -> HttpResponse | None:
    """The page of what was made from a row, else of the row; None where one may not see it."""
    opts = model_admin.opts
    shown = made if isinstance(made, type(row)) else row
    if not model_admin.get_queryset(request).filter(pk=shown.pk).exists():
        return None
    return redirect(f"admin:{opts.app_label}_{opts.model_name}_change", shown.pk)


def _do_all(
    form: forms.Form, rows: QuerySet[Any], do: Do, by: User
) -> list[tuple[models.Model, Any]] | None:
    """Do it for every row, or for none and say on the form which row refused; None then.

    Each row comes with what the service returned.
    """
    done: list[tuple[models.Model, Any]] = []
    row: models.Model | None = None
    try:
        with transaction.atomic():
            for row in rows:
                done.append((row, do(row, by=by, **form.cleaned_data)))
    except ValidationError as error:
        named = getattr(error, "error_dict", {})
        if named and set(named) <= set(form.fields):
            form.add_error(None, error)  # what was typed is wrong, whatever the row
        else:
            form.add_error(None, f"{row}: {' '.join(error.messages)}")
        return None
    except IntegrityError:
        form.add_error(None, _("%(row)s: somebody was faster. Look again.") % {"row": row})
        return None
    return done
