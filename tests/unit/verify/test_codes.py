"""Every rule verify can name is broken by some test."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.helpers.hand_runs import HAND_RUNS
from tests.integration.test_verify_mutations import apply_mutations
from tests.unit.verify.test_case_rules import RULES, codes

import landbridge.verify
from landbridge.verify import verify

OF_DIVISIONS = ("agreements.py", "cash.py", "price_lists.py", "shares.py")
"""Rules of divisions and agreements, which plans do not have: broken in tests of their own, see below."""


def codes_in_source() -> set[str]:
    """First arguments of the calls that make findings."""
    found: set[str] = set()
    for file in Path(landbridge.verify.__file__).parent.glob("*.py"):
        if file.name in OF_DIVISIONS:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", getattr(getattr(node, "func", None), "attr", ""))
            if isinstance(node, ast.Call) and name in ("row_finding", "run_finding", "_add"):
                found |= {item.value for item in ast.walk(node.args[0]) if isinstance(item, ast.Constant)}
    return found


DIVISIONS = (
    "integration/test_changes_cli.py",
    "unit/verify/test_shares.py",
    "unit/verify/test_coalition_proofs.py",
    "unit/verify/test_list_proofs.py",
    "unit/cooperation/test_agreements.py",
    "unit/cooperation/test_many.py",
    "unit/cooperation/test_share.py",
)
"""Tests that corrupt divisions, agreements and re-plans, and say by what code each is refused."""


def codes_expected_of_divisions() -> set[str]:
    """Words those tests compare with."""
    found: set[str] = set()
    for name in DIVISIONS:
        tree = ast.parse((Path(__file__).parents[2] / name).read_text(encoding="utf-8"))
        found |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return found


def test_each_code_is_the_finding_of_some_corrupt_run() -> None:
    seen: set[str] = {"split-not-permitted"}  # by a test of its own in test_case_rules
    for make in HAND_RUNS.values():
        plan, case = make()
        for _, mutated in apply_mutations(plan):
            seen |= {finding.code for finding in verify(mutated, case)}
    for name, _, change in RULES:
        plan, case = HAND_RUNS[name]()
        seen |= codes(plan, change(case))
    seen |= codes_expected_of_divisions()
    assert codes_in_source() - seen == set()
