"""Files to cases and back: folders, workbooks, run folders, and the reference of the tables."""

from landbridge.tables.changes import write_comparison, write_tables
from landbridge.tables.reading import read_case, read_texts
from landbridge.tables.reference import json_schema, reference_page
from landbridge.tables.replans import has_replan, read_replan, replan_files
from landbridge.tables.runs import read_run, summary_to_json, write_run
from landbridge.tables.scenarios import apply_scenario, happening, scenario_names
from landbridge.tables.shares import has_agreements, has_shares, read_agreements, read_shares, write_agreements
from landbridge.tables.workbook import blank_workbook
from landbridge.tables.writing import input_hash, write_case

__all__ = [
    "apply_scenario",
    "blank_workbook",
    "happening",
    "has_agreements",
    "has_replan",
    "has_shares",
    "input_hash",
    "json_schema",
    "read_agreements",
    "read_case",
    "read_replan",
    "read_run",
    "read_shares",
    "read_texts",
    "reference_page",
    "replan_files",
    "scenario_names",
    "summary_to_json",
    "write_agreements",
    "write_case",
    "write_comparison",
    "write_run",
    "write_tables",
]
