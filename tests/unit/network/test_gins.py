"""The reader of instances with modules on links."""

from __future__ import annotations

from pathlib import Path

import pytest

from landbridge.errors import InvalidInstance
from landbridge.network import read_gins

GOOD = """GINS tiny bidirected
3 2 2 1
130 10000
50 5000
0 1 7 70 0
1 2 5 3 4
0 2 11
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "g.txt"
    path.write_text(text)
    return path


def test_each_module_of_each_link_becomes_a_vehicle(tmp_path: Path) -> None:
    """The second module of the first link may not be used: there is no vehicle for it."""
    problem = read_gins(_write(tmp_path, GOOD))
    assert problem.horizon_min == 0
    assert problem.leg_vehicle.tolist() == [0, 0, 1, 1, 2, 2]
    assert problem.leg_tail.tolist() == [0, 1, 1, 2, 1, 2]
    assert problem.leg_head.tolist() == [1, 0, 2, 1, 2, 1]
    assert problem.vehicle_capacity.tolist() == [[130.0], [130.0], [50.0]]
    assert problem.vehicle_run_cost.tolist() == [10000.0, 10000.0, 5000.0]
    assert problem.limit_cap.tolist() == [70.0, 3.0, 4.0]
    assert problem.block_low.tolist() == problem.block_qty.tolist() == [11.0]


@pytest.mark.parametrize(
    ("kind", "legs", "leg_cost", "room", "load_cost"),
    [
        ("directed", 3, [7.0, 5.0, 5.0], [], []),
        ("bidirected", 6, [0.0] * 6, [], [7.0, 5.0, 5.0]),
        ("undirected", 6, [7.0, 7.0, 5.0, 5.0, 5.0, 5.0], [0] * 6, []),
    ],
)
def test_the_kind_says_what_the_load_of_a_link_is(
    tmp_path: Path, kind: str, legs: int, leg_cost: list[float], room: list[int], load_cost: list[float]
) -> None:
    problem = read_gins(_write(tmp_path, GOOD.replace("bidirected", kind)))
    assert len(problem.leg_tail) == legs
    assert problem.leg_cost_per_t.tolist() == leg_cost
    assert problem.leg_room.tolist() == room
    assert problem.vehicle_load_cost.tolist() == load_cost


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("GINS tiny", "tiny", "g.txt:1: found 'tiny bidirected', expected 'GINS name directed"),
        ("bidirected", "sideways", "g.txt:1: found 'GINS tiny sideways'"),
        ("3 2 2 1", "3 2 2", "g.txt:2: found 3 numbers, expected 4"),
        ("3 2 2 1", "3 2 2.5 1", "g.txt:2: found 2.5, expected a whole number"),
        ("50 5000", "50 x", "g.txt:4: found '50 x', expected 2 numbers .module 2 of 2"),
        ("7 70 0", "7 70", "g.txt:5: found 4 numbers, expected 5 .link 1 of 2"),
        ("7 70 0", "7 70.5 0", "g.txt:5: found 70.5, expected a whole number"),
        ("1 2 5", "1 3 5", "g.txt:6: found node 3, expected a whole number from 0 to 2"),
        ("0 2 11", "0 2 -11", "g.txt:7: .*expected numbers of 0 or more"),
        ("7 70 0", "7 70 0.0", r"g.txt:5: found 0.0, expected a whole number .copies .*\. Write 0\."),
        ("1 2 5", "1 2.0 5", r"g.txt:6: found 2.0, expected a whole number .node from 0 to 2.\. Write 2\."),
        ("0 2 11\n", "", r"g.txt:2: found 2 links \+ 2 modules \+ 1 commodities, which is 5 lines, and 4 lines after"),
        ("0 2 11\n", "0 2 11\n1 2\n", "g.txt:8: found more lines"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidInstance, match=message):
        read_gins(_write(tmp_path, GOOD.replace(old, new)))


@pytest.mark.data
@pytest.mark.parametrize("kind", ["directed", "bidirected", "undirected"])
def test_published_files_are_read(data_dir: Path, kind: str) -> None:
    paths = sorted((data_dir / "gins" / kind).glob("*.txt"))
    assert len(paths) == 27
    assert {len(read_gins(path).sink_node) for path in paths} == {100}
