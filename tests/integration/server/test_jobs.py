"""Jobs: queued, done once, followed, cancelled, given up; and the runs they leave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.integration.server.conftest import API, World

from landbridge.server.jobs.flag import Flag
from landbridge.server.jobs.worker import Worker
from landbridge.server.store import jobs
from landbridge.server.store.database import NOBODY, open_database


def test_a_plan_is_a_run_that_verify_accepts(world: World) -> None:
    """The run's folder is what the command line would have written; the report is made of it."""
    from landbridge.tables import read_run
    from landbridge.verify import verify

    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    job = world.run_job(ann, case, "plan", time_s=20.0, name="First")
    assert job["state"] == "done", job["error"]
    plan, planned = read_run(world.settings.runs_dir / job["run"])
    assert verify(plan, planned) == []
    run = ann.get(f"/runs/{job['run']}")
    assert run["name"] == "First"
    assert run["value"] == plan.summary.value
    assert run["stale"] is False
    report = ann.get(f"/runs/{job['run']}/report")
    assert report["summary"]["value"] == plan.summary.value
    assert ann.get(f"/runs/{job['run']}/tables/departures")["items"]
    assert ann.get(f"/runs/{job['run']}/workbook.xlsx")[:2] == b"PK"
    assert b"<html" in ann.get(f"/runs/{job['run']}/report.html?lang=zh")
    ann.edit(case, "services", "lane1-A", {"run_cost": "90"})
    assert ann.get(f"/cases/{case}/runs")["items"][0]["stale"] is True
    ann.delete(f"/runs/{job['run']}")
    ann.get(f"/runs/{job['run']}", 404)


