"""A run's payload and names in one language, for what Python itself writes: workbooks and pictures."""

from __future__ import annotations

from datetime import datetime, timedelta

from landbridge.model.clock import Clock, zone
from landbridge.report.catalog import load_catalog
from landbridge.report.payload import build_payload
from landbridge.report.places import LANGUAGES
from landbridge.report.run import Run


class Words:
    """A run's payload, and its names in one language."""

    def __init__(self, run: Run, lang: str) -> None:
        self.run = run
        self.lang = lang
        self.catalog = load_catalog(lang)
        self.place = LANGUAGES.index(lang)
        self.payload = build_payload(run)
        self.clock = Clock.of(run.case.settings)
        self.code = run.case.settings.currency
        self.zones = {row.hub: row.timezone or run.case.settings.timezone for row in run.case.hubs}

    def t(self, key: str, **args: object) -> str:
        """Sentence of a key, its holes filled."""
        return self.catalog[key].format(**args)

    def word(self, prefix: str, word: str) -> str:
        """Word of a language for a mode, kind or party; the word itself where there is none."""
        return self.catalog.get(f"{prefix}.{word}", word)

    def column(self, key: str, **args: object) -> str:
        """Header of a column."""
        return self.t(key if key.startswith("excel.") else f"column.{key}", **args)

    def hub(self, index: int) -> str:
        """Name of a hub; blank for none."""
        return self.payload["hubs"][index]["names"][self.place] if index >= 0 else ""

    def good(self, index: int) -> str:
        """Name of a good."""
        return str(self.payload["goods"][index]["names"][self.place])

    def region(self, index: int) -> str:
        """Name of a region; blank for none."""
        return self.payload["regions"][index]["names"][self.place] if index >= 0 else ""

    def party(self, index: int) -> str:
        """Name of a party; none is the market outside."""
        return self.payload["parties"][index]["name"] if index >= 0 else self.t("party.outside")

    def mode(self, index: int) -> str:
        """Name of a mode."""
        return self.word("mode", self.payload["modes"][index])

    def local(self, minute: int | None, hub: int) -> datetime | None:
        """Local time at a hub, as a workbook holds it: without offset."""
        if minute is None:
            return None
        name = self.payload["hubs"][hub]["id"] if hub >= 0 else ""
        tz = zone(self.zones.get(name, self.run.case.settings.timezone))
        return (self.clock.start + timedelta(minutes=minute)).astimezone(tz).replace(tzinfo=None)
