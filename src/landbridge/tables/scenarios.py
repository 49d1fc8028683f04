"""Scenarios: named patches on a case, checked as the case itself is (docs/design/changes.md §1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from landbridge.errors import Finding, InvalidCase
from landbridge.model.case import ATTRIBUTES, SETTINGS, Case, Patch
from landbridge.model.columns import Attribute, Kind
from landbridge.model.faults import Fault, did_you_mean
from landbridge.model.validate import check_case
from landbridge.tables.cells import TEXT_KINDS, BadCell, parse_cell
from landbridge.tables.columns import dimension_of, match_column

Place = Callable[[int, str], str]
"""Where a cell of the table ``scenarios`` stands, by row and column."""

KEY_SIGN = "|"
"""Between the parts of a key of several columns."""


def scenario_names(case: Case) -> tuple[str, ...]:
    """Names of the scenarios of a case, in the order of the table."""
    return tuple(dict.fromkeys(patch.scenario for patch in case.scenarios))


def happening(case: Case, scenario: str) -> tuple[str, ...]:
    """Events that happen in a scenario: those it names."""
    return tuple(
        dict.fromkeys(patch.key for patch in case.scenarios if patch.scenario == scenario and patch.table == "events")
    )


def apply_scenario(case: Case, scenario: str, place: Place | None = None) -> Case:
    """
    Change the cells that a scenario names.

    Parameters
    ----------
    case
        A case without findings.
    scenario
        A name in its table ``scenarios``.
    place
        Where a cell of that table stands; default: its line in ``scenarios.csv``.

    Raises
    ------
    InvalidCase
        With a finding for each row that does not fit or makes the case break a rule, each placed at the row of the
        scenario that did it.
    """
    where = place or (lambda row, column: f"scenarios.csv:{row + 2}")
    names = scenario_names(case)
    if scenario not in names:
        message = f"the case has no scenario {scenario!r}{did_you_mean(scenario, names)}"
        raise InvalidCase([Finding(where="scenarios", message=message, code="unknown-scenario")])
    patcher = _Patcher(case, where)
    for row, patch in enumerate(case.scenarios):
        if patch.scenario == scenario:
            patcher.apply(row, patch)
    if not patcher.findings:
        patcher.check(case)
    if patcher.findings:
        raise InvalidCase(patcher.findings)
    return patcher.case


class _Patcher:
    """A case being patched; remembers which row of the scenario changed which cell."""

    def __init__(self, case: Case, where: Place) -> None:
        self.case, self.where = case, where
        self.findings: list[Finding] = []
        self.changed: dict[tuple[str, int, str], int] = {}

    def find(self, row: int, column: str, code: str, message: str) -> None:
        self.findings.append(Finding(where=self.where(row, column), column=column, message=message, code=code))

    def apply(self, row: int, patch: Patch) -> None:
        attributes = SETTINGS if patch.table == "case" else ATTRIBUTES.get(patch.table, ())
        attribute = match_column(patch.column_name, attributes)
        if attribute is None:
            names = [item.name for item in attributes]
            message = f"{patch.column_name!r} is not a column of {patch.table}{did_you_mean(patch.column_name, names)}"
            self.find(row, "column", "unknown-id", message)
            return
        try:
            value = _parse(attribute, patch.value)
        except BadCell as error:
            self.find(row, "value", error.code, str(error))
            return
        if patch.table == "case":
            self.case = replace(self.case, settings=replace(self.case.settings, **{attribute.field: value}))
            self.changed["case", -1, attribute.name] = row
            return
        self._change_rows(row, patch, attribute, value)

    def _change_rows(self, row: int, patch: Patch, attribute: Attribute, value: Any) -> None:
        keys = [item.field for item in ATTRIBUTES[patch.table] if item.key]
        wanted = patch.key.split(KEY_SIGN) if len(keys) > 1 else [patch.key]
        rows = list(getattr(self.case, patch.table))
        hits = [
            at
            for at, item in enumerate(rows)
            if all(str(getattr(item, key)) == part for key, part in zip(keys, wanted, strict=False))
        ]
        if not hits or len(wanted) > len(keys):
            parts = KEY_SIGN.join(keys)
            message = f"{patch.key!r} is no row of {patch.table}; expected {parts}, of which the last may be left out"
            self.find(row, "key", "unknown-id", message)
            return
        for at in hits:
            rows[at] = replace(rows[at], **{attribute.field: self._cell(rows[at], attribute, patch, value)})
            self.changed[patch.table, at, patch.column_name] = row
        self.case = replace(self.case, **cast("dict[str, Any]", {patch.table: tuple(rows)}))

    def _cell(self, item: Any, attribute: Attribute, patch: Patch, value: Any) -> Any:
        if attribute.kind is not Kind.AMOUNTS:
            return value
        amounts = dict(getattr(item, attribute.field))
        dimension = dimension_of(attribute, patch.column_name)
        if value is None:
            amounts.pop(dimension, None)
        else:
            amounts[dimension] = value
        return amounts

    def check(self, before: Case) -> None:
        """Report the rules that the patched case breaks, at the row of the scenario that is nearest to blame."""
        known = {(fault.table, fault.row, fault.column, fault.code) for fault in check_case(before)}
        for fault in check_case(self.case):
            if (fault.table, fault.row, fault.column, fault.code) in known or fault.table == "scenarios":
                continue
            row = self._row_to_blame(fault)
            cell = f"{fault.table} row {fault.row + 1} {fault.column}".strip()
            self.find(row, "value", fault.code, f"makes {cell} wrong: {fault.message}")

    def _row_to_blame(self, fault: Fault) -> int:
        for column in (fault.column, *fault.also):
            if (fault.table, fault.row, column) in self.changed:
                return self.changed[fault.table, fault.row, column]
        same = [row for (table, at, _), row in self.changed.items() if (table, at) == (fault.table, fault.row)]
        linked = [row for (table, _, _), row in self.changed.items() if table in (fault.table, "case", *fault.refs)]
        return min(same or linked or self.changed.values())


def _parse(attribute: Attribute, text: str) -> Any:
    if not text:
        if attribute.required:
            raise BadCell("blank-cell", f"is blank, expected a value: {attribute.description}")
        return None if attribute.kind is Kind.AMOUNTS else attribute.default
    if attribute.kind in TEXT_KINDS:
        return text
    return parse_cell(attribute, text)