def test_a_gain_is_divided_by_the_size_that_was_chosen(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    job = world.run_job(ann, case, "share", time_s=20.0, method="proportional", base="equal")
    assert job["state"] == "done", job["error"]
    rows = ann.get(f"/runs/{job['run']}/tables/shares")["items"]
    gains = {row["player"]: float(row["gain"]) for row in rows if row["method"] == "proportional"}
    assert len(gains) == 3
    assert max(gains.values()) - min(gains.values()) <= 0.011


def test_every_kind_of_job_ends_well(make_world: Callable[..., World]) -> None:
    """Share, agreements, explain, bottlenecks, compare and re-plan through the same door."""
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    first = world.run_job(ann, case, "plan", time_s=20.0)["run"]
    ann.edit(case, "services", "lane1-A", {"run_cost": "90"})
    second = world.run_job(ann, case, "share", time_s=20.0, players="regions")
    assert second["state"] == "done", second["error"]
    assert ann.get(f"/runs/{second['run']}/tables/shares")["items"]
    compared = world.run_job(ann, case, "compare", runs=[first, second["run"]])
    assert compared["state"] == "done", compared["error"]
    assert compared["result"]["totals"]
    valued = world.run_job(ann, case, "agreements", coalition_s=5.0)
    assert valued["state"] == "done", valued["error"]
    assert valued["result"]["agreements"]
    narrow = world.run_job(ann, case, "bottlenecks", run=first, time_s=5.0)
    assert narrow["state"] == "done", narrow["error"]
    order = ann.get(f"/runs/{first}/tables/orders")["items"][0]["order"]
    why = world.run_job(ann, case, "explain", run=first, order=order)
    assert why["state"] == "done", why["error"]
    assert why["result"]["state"]
    services = {key: row["values"] for key, row in ann.rows(case, "services").items()}
    timetable = [{"values": {"service": key, "days": "daily", "depart": "08:00"}} for key in services]
    ann.patch(f"/cases/{case}/tables/timetable", {"changes": timetable})
    dated = world.run_job(ann, case, "plan", time_s=20.0)["run"]
    closed = "close:A-town from 2026-01-06T00:00 to 2026-01-07T00:00"
    again = world.run_job(ann, case, "replan", run=dated, events=[closed], weeks=1, time_s=10.0)
    assert again["state"] == "done", again["error"]
    value = ann.get(f"/runs/{again['run']}")["value"]
    assert value is not None
    told = again["result"]
    assert told["replan"]["value_after"] == pytest.approx(value)
    assert told["replan"]["moved_at"].startswith("2026-01-06T00:00")
    by_measure = {row["measure"]: row for row in told["totals"]}
    assert by_measure["value"]["after"] == pytest.approx(value)
    assert by_measure["value"]["before"] == pytest.approx(told["replan"]["value_before"])
    refused = world.run_job(ann, case, "replan", run=dated, events=["close:nowhere"], weeks=1)
    assert "is not in hubs" in refused["error"]
    russian = ann.get(f"/jobs/{refused['id']}?lang=ru")
    assert "нет в hubs" in russian["error"]
    assert russian["error_lang"] == "ru"


def test_findings_and_refusals_are_said_in_the_language_asked_for(world: World) -> None:
    """By the query or by Accept-Language; what has no sentence stays English and says so."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.edit(case, "orders", "A:A>C", {"good": "milk"})
    found = {lang: ann.get(f"/cases/{case}/findings?lang={lang}")["items"][0] for lang in ("en", "ru", "zh")}
    assert [found[lang]["lang"] for lang in found] == ["en", "ru", "zh"]
    assert "нет в таблице goods" in found["ru"]["message"]
    assert found["ru"]["code"] == found["en"]["code"]
    by_header = ann.get(f"/cases/{case}/findings", headers={"Accept-Language": "ru-RU,en;q=0.5"})["items"][0]
    assert by_header == found["ru"]
    ann.get(f"/cases/{case}/findings?lang=xx", 422)
    refused = ann.get("/cases/nothing", 404, headers={"Accept-Language": "zh"})
    assert refused["errors"][0] == {"code": "not-found", "entity": "case", "lang": "zh", "message": refused["error"]}
    assert "请检查地址" in refused["error"]
    assert "lang" not in ann.get("/cases/nothing", 404)["errors"][0]
    job = world.run_job(ann, case, "plan")
    assert "findings" in job["error"]
    assert "найдено ошибок: 1" in ann.get(f"/jobs/{job['id']}", headers={"Accept-Language": "ru"})["error"]


def test_what_cannot_be_planned_fails_with_words(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.edit(case, "services", "lane1-A", {"run_cost": "a lot"})
    job = world.run_job(ann, case, "plan")
    assert job["state"] == "failed", job
    assert "1 findings" in job["error"], job
    assert job["run"] is None
    ann.post(f"/cases/{case}/undo")
    job = world.run_job(ann, case, "plan", scenario="none such")
    assert job["state"] == "failed", job
    assert "no scenario" in job["error"], job
    ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"time_s": -1.0}}, 422)
    ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"no_such": 1}}, 422)
    ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"time_s": 1e5}}, 422)
    ann.post(f"/cases/{case}/jobs", {"kind": "dance"}, 422)


def test_a_post_sent_twice_is_done_once(world: World) -> None:
    ann = world.set_up()
    first = ann.post("/cases", {"source": "starter"}, 201, headers={"Idempotency-Key": "k1"})
    again = ann.post("/cases", {"source": "starter"}, 201, headers={"Idempotency-Key": "k1"})
    assert first == again
    assert len(ann.get("/cases")["items"]) == 1
    ann.post("/cases", {"source": "blank"}, 422, headers={"Idempotency-Key": "k1"})
    assert len(ann.get("/cases")["items"]) == 1


def test_many_workers_never_take_one_job_twice(world: World) -> None:
    """Four workers claim forty jobs: each is claimed once."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "blank"}, 201)["id"]
    for _ in range(40):
        ann.post(f"/cases/{case}/jobs", {"kind": "plan"}, 202)
    taken: list[str] = []

    def claim_all(name: str) -> None:
        database = open_database(world.settings.worker_url, pool_size=1)
        while True:
            with database.write(NOBODY) as connection:
                job = jobs.claim(connection, name, 60.0, 2)
            if job is None:
                break
            taken.append(job["id"])
        database.close()

    threads = [threading.Thread(target=claim_all, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_a_job_whose_worker_died_is_taken_once_more_and_says_so(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    job = ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"time_s": 20.0}}, 202)["id"]
    database = open_database(world.settings.worker_url, pool_size=1)
    with database.write(NOBODY) as connection:
        assert jobs.claim(connection, "dead", -1.0, 2) is not None
    with database.write(NOBODY) as connection:
        taken = jobs.claim(connection, "dead too", -1.0, 2)
        assert taken is not None
        assert taken["attempts"] == 2
    assert "once more" in ann.get(f"/jobs/{job}")["progress"]["words"]
    with database.write(NOBODY) as connection:
        assert jobs.claim(connection, "third", 60.0, 2) is None
        assert jobs.finish(connection, taken, "done") is False  # the dead worker comes back: it is too late
    database.close()
    ended = ann.get(f"/jobs/{job}")
    assert ended["state"] == "failed"
    assert "fell silent" in ended["error"]


def test_cancel_keeps_the_best_plan(world: World) -> None:
    """A job at work ends soon after it is told to, cancelled, with the plan it had."""
    ann = world.set_up()
    case = ann.post("/cases", {"source": "far-east"}, 201)["id"]
    job = ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"time_s": 300.0}}, 202)["id"]
    thread = threading.Thread(target=world.work)
    thread.start()
    try:
        seen = None
        with ann.client.stream("GET", f"{API}/jobs/{job}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    seen = json.loads(line[6:])
                    if seen["progress"]["value"] is not None and not seen["is_cancelled"]:
                        ann.post(f"/jobs/{job}/cancel")
        assert seen is not None
        assert seen["state"] == "cancelled", seen
    finally:
        thread.join(timeout=120)
    ended = ann.get(f"/jobs/{job}")
    assert ended["run"]
    assert ann.get(f"/runs/{ended['run']}")["status"] == "cancelled"


def test_a_queued_job_is_cancelled_at_once(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "blank"}, 201)["id"]
    job = ann.post(f"/cases/{case}/jobs", {"kind": "plan"}, 202)["id"]
    assert ann.post(f"/jobs/{job}/cancel")["state"] == "cancelled"
    assert world.work() == 0


