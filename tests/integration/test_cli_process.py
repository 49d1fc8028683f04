"""The command line as a process: signals, disks that fill, folders that take nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from landbridge.model.case import Case, Good, Hub, Order, Region, Service, Settings
from landbridge.tables import write_case

MAIN = "from landbridge.cli.main import main; main()"


def start(*words: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(process: subprocess.Popen[str], within_s: float = 60) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err


def run(*words: object, **options) -> tuple[int, str, str]:
    return finish(start(*words, **options))


@pytest.fixture
def starter(tmp_path) -> Path:
    code, _, err = run("new", "starter", tmp_path / "mine")
    assert code == 0, err
    return tmp_path / "mine"


@pytest.fixture(scope="module")
def hard_case(tmp_path_factory) -> Path:
    """A case that takes long to close: many hubs, small loads, large trucks without a timetable."""
    towns = [f"h{i:02d}" for i in range(16)]
    services = tuple(
        Service(
            service=f"{a}-{b}",
            mode="road",
            route=(a, b),
            travel_h=(1.0 + (7 * i + 3 * j) % 5,),
            capacity={"t": 10.0},
            run_cost=100.0 + (13 * i + 29 * j) % 60,
        )
        for i, a in enumerate(towns)
        for j, b in enumerate(towns)
        if a != b and (i * 5 + j * 3) % 4 == 0
    )
    orders = tuple(
        Order(
            order=f"o{n:03d}",
            good="cargo",
            qty=1.0 + (n * 7) % 5,
            from_hub=towns[n % 16],
            to_hub=towns[(n * 5 + 1 + n // 16) % 16],
            price_per_unit=30.0 + (n * 11) % 40,
        )
        for n in range(160)
        if n % 16 != (n * 5 + 1 + n // 16) % 16
    )
    case = Case(
        settings=Settings(name="hard", horizon_h=48),
        regions=(Region(region="r", country="XN"),),
        hubs=tuple(Hub(hub=town, region="r") for town in towns),
        goods=(Good(good="cargo", per_unit={"t": 1.0}),),
        services=services,
        orders=orders,
    )
    folder = tmp_path_factory.mktemp("hard") / "case"
    write_case(case, folder)
    return folder


def wait_for_plan(process: subprocess.Popen[str]) -> None:
    """Read progress lines until one names the value of a plan."""
    assert process.stderr is not None
    for line in process.stderr:
        if " value " in line and " value - " not in line:
            return
    pytest.fail(f"the search ended before it told of a plan: {process.stdout.read() if process.stdout else ''}")


# Ctrl-C and kill


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_plan_and_the_run_verifies(hard_case, tmp_path):
    process = start("plan", hard_case, "--out", tmp_path / "run", "--time-limit", 300, "--json")
    wait_for_plan(process)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert code == 0, err
    assert time.monotonic() - pressed < 15
    found = json.loads(out)
    assert found["summary"]["status"] == "cancelled"
    assert found["summary"]["bound"] >= found["summary"]["value"]
    assert run("verify", tmp_path / "run")[0] == 0


@pytest.mark.slow
def test_a_second_ctrl_c_aborts_and_leaves_nothing(hard_case, tmp_path):
    process = start("plan", hard_case, "--out", tmp_path / "run", "--time-limit", 300)
    wait_for_plan(process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    if code == 0:  # the search had ended between the two
        assert run("verify", tmp_path / "run")[0] == 0
        return
    assert code == 130
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_killed_process_leaves_no_run(hard_case, tmp_path):
    process = start("plan", hard_case, "--out", tmp_path / "run", "--time-limit", 300)
    wait_for_plan(process)
    process.kill()
    process.communicate()
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_time_limit_is_kept(hard_case, tmp_path):
    started = time.monotonic()
    code, out, err = run("plan", hard_case, "--out", tmp_path / "run", "--time-limit", 8, "--json")
    assert code == 0, err
    assert time.monotonic() - started < 8 + 12  # starting, compiling on a fresh machine, writing
    summary = json.loads(out)["summary"]
    assert summary["seconds"] < 8 + 2
    assert summary["status"] in ("time_limit", "optimal")


# places that take nothing


@pytest.mark.slow
def test_a_folder_that_may_not_be_written_is_refused_before_the_search(starter):
    """Rights do not bind root, so that root gives up its own first, after all modules are loaded."""
    with tempfile.TemporaryDirectory() as box:
        case, closed = Path(box) / "case", Path(box) / "closed"
        starter.rename(case)
        closed.mkdir()
        for path in (Path(box), case, closed):
            path.chmod(0o555)
        load = f"from landbridge.cli import cases; cases.read(cases.Path({str(case)!r}))"
        drop = "import os, landbridge.planning; os.geteuid() == 0 and os.setuid(65534)"
        code, out, err = finish(
            subprocess.Popen(
                [sys.executable, "-c", f"{load}; {drop}; {MAIN}", "plan", str(case), "--out", str(closed / "run")],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        Path(box).chmod(0o755)
        closed.chmod(0o755)
        assert code == 4, err
        assert out == ""
        assert "could not be written" in err
        assert list(closed.iterdir()) == []


@pytest.mark.slow
def test_a_disk_that_fills_leaves_nothing_half_written(starter, tmp_path):
    """A limit on the size of files stands for the full disk: writing past it fails in the same place."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    (tmp_path / "runs").mkdir()
    environment = {**os.environ, "NUMBA_DISABLE_CACHING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    code, out, err = run("plan", starter, "--out", tmp_path / "runs" / "run", preexec_fn=limit, env=environment)
    assert code == 4, err
    assert "could not be written" in err
    assert out == ""
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_output_nobody_reads_is_no_traceback(starter):
    process = start("schema")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in err


# start


def test_help_imports_nothing_heavy():
    """`landbridge --help` stays under 0.3 s only as long as none of these is loaded."""
    script = (
        "import sys; sys.argv = ['landbridge', '--help']\n"
        "from landbridge.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'numpy', 'polars', 'highspy', 'rich', 'landbridge.model.case'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_no_colour_where_none_is_wanted(starter, tmp_path):
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color"}
    code, out, err = run("plan", starter, "--out", tmp_path / "run", env=environment)
    assert code == 0, err
    assert "\x1b[" not in out + err
