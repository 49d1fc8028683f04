"""What the page of the server says of running it for good: read from the page, and done without containers."""

from __future__ import annotations

import configparser
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from jsonschema import Draft7Validator
from sqlalchemy import make_url
from tests.conftest import skip_or_fail
from tests.helpers.postgres import Postgres, find_binaries
from tests.helpers.server_process import SOURCE, ServerProcess, free_port
from tests.integration.server.conftest import PASSWORD

from landbridge.cli.main import app
from landbridge.client import Client
from landbridge.server.serve import ENDING_S
from landbridge.server.settings import Settings, read_settings, to_environment
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.migrate import head_revision, revision_of, upgrade

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")


def _block(kind: str) -> str:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def _unit() -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(re.sub(r"^Environment=(\w+)=", r"Environment.\1=", _block("ini"), flags=re.MULTILINE))
    return found


def _parses(words: list[str]) -> bool:
    """Whether the command line takes these words; nothing is done."""
    command: Any = typer.main.get_command(app)
    name, *rest = words
    command.commands[name].make_context(name, rest)
    return True


def test_the_unit_file_is_one(tmp_path: Path) -> None:
    """The program that reads it says so, with an executable that is there."""
    judge = shutil.which("systemd-analyze")
    if judge is None:
        skip_or_fail("there is no systemd-analyze; install it (Debian: apt-get install systemd)")
    executable = tmp_path / "landbridge"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    text = _block("ini").replace("/opt/landbridge/.venv/bin/landbridge", str(executable))
    text = text.replace("User=landbridge", f"User={os.getuid()}")
    file = tmp_path / "landbridge.service"
    file.write_text(text)
    done = subprocess.run([str(judge), "verify", "--man=no", str(file)], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "landbridge" in line]
    assert not told
    broken = tmp_path / "broken.service"
    broken.write_text(text.replace("ExecStart=", "ExecStrat="))
    done = subprocess.run([str(judge), "verify", "--man=no", str(broken)], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_the_unit_file_says_what_the_server_takes() -> None:
    service = _unit()["Service"]
    given = {name.partition(".")[2]: text for name, text in service.items() if name.startswith("Environment.")}
    _read_all(given)
    assert given["LANDBRIDGE_DATA_DIR"] == f"/var/lib/{service['StateDirectory']}"  # all else is read-only
    executable, *words = service["ExecStart"].split()
    assert executable.endswith("/landbridge")
    assert _parses(words)
    assert int(service["TimeoutStopSec"]) > 2 * ENDING_S  # requests, then workers


def _read_all(environment: dict[str, Any]) -> Settings:
    """Settings of an environment in which every variable is one of ours."""
    known = {f"LANDBRIDGE_{item.name.upper()}" for item in dataclasses.fields(Settings)}
    assert set(environment) <= known
    return read_settings({name: str(text) for name, text in environment.items()})


def test_the_compose_file_is_one() -> None:
    """By the schema of the Compose Specification, which finds what is wrong with another."""
    schema = json.loads((ROOT / "tests" / "data" / "compose" / "compose-spec.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema)
    document = yaml.safe_load(_block("yaml"))
    assert [error.message for error in validator.iter_errors(document)] == []
    document["services"]["web"]["volume"] = []
    assert not validator.is_valid(document)


def test_the_compose_file_says_what_the_server_takes() -> None:
    document = yaml.safe_load(_block("yaml"))
    services = document["services"]
    roles = dict(re.findall(r"CREATE ROLE (\w+) LOGIN(.*);", _block("sql")))
    (database,) = re.findall(r"CREATE DATABASE (\w+) OWNER landbridge_owner;", _block("sql"))
    for name in ("web", "worker"):
        service = services[name]
        settings = _read_all(service["environment"])
        for volume in service["volumes"]:
            source, place = volume.split(":")
            assert source in document["volumes"]
            assert settings.data_dir == Path(place)
        for url, member in ((settings.url, "lb_app"), (settings.worker_url, "lb_worker")):
            found = make_url(url)
            assert (found.host, found.database) == ("db", database)
            assert roles[str(found.username)].endswith(f"IN ROLE {member}")
        assert set(service["depends_on"]) <= set(services)
        assert _parses(service.get("command", ["landbridge", "serve"])[1:])
        assert int(service["stop_grace_period"].removesuffix("s")) > 2 * ENDING_S
    web = _read_all(services["web"]["environment"])
    assert make_url(web.owner_url).username == "landbridge_owner"
    assert web.workers == 0  # they are services of their own
    assert web.host == "0.0.0.0"  # of the container
    assert web.public_url.endswith(f":{web.port}")
    assert services["web"]["ports"] == [f"127.0.0.1:{web.port}:{web.port}"]
    assert "LANDBRIDGE_OWNER_DATABASE_URL" in services["worker"]["environment"]
    assert _read_all(services["worker"]["environment"]).owner_database_url == ""


def _run(settings: Settings, *words: str) -> Any:
    """Run a command of the command line on a server; gives its JSON."""
    environment = os.environ | to_environment(settings) | {"PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "landbridge.cli.main", *words, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


@pytest.mark.long
def test_a_dress_rehearsal(tmp_path: Path) -> None:
    """
    The page, step by step, on a PostgreSQL of its own.

    Roles by the SQL of the page; tables of an older release, brought up to date by the owner's role at the start; the
    server with the web role; a worker in a process of its own with the worker's role alone; a backup while it runs;
    another database, restored; a second server that goes on where the first was.
    """
    binaries = find_binaries()
    if binaries is None:
        skip_or_fail("there is no PostgreSQL (initdb); install it (Debian: apt-get install postgresql-15)")
    postgres = Postgres(binaries)
    postgres.start()
    try:
        first = _settings(postgres, tmp_path / "first", "landbridge", _block("sql"))
        upgrade(first.owner_url, "0002")
        case, run, report = _first_server(first, tmp_path)
        made = _run(first, "backup", str(tmp_path / "all.tar.gz"))
        assert made["runs"] == 1
        assert made["schema"] == head_revision()
        again = re.sub(r"CREATE ROLE.*\n", "", _block("sql")).replace("DATABASE landbridge ", "DATABASE second ")
        second = _settings(postgres, tmp_path / "second", "second", again.replace("\\c landbridge", "\\c second"))
        assert _run(second, "restore", str(tmp_path / "all.tar.gz"))["rows"] == made["rows"]
        assert _run(second, "audit", "verify")["ok"] is True
        server = ServerProcess(second, tmp_path / "second.log")
        server.start()
        try:
            ann = Client(server.address)
            ann.sign_in("ann@example.org", PASSWORD)
            assert ann.request("GET", f"/runs/{run}/report") == report
            assert ann.plan(case, time_s=10.0)["value"] is not None  # by a worker of its own
        finally:
            server.stop()
    finally:
        postgres.stop()


def _settings(postgres: Postgres, data: Path, database: str, sql: str) -> Settings:
    """Settings on a database made by the SQL of the page, by the client that it is meant for."""
    command = [str(postgres.binaries / "psql"), "-v", "ON_ERROR_STOP=1", "-q", postgres.url("postgres", "postgres")]
    subprocess.run(command, input=sql.encode(), check=True)
    return read_settings(
        {},
        data_dir=data,
        port=free_port(),
        database_url=postgres.url("landbridge_web", database),
        worker_database_url=postgres.url("landbridge_worker", database),
        owner_database_url=postgres.url("landbridge_owner", database),
    )


def _first_server(settings: Settings, folder: Path) -> tuple[str, str, Any]:
    """Serve without a worker, plan with one that does not know the owner; gives case, run and its report."""
    server = ServerProcess(dataclasses.replace(settings, workers=0), folder / "first.log")
    server.start()
    try:
        database = open_database(settings.owner_url, pool_size=1)
        with database.read(NOBODY) as connection:
            assert revision_of(connection) == head_revision()
        database.close()
        ann = Client(server.address)
        ann.set_up(server.link, "Host", "Ann", "ann@example.org", PASSWORD)
        case = ann.create_case("starter")["id"]
        job = ann.start(case, "plan", time_s=10.0)["id"]
        blind = dataclasses.replace(settings, owner_database_url="", database_url=settings.worker_url)
        assert _run(blind, "worker", "--once")["jobs"] == 1
        run = ann.wait(job, timeout_s=5.0)["run"]
        return case, run, ann.request("GET", f"/runs/{run}/report")
    finally:
        server.stop()
