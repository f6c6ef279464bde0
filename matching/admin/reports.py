"""Three reports beside the runs: what they took, how attention is spread, who gets too few."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chambers.admin.base import who
from chambers.models import Chamber, User
from chambers.selectors.bodies import with_members
from matching.models import Run
from matching.selectors import reports
from matching.services.coverage import ask_for_coverage

SIDE = 300  # of the square that the curve is drawn in


class ReportPages:
    """Mixed into the administration of runs: its addresses begin with ``reports/``."""

    def get_urls(self) -> list[URLPattern]:
        """The reports before the pages of single runs."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        pages = {
            "history": self.history_report,
            "exposure": self.exposure,
            "coverage": self.coverage,
        }
        own = [
            path(f"reports/{name}/", wrap(view), name=f"matching_run_{name}_report")
            for name, view in pages.items()
        ]
        return own + super().get_urls()  # type: ignore[misc,no-any-return]

    def history_report(self, request: HttpRequest) -> HttpResponse:
        """What the last runs took and found."""
        took = reports.run_history(who(request))
        longest = max((one.seconds for one in took), default=0.0)
        most = max((one.run.companies for one in took), default=0)
        rows = [
            {
                "took": one,
                "bars": _bars([seconds for _stage, seconds in one.stages], longest),
                "companies": _share(one.run.companies, most),
                "served": _share(one.run.served, most),
            }
            for one in took
        ]
        stages = [str(label) for label in Run.Stage.labels]
        context = {
            "rows": rows,
            "stages": list(enumerate(stages)),
            "broken": reports.runs_that_broke_off(who(request)),
        }
        return self._page(request, "history", _("What the runs took"), context)

    def exposure(self, request: HttpRequest) -> HttpResponse:
        """How attention is spread over the members of a chamber; to a superuser, over all."""
        person, run = who(request), Run.objects.current()
        chambers = _chambers_of(person)
        chosen = _named(chambers, request.GET.get("chamber", ""))
        if chosen is None and not person.is_superuser:
            chosen = _fullest(chambers)
        found, is_waiting = reports.exposure_of(person, chosen)
        curve = found.curve if found else []
        points = " ".join(f"{x * SIDE:.1f},{(1 - y) * SIDE:.1f}" for x, y in curve)
        attention = dict(run.attention) if run else {}
        attention["cost_percent"] = number_format(100 * attention.get("cost", 0.0), 2)
        context = {
            "chambers": chambers,
            "chosen": chosen,
            "found": found,
            "is_waiting": is_waiting,
            "run": run,
            "points": points,
            "percents": [(100 * x, 100 * y) for x, y in curve],
            "attention": attention,
        }
        return self._page(request, "exposure", _("How attention is spread"), context)

    def coverage(self, request: HttpRequest) -> HttpResponse:
        """Who of a chamber's members gets too few partners, and why."""
        chambers = _chambers_of(who(request))
        if request.method == "POST":
            wanted = request.POST.get("chamber", "")
            asked = _named(chambers, wanted)
            if asked is None:
                raise Http404
            ask_for_coverage(asked, by=who(request))
            messages.success(request, _("It is being worked out: load this page anew in a minute."))
            address = reverse("admin:matching_run_coverage_report")
            return redirect(f"{address}?chamber={asked.public_id}")
        wanted = request.GET.get("chamber", "")
        chosen = _named(chambers, wanted) or _fullest(chambers)
        found, is_waiting = reports.coverage_of(chosen, who(request)) if chosen else (None, False)
        most = max((cost for _l, _c, cost in found.causes), default=0) if found else 0
        context = {
            "chambers": chambers,
            "chosen": chosen,
            "found": found,
            "is_waiting": is_waiting,
            "few": reports.FEW,
            "causes": [(*one, _share(one[2], most)) for one in found.causes] if found else [],
        }
        return self._page(request, "coverage", _("Who gets too few partners"), context)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shown = self.admin_site.each_context(request)  # type: ignore[attr-defined]
        shown |= {"report": name}
        opts = Run._meta  # noqa: SLF001 - Django's documented model API
        template = f"admin/matching/run/{name}_report.html"
        return TemplateResponse(
            request, template, {**shown, "opts": opts, "title": title, **context}
        )


def _chambers_of(person: User) -> list[Any]:
    """Where somebody works, by name, each with its number of members."""
    return list(with_members(Chamber.objects.served_by(person)).order_by("name_en"))


def _fullest(chambers: list[Any]) -> Any:
    """The chamber to begin with: the one with most members, so that there is something to read."""
    return max(chambers, key=lambda one: one.members, default=None)


def _named(chambers: list[Any], wanted: str) -> Any:
    """The one whose public id was sent."""
    return next((one for one in chambers if str(one.public_id) == wanted), None)


def _share(part: float, whole: float) -> str:
    """A part as a width in per cent, for a drawing."""
    return f"{100 * part / whole:.2f}%" if whole > 0 else "0%"


def _bars(parts: list[float], whole: float) -> list[tuple[int, str, str]]:
    """(number, start, width) of parts that stand one behind the other."""
    found, start = [], 0.0
    for number, part in enumerate(parts):
        found.append((number, _share(start, whole), _share(part, whole)))
        start += part
    return found
