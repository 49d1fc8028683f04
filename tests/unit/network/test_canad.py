"""The reader of Canad instances."""

from __future__ import annotations

from pathlib import Path

import pytest

from landbridge.errors import InvalidInstance
from landbridge.network import read_canad

GOOD = """MULTIGEN.DAT:
   3   2   2
   1   2   4  10  7  1  1
   2   3   5  20  8  1  2
   1   3   6
   2   3   9
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "c.dow"
    path.write_text(text)
    return path


def test_arcs_become_services_that_run_once_and_demands_must_be_served(tmp_path: Path) -> None:
    problem = read_canad(_write(tmp_path, GOOD))
    assert problem.horizon_min == 0
    assert problem.leg_tail.tolist() == [0, 1]
    assert problem.leg_head.tolist() == [1, 2]
    assert problem.leg_cost_per_t.tolist() == [4.0, 5.0]
    assert problem.vehicle_capacity.tolist() == [[10.0], [20.0]]
    assert problem.vehicle_run_cost.tolist() == [7.0, 8.0]
    assert problem.limit_cap.tolist() == [1.0, 1.0]
    assert problem.commodity_origin.tolist() == [0, 1]
    assert problem.sink_node.tolist() == [2, 2]
    assert problem.block_low.tolist() == problem.block_qty.tolist() == [6.0, 9.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("MULTIGEN.DAT:", "GINS x", "c.dow:1: found 'GINS x', expected the header"),
        ("   3   2   2", "   3   2", "c.dow:2: found 2 numbers, expected 3"),
        ("7  1  1", "7  1", "c.dow:3: found 6 numbers, expected 7 .arc 1 of 2"),
        ("5  20", "5  x", "c.dow:4: .*expected 7 numbers"),
        ("5  20", "5  -20", "c.dow:4: .*expected numbers of 0 or more"),
        ("5  20", "5  nan", "c.dow:4: .*expected numbers of 0 or more"),
        ("   2   3   9", "   2   4   9", "c.dow:6: found node 4, expected a whole number from 1 to 3"),
        ("   2   3   9", "   2   3.0 9", r"c.dow:6: found 3.0, expected a whole number .node from 1 to 3.\. Write 3\."),
        ("   1   2   4", "   1.5 2   4", r"c.dow:3: found 1.5, expected a whole number .node from 1 to 3.$"),
        ("   3   2   2", "   3   2   2.0", r"c.dow:2: found 2.0, expected a whole number .*\. Write 2\."),
        ("   2   3   9\n", "", r"c.dow:2: found 2 arcs \+ 2 commodities, which is 4 lines, and 3 lines after it"),
        ("   3   2   2", "   3   2   10000000000", "c.dow:2: .*10000000000 commodities, .* and 4 lines after it"),
        ("   3   2   2", "   30000000000   2   2", "c.dow:2: found 30000000000 nodes, expected at most 10000000"),
        ("   2   3   9\n", "   2   3   9\n 1 2 3\n", "c.dow:7: found more lines"),
        ("   2   3   9", "   2   3   9 \u00e9", "c.dow: expected plain ASCII"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidInstance, match=message):
        read_canad(_write(tmp_path, GOOD.replace(old, new)))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match=r"none\.dow: cannot be read"):
        read_canad(tmp_path / "none.dow")


@pytest.mark.data
@pytest.mark.parametrize(("name", "arcs", "demands"), [("c33", 228, 39), ("r01.7", 35, 10)])
def test_published_files_are_read(data_dir: Path, name: str, arcs: int, demands: int) -> None:
    problem = read_canad(data_dir / "canad" / f"{name}.dow")
    assert (len(problem.leg_tail), len(problem.sink_node)) == (arcs, demands)