def test_a_worker_that_is_told_to_stop_gives_its_job_back(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "far-east"}, 201)["id"]
    job = ann.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {"time_s": 300.0}}, 202)["id"]
    stop = Flag()
    thread = threading.Thread(target=Worker(world.settings, stop).run)
    thread.start()
    while ann.get(f"/jobs/{job}")["progress"]["bound"] is None:
        stop.wait(0.2)
    stop.set()
    thread.join(timeout=120)
    found = ann.get(f"/jobs/{job}")
    assert (found["state"], found["attempts"]) == ("queued", 0)


def test_followers_resume_where_they_were(world: World) -> None:
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    job = world.run_job(ann, case, "plan", time_s=20.0)["id"]
    whole = ann.get(f"/jobs/{job}/events").decode()
    last = whole.rpartition("id: ")[2].partition("\n")[0]
    assert '"state": "done"' in whole
    resumed = ann.get(f"/jobs/{job}/events", headers={"Last-Event-ID": last}).decode()
    assert "id:" not in resumed


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_organisation_queues_so_many_jobs(make_world: Callable[..., World], kind: str) -> None:
    """Two hundred jobs of one organisation: most are refused, and the other organisation's go through and come next."""
    world = make_world(kind, max_queued_jobs=20)
    ann = world.set_up()
    south = world.office(ann, "South")
    case = ann.post("/cases", {"source": "blank"}, 201)["id"]
    other = south.post("/cases", {"source": "blank"}, 201)["id"]
    statuses = [ann.request("POST", f"/cases/{case}/jobs", json={"kind": "plan"}).status_code for _ in range(200)]
    assert statuses.count(202) == 20
    assert set(statuses) == {202, 429}
    theirs = [south.post(f"/cases/{other}/jobs", {"kind": "plan"}, 202)["id"] for _ in range(2)]
    database = open_database(world.settings.worker_url, pool_size=1)
    taken = []
    for _ in range(5):
        with database.write(NOBODY) as connection:
            job = jobs.claim(connection, "one worker", 60.0, 2)
            assert job is not None
            taken.append(job["id"])
    database.close()
    assert set(theirs) < set(taken[:4])  # they take turns, however many wait before


def test_other_organisations_do_not_see_a_job(world: World) -> None:
    ann = world.set_up()
    south = world.office(ann, "South")
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.put(f"/cases/{case}/parties/A", {"organisation": south.organisation})
    job = world.run_job(ann, case, "plan", time_s=20.0)
    south.get(f"/jobs/{job['id']}", 404)
    south.get(f"/jobs/{job['id']}/events", 404)
    assert south.get(f"/cases/{case}/jobs")["items"] == []
    assert [run["id"] for run in south.get(f"/cases/{case}/runs")["items"]] == [job["run"]]
    assert south.get(f"/runs/{job['run']}")["is_whole"] is False


