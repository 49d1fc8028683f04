"""The store: what is committed is seen whole, and nothing else is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from datetime import UTC, datetime

import polars as pl
import pytest

from landbridge.operations.store import EVENTS, STATES, Store, StoreError, bucket_of
from landbridge.operations.store.schema import ALLOCATIONS, BUCKETS, TABLES


def events(names: list[str], day: int = 1) -> pl.DataFrame:
    rows = [
        {"parcel": name, "digest": f"{name}{day}".encode(), "occurred_at": datetime(2026, 10, day, tzinfo=UTC)}
        for name in names
    ]
    return pl.DataFrame([{**dict.fromkeys(EVENTS), **row} for row in rows], schema=EVENTS)


def test_appended_rows_are_read_again_by_bucket(tmp_path):
    store = Store(tmp_path / "s")
    names = [f"p{at}" for at in range(100)]
    store.append("events", events(names))
    assert sorted(store.scan("events").collect()["parcel"].to_list()) == sorted(names)
    for bucket in range(BUCKETS):
        mine = store.scan("events", f"{bucket:02d}").collect()["parcel"].to_list()
        assert sorted(mine) == sorted(name for name in names if zlib.crc32(name.encode()) % BUCKETS == bucket)
    assert store.rows("events") == 100


def test_buckets_are_the_same_for_ever():
    """A store written today must be read in ten years: these are CRC-32 of the ids, whatever polars hashes with."""
    assert bucket_of(pl.Series(["a", "demo:demo-1", "LZ473124829CN"])).to_list() == [3, 13, 7]


def test_replace_hides_what_was_there_and_append_goes_on_from_it(tmp_path):
    store = Store(tmp_path / "s")
    store.append("events", events(["a", "b"]))
    with store.batch() as batch:
        batch.replace("events", events(["c"]))
    store.append("events", events(["d"]))
    assert sorted(store.scan("events").collect()["parcel"].to_list()) == ["c", "d"]


def append_and_fail(store: Store) -> None:
    with store.batch() as batch:
        batch.append("events", events(["b"]))
        batch.replace("states", pl.DataFrame(schema=STATES))
        raise RuntimeError("stop")


def test_a_batch_that_fails_leaves_nothing_to_see(tmp_path):
    store = Store(tmp_path / "s")
    store.append("events", events(["a"]))
    with pytest.raises(RuntimeError, match="stop"):
        append_and_fail(store)
    assert store.scan("events").collect()["parcel"].to_list() == ["a"]
    assert store.sweep(0.0) == 1
    assert store.scan("events").collect()["parcel"].to_list() == ["a"]


def test_a_process_killed_while_it_writes_leaves_the_store_as_it_was(tmp_path):
    folder = tmp_path / "s"
    Store(folder).append("events", events(["a"]))
    code = f"""
        import time
        from pathlib import Path
        import polars as pl
        from landbridge.operations.store import EVENTS, Store
        row = {{**dict.fromkeys(EVENTS), "digest": b"x"}}
        frame = pl.DataFrame([row | {{"parcel": f"x{{at}}"}} for at in range(50)], schema=EVENTS)
        with Store(Path({str(folder)!r})).batch() as batch:
            batch.append("events", frame)
            print("written", flush=True)
            time.sleep(60)
    """
    worker = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "written\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    store = Store(folder)
    assert store.scan("events").collect()["parcel"].to_list() == ["a"]
    assert store.sweep(0.0) >= 1
    store.append("events", events(["b"]))
    assert sorted(store.scan("events").collect()["parcel"].to_list()) == ["a", "b"]


def test_two_writers_at_once_both_count(tmp_path):
    one, two = Store(tmp_path / "s"), Store(tmp_path / "s")
    with one.batch() as first, two.batch() as second:
        first.append("events", events(["a"]))
        second.append("events", events(["b"]))
    assert sorted(one.scan("events").collect()["parcel"].to_list()) == ["a", "b"]


def test_files_outside_the_span_are_not_opened(tmp_path):
    store = Store(tmp_path / "s")
    store.append("events", events(["a"], day=1))
    store.append("events", events(["a"], day=20))
    late = store.scan("events", first=datetime(2026, 10, 10, tzinfo=UTC)).collect()
    assert late["occurred_at"].to_list() == [datetime(2026, 10, 20, tzinfo=UTC)]


def test_compacting_changes_no_row_and_leaves_a_file_a_bucket(tmp_path):
    store = Store(tmp_path / "s")
    for day in range(1, 5):
        store.append("events", events(["a", "b", "c"], day=day))
    before = store.scan("events").collect().sort("parcel", "occurred_at")
    store.compact("events")
    assert store.scan("events").collect().sort("parcel", "occurred_at").equals(before)
    assert len(store.parts("events")) == len({zlib.crc32(name.encode()) % BUCKETS for name in "abc"})
    assert store.sweep(time.time()) == 0  # too young to be swept
    assert store.sweep(0.0) == 12


def test_a_note_is_remembered_with_its_batch(tmp_path):
    store = Store(tmp_path / "s")
    with store.batch() as batch:
        batch.note("run", {"path": "x", "weeks": 3})
    store.append("events", events(["a"]))
    assert Store(tmp_path / "s").noted("run") == {"path": "x", "weeks": 3}


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is not a store"):
        Store(tmp_path)
    (tmp_path / "store.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(StoreError, match="of version 99"):
        Store(tmp_path)


def test_no_table_has_a_column_for_a_person():
    """Issue 7: the shared side holds the parcel's id, its postcode's beginning, weight and value, nothing personal."""
    personal = {"name", "recipient", "address", "phone", "email", "tax_ref", "city", "street", "postcode"}
    for name, spec in TABLES.items():
        assert not personal & set(spec.schema), name
    assert "parcel" in ALLOCATIONS
