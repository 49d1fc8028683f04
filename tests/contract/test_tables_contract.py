"""Docs, schema and workbook say what the attribute table says."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from landbridge.model.case import ATTRIBUTES, RATES, REQUIRED_TABLES, SETTINGS, Case, Rate, Settings
from landbridge.model.validate import validate
from landbridge.tables import json_schema, read_case, reference_page
from landbridge.tables.workbook import EXAMPLE

ROOT = Path(__file__).parents[2]


def test_the_reference_page_is_the_one_the_attribute_table_gives() -> None:
    """Rewrite it with `python -m landbridge.tables docs/reference/tables.md`."""
    assert (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8") == reference_page()


def test_the_reference_page_names_every_column() -> None:
    page = reference_page()
    for table, attributes in ATTRIBUTES.items():
        section = page.split(f"\n## {table}")[1].split("\n## ")[0]
        for attribute in attributes:
            assert f"| `{attribute.name}`" in section
            assert attribute.description.replace("<", "&lt;") in section


def test_the_settings_are_those_of_the_data_class() -> None:
    defaults = Settings(name="x")
    assert {item.name for item in SETTINGS} == {item.name for item in fields(Settings)} - {"rates"}
    assert {item.name for item in RATES} == {item.name for item in fields(Rate)}
    for item in SETTINGS:
        assert item.required or item.default == getattr(defaults, item.name)


def test_every_column_has_a_meaning_and_every_range_is_possible() -> None:
    for attributes in ATTRIBUTES.values():
        for attribute in attributes:
            assert attribute.description.strip()
            assert attribute.low is None or attribute.high is None or attribute.low < attribute.high
            assert not attribute.ref or attribute.ref in ATTRIBUTES


def test_the_schema_has_every_table_and_column() -> None:
    schema = json_schema()
    assert set(schema["required"]) == {"case", *REQUIRED_TABLES}
    assert set(schema["properties"]) == {"case", *(item.name for item in fields(Case) if item.name != "settings")}
    for table, attributes in ATTRIBUTES.items():
        row = schema["properties"][table]["items"]
        named = set(row["properties"]) | set(row.get("patternProperties", {}))
        assert len(named) == len(attributes)
        assert row["required"] == [item.name for item in attributes if item.required]


def test_the_example_rows_of_the_blank_workbook_keep_every_rule() -> None:
    regions = EXAMPLE["regions"]
    case = read_case(ROOT / "tests" / "data" / "cases_tables" / "whole")
    parties = tuple(type(case.parties[0])(party=region.region, region=region.region) for region in regions)
    assert validate(Case(settings=Settings(name="Example"), parties=parties, **EXAMPLE)) == []