def test_a_run_without_row_is_never_seen_and_goes(make_world: Callable[..., World]) -> None:
    """A worker that dies between folder and row leaves a folder nobody sees; a later worker removes it."""
    import os

    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    orphan = world.settings.runs_dir / "orphan"
    orphan.mkdir()
    (orphan / "run.json").write_text("{}")
    ann.get("/runs/orphan", 404)
    world.work()
    assert orphan.exists()  # it may be at work still
    os.utime(orphan, (1, 1))
    world.work()
    assert not orphan.exists()
    assert ann.get(f"/cases/{case}/runs")["items"] == []


def test_metrics_and_health_name_nobody(world: World) -> None:
    ann = world.set_up("Very Secret Office")
    case = ann.post("/cases", {"source": "starter", "name": "Hidden Case"}, 201)["id"]
    ann.post(f"/cases/{case}/jobs", {"kind": "plan"}, 202)
    assert ann.client.get("/healthz").json()["ok"] is True
    found = world.at().get("/metrics").text
    assert 'landbridge_jobs{state="queued"} 1' in found
    assert 'route="/api/v1/cases' in found or 'route="/cases' in found
    for word in ("Secret", "Hidden", case, ann.organisation, "ann@"):
        assert word not in found


def test_metrics_are_for_who_watches_the_server(make_world: Callable[..., World]) -> None:
    """Without a token this machine alone, and behind a proxy nobody; with one who shows it."""
    plain = make_world()
    assert plain.at("127.0.0.1").get("/metrics").status_code == 200
    assert plain.at("::1").get("/metrics").status_code == 200
    for address in ("192.0.2.7", "testclient"):
        refused = plain.at(address).get("/metrics")
        assert refused.status_code == 403
        assert refused.json()["errors"][0]["code"] == "not-this-machine"
        assert "landbridge_" not in refused.text
    proxied = make_world(public_url="https://corridor.example")
    assert proxied.at("127.0.0.1").get("/metrics").status_code == 403
    guarded = make_world(public_url="https://corridor.example", metrics_token="a token of the watcher's")
    away = guarded.at("192.0.2.7")
    shown = {"Authorization": "Bearer a token of the watcher's"}
    assert "landbridge_jobs" in away.get("/metrics", headers=shown).text
    for wrong in ({}, {"Authorization": "Bearer another"}, {"Authorization": "Basic a token of the watcher's"}):
        assert guarded.at("127.0.0.1").get("/metrics", headers=wrong).status_code == 401


def test_settings_of_a_closed_database_answer_503(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    with world.as_owner() as connection:
        connection.execute(text("ALTER TABLE case_head RENAME TO gone"))
    answer = ann.request("GET", "/cases")
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "no-database"


def test_a_heartbeat_after_the_end_does_not_take_the_run_away(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is there, then the pulse learns that the job is nobody's any more: the folder stays."""
    from landbridge.server.jobs import worker
    from landbridge.server.jobs.progress import Pulse

    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    pulses: list[Pulse] = []

    class Seen(Pulse):
        def __enter__(self) -> Pulse:
            pulses.append(self)
            return super().__enter__()

    real = jobs.finish

    def finish_then_beat(*given: object, **more: object) -> bool:
        found = real(*given, **more)  # type: ignore[arg-type]
        pulses[-1].is_lost = True
        return found

    monkeypatch.setattr(worker, "Pulse", Seen)
    monkeypatch.setattr(worker.jobs, "finish", finish_then_beat)
    job = world.run_job(ann, case, "plan", time_s=20.0)
    assert job["state"] == "done"
    assert ann.get(f"/runs/{job['run']}/report")


def test_an_answer_lost_at_the_end_does_not_take_the_run_away(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction was kept, the connection broke before it said so: the next try finds the run."""
    from landbridge.server.jobs.worker import Worker

    world = make_world()
    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    real, tries = Worker._write_end, []

    def write_and_break(self: Worker, connection: Any, *given: Any) -> bool:
        kept = real(self, connection, *given)
        if not tries:
            tries.append(kept)
            connection.get_transaction().commit()
            raise OperationalError("COMMIT", {}, Exception("the connection broke"))
        return kept

    monkeypatch.setattr(Worker, "_write_end", write_and_break)
    job = world.run_job(ann, case, "plan", time_s=20.0)
    assert tries == [True]
    assert job["state"] == "done"
    assert ann.get(f"/runs/{job['run']}/report")
