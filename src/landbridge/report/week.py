"""The page of the demonstration: a simulated week as one HTML file that asks the network for nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from landbridge.operations.demo import DemoReport
from landbridge.report.places import LANGUAGES
from landbridge.tables.atomic import whole_file

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_TEMPLATE = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Landbridge {version}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<header><p class="eyebrow">{eyebrow}</p><h1>{title}</h1><p class="meta">{meta}</p></header>
<main>
<p class="lead">{lead}</p>
<div class="cards">{cards}</div>
{sections}
</main>
</body>
</html>
"""


def write_week(report: DemoReport, path: Path, lang: str = "en", *, is_accepted: bool) -> None:
    """
    Write what came of the demonstration as one HTML file.

    Parameters
    ----------
    is_accepted
        Whether ``verify`` accepts the re-plan.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    """
    page = _Page(report, lang).render(is_accepted=is_accepted)
    with whole_file(path) as file:
        file.write_text(page, encoding="utf-8")


class _Page:
    """A report in one language."""

    def __init__(self, report: DemoReport, lang: str) -> None:
        self.report, self.lang = report, lang
        folder = files("landbridge.report") / "messages" / "week"
        self._words: dict[str, str] = json.loads((folder / f"{lang}.json").read_text(encoding="utf-8"))

    def t(self, key: str, **holes: str) -> str:
        """Sentence of a key, its holes filled, as HTML."""
        return html.escape(self._words[key].format(**holes))

    def number(self, value: float, digits: int = 0) -> str:
        """Format a number as the language writes it."""
        text = f"{value:,.{digits}f}"
        if self.lang != "ru":
            return text
        return text.replace(",", "\u00a0").replace(".", ",")

    def money(self, value: float) -> str:
        """Money, whole."""
        return f"{self.number(value)}\u00a0{self.report.currency}"

    def share(self, part: float) -> str:
        """Per cent of a part of one."""
        return f"{self.number(100 * part, 1)}\u00a0%"

    def render(self, *, is_accepted: bool) -> str:
        """HTML of the page."""
        report = self.report
        asset = files("landbridge.report") / "assets" / "week.css"
        sections = (
            self._rows("money", self._money(), "money.note"),
            self._rows("wednesday", self._wednesday()),
            self._rows("replan", self._replan()),
            self._estimates(),
            self._days(),
            self._unplaced(),
            self._rows("steps", self._steps(), "steps.note"),
        )
        return _TEMPLATE.format(
            lang=self.lang,
            version=version("landbridge"),
            policy=_POLICY,
            css=asset.read_text(encoding="utf-8").strip(),
            eyebrow=self.t("eyebrow", case=report.case),
            title=self.t("title"),
            meta=self.t("meta", parcels=self.number(report.imported), departures=self.number(report.departures)),
            lead=self.t(
                "lead",
                closed=dict(zip(LANGUAGES, report.closed, strict=True)).get(self.lang, ""),
                **{"from": report.closed_from, "until": report.closed_until},
                **{name: self.number(getattr(report, name)) for name in ("moved", "kept", "lost")},
            ),
            cards="".join(self._cards(is_accepted=is_accepted)),
            sections="\n".join(sections),
        )

    def _cards(self, *, is_accepted: bool) -> Iterable[str]:
        report = self.report
        yield self._card(
            self.share(report.promise_kept),
            "kept",
            kept=self.number(report.promises_kept),
            promised=self.number(report.promises),
        )
        yield self._card(self.number(report.hours, 1), "hours", delivered=self.number(report.delivered))
        yield self._card(self.money(report.closure_cost), "cost")
        yield self._card(html.escape(self._words["verify.yes" if is_accepted else "verify.no"]), "verify")

    def _card(self, figure: str, key: str, **holes: str) -> str:
        note = self.t(f"card.{key}.note", **holes)
        return (
            f'<div class="card"><p class="figure">{figure}</p><p>{self.t(f"card.{key}")}</p>'
            f'<p class="note">{note}</p></div>'
        )

    def _rows(self, key: str, rows: Iterable[tuple[str, str]], note: str = "") -> str:
        lines = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)
        below = f'<p class="note">{self.t(note)}</p>' if note else ""
        return f"<section><h2>{self.t(f'{key}.title')}</h2><table>{lines}</table>{below}</section>"

    def _money(self) -> Iterable[tuple[str, str]]:
        report = self.report
        yield self.t("money.planned"), self.money(report.value_before)
        yield self.t("money.replanned"), self.money(report.value_after)
        yield self.t("money.cost"), self.money(report.closure_cost)

    def _wednesday(self) -> Iterable[tuple[str, str]]:
        report = self.report
        for name in ("on_way", "behind", "alarms", "in_danger"):
            yield self.t(f"wednesday.{name}"), self.number(getattr(report, name))
        yield self.t("wednesday.missed"), self.number(report.missed_departures)

    def _replan(self) -> Iterable[tuple[str, str]]:
        report = self.report
        for name in ("kept", "moved", "lost"):
            yield self.t(f"replan.{name}"), self.number(getattr(report, name))
        for name in ("broken", "mended", "later", "earlier"):
            yield self.t(f"replan.{name}"), self.number(report.verdicts.get(name, 0))

    def _days(self) -> str:
        most = max((max(planned, arrived) for _, planned, arrived in self.report.days), default=0) or 1

        def bar(kind: str, count: int) -> str:
            wide = f'<span class="bar" style="width:{100 * count / most:.2f}%"></span>' if count else ""
            told = f'<span class="count">{self.number(count)}</span>'
            return f'<div class="{kind}"><span class="track">{wide}</span>{told}</div>'

        lines = "".join(
            f'<tr><th scope="row">{day}</th><td>{bar("planned", planned)}{bar("arrived", arrived)}</td></tr>'
            for day, planned, arrived in self.report.days
        )
        names = " ".join(f'<i class="{kind}"></i>{self.t(f"days.{kind}")}' for kind in ("planned", "arrived"))
        head = f'<h2>{self.t("days.title")}</h2><p class="key">{names}</p>'
        return f'<section class="wide">{head}<table class="days">{lines}</table></section>'

    def _estimates(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{self.t("estimates.said")} {name[1:]} %</th>'
            f"<td>{self.t('estimates.came')} {self.share(part)}</td></tr>"
            for name, part in self.report.coverage.items()
        )
        return (
            f"<section><h2>{self.t('estimates.title')}</h2><p>{self.t('estimates.lead')}</p><table>{rows}</table>"
            f'<p class="note">{self.t("estimates.note")}</p></section>'
        )

    def _unplaced(self) -> str:
        counts = [(self.t(f"why.{code}"), self.number(rows)) for code, rows in sorted(self.report.unplaced.items())]
        if counts:
            return self._rows("unplaced", counts)
        return f"<section><h2>{self.t('unplaced.title')}</h2><p>{self.t('unplaced.none')}</p></section>"

    def _steps(self) -> Iterable[tuple[str, str]]:
        events = self.number(self.report.events)
        for name, seconds in self.report.seconds.items():
            yield self.t(f"step.{name}", events=events), self.number(seconds, 1)
