"""What makes a case usable: every rule a row, a pair of columns or a pair of tables must keep."""

from __future__ import annotations

from collections.abc import Iterator

from landbridge.errors import Finding
from landbridge.model.case import ATTRIBUTES, Case
from landbridge.model.check_cells import check_cells
from landbridge.model.check_ids import check_groups, check_ids, check_keys, check_owners, check_references
from landbridge.model.check_network import check_handling, check_hubs, check_services, check_timetable
from landbridge.model.check_orders import check_orders
from landbridge.model.check_papers import check_agreements, check_pins, check_resources, check_scenarios
from landbridge.model.check_settings import check_settings, check_tables
from landbridge.model.check_words import check_dimensions, check_origins, check_words
from landbridge.model.faults import Fault


def validate(case: Case) -> list[Finding]:
    """
    Check a case made in Python by all the rules that apply to files.

    Returns
    -------
    list
        Findings, rule by rule, placed by table and id; empty when the case can be used.
    """
    return [
        Finding(where=_entity(case, fault), column=fault.column, message=fault.message, code=fault.code)
        for fault in check_case(case)
    ]


def validate_texts(case: Case) -> list[Finding]:
    """Check only that every text of a case fits on one line of a file."""
    faults = (*check_settings(case), *check_cells(case))
    return [
        Finding(where=_entity(case, fault), column=fault.column, message=fault.message, code=fault.code)
        for fault in faults
        if fault.code == "bad-text"
    ]


def check_case(case: Case) -> Iterator[Fault]:
    """Apply every rule; each stands in a module ``check_*``."""
    yield from check_settings(case)
    yield from check_tables(case)
    yield from check_cells(case)
    yield from check_keys(case)
    yield from check_ids(case)
    yield from check_groups(case)
    yield from check_references(case)
    yield from check_owners(case)
    yield from check_words(case)
    yield from check_dimensions(case)
    yield from check_origins(case)
    yield from check_hubs(case)
    yield from check_handling(case)
    yield from check_services(case)
    yield from check_timetable(case)
    yield from check_pins(case)
    yield from check_orders(case)
    yield from check_agreements(case)
    yield from check_resources(case)
    yield from check_scenarios(case)


def _entity(case: Case, fault: Fault) -> str:
    if fault.table == "case" or fault.row < 0:
        return fault.table
    row = getattr(case, fault.table)[fault.row]
    key = " ".join(str(getattr(row, item.field)) for item in ATTRIBUTES[fault.table] if item.key)
    return f"{fault.table}[{fault.row}] {key!r}"
