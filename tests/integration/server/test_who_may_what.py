"""
Every endpoint as every role, and every table of the database as every organisation.

Both lists are complete by test: a new endpoint or a new table fails until somebody says here who may use it.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.server.conftest import API, World
from tests.integration.server.test_followings import MAPPING, events_file, loads_file, order, orders_file, send

from landbridge.server.store.database import Viewer, open_database
from landbridge.server.store.schema import Base

CALLERS = ("none", "stranger", "host", "signer", "key", "auditor", "viewer", "negotiator", "administrator", "planner")
"""
Who asks, in the order in which they ask: who is refused before who may, for what can be done once.

none: not signed in. stranger: member of an organisation that has no part in the case. host: hosts the case. signer: the
other side of the agreement. key: a key of the organisation with the scope read. The others: a member of the
organisation, with that one role. stranger, host and signer have all roles in their own organisations.
"""

ACCESS = """
endpoint                                                    none stra host sign  key audi view nego admi plan

GET    /session                                              200  200  200  200  200  200  200  200  200  200
POST   /session                                              401  401  401  401  401  401  401  401  401  401
POST   /setup                                                409  409  409  409  409  409  409  409  409  409
PUT    /session/organisation                                 401  404  404  404  403  200  200  200  200  200
PUT    /me/password                                          401  403  403  403  403  403  403  403  403  403
PATCH  /me                                                   401  200  200  200  403  200  200  200  200  200

GET    /organisations                                        401  200  200  200  200  200  200  200  200  200
POST   /organisations                                        401  403  201  403  403  403  403  403  403  403
GET    /organisations/{organisation}                         401  200  200  200  200  200  200  200  200  200
PATCH  /organisations/{organisation}                         401  404  404  404  403  403  403  403  428  403
GET    /organisations/{organisation}/members                 401  404  404  404  200  200  200  200  200  200
PATCH  /organisations/{organisation}/members/{user}          401  404  404  404  403  403  403  403  200  403
DELETE /organisations/{organisation}/members/{user}          401  404  404  404  403  403  403  403  204  403
POST   /organisations/{organisation}/invitations             401  404  403  404  403  403  403  403  201  403
POST   /invitations/{token}/accept                           400  400  400  400  400  400  400  400  400  400
GET    /organisations/{organisation}/keys                    401  404  404  404  403  403  403  403  200  403
POST   /organisations/{organisation}/keys                    401  404  404  404  403  403  403  403  201  403
DELETE /organisations/{organisation}/keys/{key}              401  404  404  404  403  403  403  403  204  403
GET    /organisations/{organisation}/signing-keys            401  200  200  200  200  403  200  200  403  200
POST   /organisations/{organisation}/signing-keys            401  404  404  404  403  403  403  201  403  403
DELETE /organisations/{organisation}/signing-keys/{signing}  401  404  404  404  403  403  403  204  403  403

GET    /cases                                                401  200  200  200  200  403  200  200  403  200
POST   /cases                                                401  201  201  201  403  403  403  403  403  201
GET    /cases/{case}                                         401  404  200  200  200  403  200  200  403  200
PATCH  /cases/{case}                                         401  404  200  403  403  403  403  403  403  403
DELETE /cases/{case}                                         401  404  409  403  403  403  403  403  403  403
PUT    /cases/{case}/parties/{party}                         401  404  403  403  403  403  403  403  403  200
GET    /cases/{case}/findings                                401  404  200  200  200  403  200  200  403  200
GET    /cases/{case}/tables/{table}                          401  404  200  200  200  403  200  200  403  200
PATCH  /cases/{case}/tables/{table}                          401  404  403  403  403  403  403  403  403  200
POST   /cases/{case}/undo                                    401  404  409  409  403  403  403  403  403  200
POST   /cases/{case}/imports                                 401  404  201  201  403  403  403  403  403  201
POST   /cases/{case}/imports/{draft}/apply                   401  404  404  404  403  403  403  403  403  404
DELETE /cases/{case}/imports/{draft}                         401  404  404  404  403  403  403  403  403  404
GET    /cases/{case}/export                                  401  404  200  200  200  403  200  200  403  200

POST   /cases/{case}/jobs                                    401  404  202  202  403  403  403  403  403  202
GET    /cases/{case}/jobs                                    401  404  200  200  200  403  200  200  403  200
POST   /jobs/{job}/cancel                                    401  404  404  404  403  403  403  403  403  200
GET    /jobs/{job}                                           401  404  404  404  200  403  200  200  403  200
GET    /jobs/{job}/events                                    401  404  404  404  200  403  200  200  403  200
GET    /cases/{case}/runs                                    401  404  200  200  200  403  200  200  403  200
GET    /runs/{run}                                           401  404  200  200  200  403  200  200  403  200
GET    /runs/{run}/report                                    401  404  200  200  200  403  200  200  403  200
GET    /runs/{run}/report.html                               401  404  200  200  200  403  200  200  403  200
GET    /runs/{run}/workbook.xlsx                             401  404  200  200  200  403  200  200  403  200
GET    /runs/{run}/tables/{result}                           401  404  200  200  200  403  200  200  403  200
DELETE /runs/{run}                                           401  404    -  403  403  403  403  403  403  409

GET    /cases/{case}/followings                              401  404  200  200  200  403  200  200  403  200
POST   /cases/{case}/followings                              401  404  201  201  403  403  403  403  403  201
GET    /followings/{following}                               401  404  404  404  200  403  200  200  403  200
PATCH  /followings/{following}                               401  404  404  404  403  403  403  403  403  200
POST   /followings/{following}/parcels                       401  404  404  404  403  403  403  403  403  202
POST   /followings/{following}/events                        401  404  404  404  403  403  403  403  403  202
POST   /followings/{following}/loads                         401  404  404  404  403  403  403  403  403  202
POST   /followings/{following}/mapping                       401  404  404  404  403  403  403  403  403  200
GET    /followings/{following}/units                         401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/asides/{aside}                401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/departures                    401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/manifests/{departure}         401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/parcels                       401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/parcels/{parcel}              401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/late                          401  404  404  404  200  403  200  200  403  200
GET    /followings/{following}/events-stream                 401  404  404  404    -  403    -    -  403    -
POST   /followings/{following}/replans                       401  404  404  404  403  403  403  403  403  202
POST   /followings/{following}/replans/{proposal}/accept     401  404  404  404  403  403  403  403  403  202
DELETE /followings/{following}                               401  404  404  404  403  403  403  403  403  204
GET    /mappings                                             401  200  200  200  200  403  200  200  403  200
POST   /mappings                                             401  201  201  201  403  403  403  403  403  201
DELETE /mappings/{mapping}                                   401  404  404  404  403  403  403  403  403  204
GET    /track/{number}                                       404  404  404  404  404  404  404  404  404  404

GET    /cases/{case}/agreements                              401  404  200  200  200  403  200  200  403  200
POST   /cases/{case}/agreements                              401  404  422  422  403  403  403  422  403  403
GET    /agreements/{agreement}                               401  404  404  200  200  403  200  200  403  200
POST   /agreements/{agreement}/versions                      401  404  404  201  403  403  403  201  403  403
POST   /agreements/{agreement}/propose                       401  404  404  409  403  403  403  409  403  403
POST   /agreements/{agreement}/comments                      401  404  404  201  403  403  403  201  403  403
PATCH  /agreements/{agreement}/comments/{comment}            401  404  404  200  403  403  403  403  403  403
POST   /agreements/{agreement}/value                         401  404  404  202  403  403  403  202  403  403
POST   /agreements/{agreement}/sign                          401  404  404  409  403  403  403  422  403  403
GET    /agreements/{agreement}/document.json                 401  404  404  200  200  403  200  200  403  200
GET    /agreements/{agreement}/document.pdf                  401  404  404  200  200  403  200  200  403  200
GET    /agreements/{agreement}/signatures                    401  404  404  200  200  403  200  200  403  200
POST   /agreements/{agreement}/end                           401  404  404    -  403  403  403  200  403  403

GET    /audit                                                401  200  200  200  403  200  403  403  200  403
GET    /audit/verify                                         401  200  200  200  403  200  403  403  200  403

DELETE /session                                              401  204  204  204  403  204  204  204  204  204
"""
"""Status of each answer; ``-``: not asked, it would undo what those after need. Not in the API: healthz, metrics."""


def access() -> dict[str, dict[str, int | None]]:
    """Read the table: endpoint -> caller -> status."""
    found = {}
    for line in ACCESS.strip().splitlines()[1:]:
        words = line.split()
        if words:
            method, path, *cells = words
            found[f"{method} {path}"] = {
                caller: None if cell == "-" else int(cell) for caller, cell in zip(CALLERS, cells, strict=True)
            }
    return found


ALL = ("viewer", "planner", "negotiator", "administrator", "auditor")


class Scene:
    """A server with a case of three organisations, everything an endpoint can name, and one caller of each kind."""

    def __init__(self, world: World) -> None:
        root = world.set_up("Host office")
        office = {name: root.post("/organisations", {"name": name}, 201)["id"] for name in ("South", "West", "East")}
        self.people: dict[str, Any] = {
            "none": world.browser(),
            "stranger": world.member(root, office["East"], "stranger@example.org", ALL),
            "host": world.member(root, root.organisation, "host@example.org", ALL),
            "signer": world.member(root, office["West"], "signer@example.org", ALL),
        }
        self.people["administrator"] = world.member(
            root, office["South"], "administrator@example.org", ("administrator",)
        )
        for role in set(ALL) - {"administrator"}:
            first = self.people["administrator"]
            self.people[role] = world.member(first, office["South"], f"{role}@example.org", (role,))
        admin, planner, negotiator, host = (
            self.people[name] for name in ("administrator", "planner", "negotiator", "host")
        )
        extra = world.member(admin, office["South"], "extra@example.org", ("viewer",))
        keys = f"/organisations/{office['South']}/keys"
        secret = admin.post(keys, {"name": "machine", "scopes": ["read"]}, 201)["key"]
        self.people["key"] = world.browser()
        self.people["key"].client.headers["Authorization"] = f"Bearer {secret}"
        self.people["key"].csrf = ""
        spare = admin.post(keys, {"name": "spare", "scopes": ["read"]}, 201)
        case = host.post("/cases", {"source": "starter"}, 201)["id"]
        host.put(f"/cases/{case}/parties/A", {"organisation": office["South"]})
        host.put(f"/cases/{case}/parties/B", {"organisation": office["West"]})
        run = world.run_job(planner, case, "plan", time_s=5.0)["run"]
        job = planner.post(f"/cases/{case}/jobs", {"kind": "plan", "options": {}}, 202)["id"]
        planner.post(f"/jobs/{job}/cancel")  # so that its events end
        planner.edit(case, "services", "lane1-A", {"run_cost": "101"})
        following, parcel = self._follow(world, planner, case, run)
        self.wish = {
            "name": "south and west",
            "parties": ["A", "B"],
            "grants": [{"giver": "A", "taker": "B", "kind": "service"}],
        }
        agreement = negotiator.post(f"/cases/{case}/agreements", {"agreement": "SW", **self.wish}, 201)["id"]
        negotiator.post(f"/agreements/{agreement}/propose")
        signer = self.people["signer"]
        comment = signer.post(f"/agreements/{agreement}/comments", {"text": "first"}, 201)["id"]
        signer.patch(f"/agreements/{agreement}/comments/{comment}", {"hidden": True})
        signing = f"/organisations/{office['South']}/signing-keys"
        public = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        kid = negotiator.post(signing, {"name": "spare", "public": public}, 201)["kid"]
        self.row = planner.rows(case, "services")["lane1-A"]
        self.version = {"name": "again", **{key: self.wish[key] for key in ("parties", "grants")}}
        self.names = {
            "organisation": office["South"], "user": extra.user, "key": spare["id"], "signing": kid, "case": case,
            "party": "A", "table": "services", "draft": "none", "job": job, "run": run, "result": "departures",
            "agreement": agreement, "comment": comment, "token": "no-such-token", "number": parcel["number"],
            "following": following, "parcel": parcel["parcel"],
            "mapping": planner.post("/mappings", {"name": "first", "mapping": MAPPING}, 201)["id"],
            **self._left_by(planner, following),
        }  # fmt: skip

    @staticmethod
    def _follow(world: World, planner: Any, case: str, run: str) -> tuple[str, Any]:
        """A following with parcels, rows set aside, a manifest, and a plan proposed anew; not open to look-ups."""
        following = planner.post(f"/cases/{case}/followings", {"name": "ours", "run": run}, 201)["id"]
        rows = [order(at) for at in range(1, 4)] + [order(4, weight_kg="-1")]
        assert send(world, planner, following, "parcels", orders_file(rows))["state"] == "done"
        assert send(world, planner, following, "loads", loads_file([("BAG7", "shop:shop-1")]))["state"] == "done"
        job = planner.post(f"/followings/{following}/replans", {"events": ["limit:lane1-C=0.5"], "time_s": 2.0}, 202)
        world.work()
        ended = planner.get(f"/jobs/{job['id']}")
        assert ended["state"] == "done", ended["error"]
        (first, *_) = planner.get(f"/followings/{following}/parcels")["items"]
        return following, first

    @staticmethod
    def _left_by(planner: Any, following: str) -> dict[str, str]:
        (departure, *_) = planner.get(f"/followings/{following}/departures")["items"]
        case = planner.get(f"/followings/{following}")["case"]
        results = [job["result"] or {} for job in planner.get(f"/cases/{case}/jobs")["items"]]
        return {
            "departure": departure["departure"],
            "aside": next(found["aside"] for found in results if found.get("aside")),
            "proposal": next(found["proposal"]["id"] for found in results if "proposal" in found),
        }

    def body(self, endpoint: str) -> dict[str, Any]:
        """What is sent to an endpoint: something that may be carried out where that does no harm."""
        etag = {"headers": {"If-Match": '"0"'}}
        bodies: dict[str, dict[str, Any]] = {
            "POST /session": {"json": {"email": "viewer@example.org", "password": "wrong password"}},
            "POST /setup": {"json": {"token": "x", "organisation": "x", "name": "x", "email": "x@example.org",
                                     "password": "correct horse battery"}},
            "PUT /session/organisation": {"json": {"organisation": self.names["organisation"]}},
            "PUT /me/password": {"json": {"old": "wrong password", "new": "correct horse battery staple"}},
            "PATCH /me": {"json": {"language": "en"}},
            "POST /organisations": {"json": {"name": "Another"}},
            "PATCH /organisations/{organisation}": {"json": {"name": "South"}},
            "PATCH /organisations/{organisation}/members/{user}": {"json": {"roles": ["viewer"]}},
            "POST /organisations/{organisation}/invitations": {
                "json": {"email": "new@example.org", "roles": ["viewer"]}},
            "POST /invitations/{token}/accept": {"json": {"name": "x", "password": "correct horse battery"}},
            "POST /organisations/{organisation}/keys": {"json": {"name": "new", "scopes": ["read"]}},
            "POST /organisations/{organisation}/signing-keys": {
                "json": {"name": "n", "passphrase": "long enough words"}},
            "POST /cases": {"json": {"source": "blank"}},
            "PATCH /cases/{case}": {"json": {"name": "other"}, **etag},
            "PUT /cases/{case}/parties/{party}": {"json": {"organisation": self.names["organisation"]}},
            "PATCH /cases/{case}/tables/{table}": {"json": {"changes": [
                {"key": "lane1-A", "etag": self.row["etag"], "values": {"run_cost": "102"}}]}},
            "POST /cases/{case}/undo": {},
            "POST /cases/{case}/imports": {"files": {"file": ("goods.csv", b"good,name\ncargo,Cargo\n")},
                                           "params": {"table": "goods"}},
            "POST /cases/{case}/jobs": {"json": {"kind": "plan", "options": {}}},
            "POST /cases/{case}/followings": {"json": {"name": "again", "run": self.names["run"]}},
            "PATCH /followings/{following}": {"json": {"name": "ours still"}, "headers": {"If-Match": '"1"'}},
            "POST /followings/{following}/parcels": {"files": {"file": ("orders.csv", orders_file([order(9)]))}},
            "POST /followings/{following}/events": {"files": {"file": ("events.csv", events_file([]))}},
            "POST /followings/{following}/loads": {"files": {"file": ("loads.csv", loads_file([("BAG1", "shop-1")]))}},
            "POST /followings/{following}/mapping": {"files": {"file": ("orders.csv", orders_file([order(9)]))}},
            "POST /mappings": {"json": {"name": "shop", "mapping": MAPPING}},
            "POST /followings/{following}/replans": {"json": {"events": ["limit:lane1-C=0.5"]}},
            "POST /followings/{following}/replans/{proposal}/accept": {},
            "POST /cases/{case}/agreements": {"json": {"agreement": "X", **self.wish, "grants": [
                {"giver": "nobody", "taker": "B", "kind": "service"}]}},
            "POST /agreements/{agreement}/versions": {"json": self.version},
            "POST /agreements/{agreement}/comments": {"json": {"text": "hello"}},
            "PATCH /agreements/{agreement}/comments/{comment}": {"json": {"hidden": True}},
            "POST /agreements/{agreement}/value": {"json": {}},
            "POST /agreements/{agreement}/sign": {"json": {"version": 1, "passphrase": "not the passphrase"}},
        }  # fmt: skip
        return bodies.get(endpoint, {})

    def ask(self, caller: str, endpoint: str) -> int:
        """Status of the answer."""
        method, _, path = endpoint.partition(" ")
        return int(self.people[caller].request(method, path.format(**self.names), **self.body(endpoint)).status_code)


@pytest.mark.mostly_on("postgresql")
def test_every_endpoint_answers_every_role_as_the_table_says(world: World) -> None:
    scene = Scene(world)
    owner = open_database(world.settings.owner_url, pool_size=1)

    def lines() -> int:
        with owner.read(Viewer()) as connection:
            return int(connection.execute(text("SELECT count(*) FROM audit_log")).scalar() or 0)

    wrong = []
    for endpoint, expected in access().items():
        for caller in CALLERS:
            if expected[caller] is None:
                continue
            before = lines()
            status = scene.ask(caller, endpoint)
            if status != expected[caller]:
                wrong.append(f"{endpoint} as {caller}: {status}, expected {expected[caller]}")
            is_change = status < 300 and not endpoint.startswith("GET") and endpoint not in UNLOGGED
            if (lines() > before) != is_change:
                wrong.append(f"{endpoint} as {caller}: {lines() - before} lines in the audit log")
    owner.close()
    assert not wrong, "\n".join(wrong)


UNLOGGED = {
    "PUT /session/organisation": "it changes the session alone; what is done in it is logged",
    "POST /cases/{case}/imports": "a preview changes nothing of the case; applying it is logged",
    "POST /followings/{following}/mapping": "a guess keeps nothing",
    "POST /jobs/{job}/cancel": "here the job has ended already",
}
"""What changes something and writes no line, and why."""


OUTSIDE = {"GET /healthz", "GET /metrics"}
"""Endpoints that everybody may use: they tell nothing of anybody."""


def test_no_endpoint_is_left_out_of_the_table(world: World) -> None:
    listed = {endpoint.replace("{signing}", "{key}").replace("{result}", "{table}") for endpoint in access()}
    found = set()
    for path, methods in world.app.openapi()["paths"].items():
        found |= {f"{method.upper()} {path.removeprefix(API)}" for method in methods}
    assert found - OUTSIDE == listed


# The database

ROWS = """
table                 rights  rows that the web process sees while it acts for an organisation (:o) and a user (:u)

organisation          SIU     true
user_account          SIU     id = :u OR id IN (SELECT user_id FROM membership WHERE organisation_id = :o)
membership            SIUD    organisation_id = :o OR user_id = :u
session               SIUD    organisation_id = :o OR user_id = :u
invitation            SIU     organisation_id = :o
api_key               SIUD    organisation_id = :o
answer                SI      organisation_id = :o
case_head             SIUD    id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o)
case_party            SIUD    case_id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o)
case_row              SIUD    case_id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o) AND (NOT is_private OR EXISTS (SELECT 1 FROM case_party p WHERE p.case_id = case_row.case_id AND p.organisation_id = :o AND strpos(case_row.parties, chr(10) || p.party || chr(10)) > 0))
case_row_private      SID     EXISTS (SELECT 1 FROM case_row r JOIN case_party p ON p.case_id = r.case_id WHERE r.id = row_id AND p.organisation_id = :o AND strpos(r.parties, chr(10) || p.party || chr(10)) > 0)
case_row_partner      SID     organisation_id = :o OR EXISTS (SELECT 1 FROM case_row r JOIN case_party p ON p.case_id = r.case_id WHERE r.id = row_id AND p.organisation_id = :o AND strpos(r.parties, chr(10) || p.party || chr(10)) > 0)
case_change           SIU     case_id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o)
case_change_row       SI      organisation_id = :o
import_draft          SID     organisation_id = :o
job                   SIU     organisation_id = :o
job_event             SI      organisation_id = :o
run                   SD      case_id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o)
agreement             SIU     author_id = :o OR id IN (SELECT agreement_id FROM agreement_side WHERE organisation_id = :o)
agreement_side        SI      organisation_id = :o
agreement_version     SI      agreement_id IN (SELECT id FROM agreement WHERE author_id = :o) OR agreement_id IN (SELECT agreement_id FROM agreement_side WHERE organisation_id = :o)
agreement_signature   SI      agreement_id IN (SELECT id FROM agreement WHERE author_id = :o) OR agreement_id IN (SELECT agreement_id FROM agreement_side WHERE organisation_id = :o)
agreement_comment     SI      agreement_id IN (SELECT id FROM agreement WHERE author_id = :o) OR agreement_id IN (SELECT agreement_id FROM agreement_side WHERE organisation_id = :o)
agreement_value       S       organisation_id = :o
signing_key           SI      true
signing_secret        SI      organisation_id = :o
following             SIUD    organisation_id = :o AND case_id IN (SELECT id FROM case_head WHERE host_id = :o UNION SELECT case_id FROM case_party WHERE organisation_id = :o)
following_file        S       organisation_id = :o
following_upload      SI      organisation_id = :o
following_aside       S       organisation_id = :o
following_manifest    S       organisation_id = :o
following_proposal    S       organisation_id = :o
tracked               S       organisation_id = :o
following_unit        S       organisation_id = :o
order_mapping         SIUD    organisation_id = :o
audit_log             SI      organisation_id = :o
audit_head            SI      organisation_id = :o OR holder_id = :o
"""  # noqa: E501
"""Rights: select, insert, update, delete. The conditions are written anew here, not copied from policies."""


def rows_of_tables() -> dict[str, tuple[str, str]]:
    """Read the table: name -> rights, condition."""
    found = {}
    for line in ROWS.strip().splitlines()[1:]:
        if line.strip():
            name, rights, condition = line.split(None, 2)
            found[name] = (rights, condition)
    return found


def test_no_table_is_left_out() -> None:
    import landbridge.server.store.follow_tables
    import landbridge.server.store.papers  # noqa: F401

    assert set(Base.metadata.tables) == set(rows_of_tables())


def test_the_database_shows_every_organisation_what_the_table_says(
    request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    """Row by row, on PostgreSQL; and nothing to who has not said who asks."""
    from tests.integration.server.conftest import _opened, make_settings

    settings = make_settings(request, tmp_path, "postgresql")
    with _opened(settings) as world:
        scene = Scene(world)
        scene.people["negotiator"].post(
            f"/organisations/{scene.names['organisation']}/signing-keys",
            {"name": "kept", "passphrase": "long enough words"}, 201,
        )  # fmt: skip
        web, owner = open_database(settings.url, pool_size=1), open_database(settings.owner_url, pool_size=1)
        viewers = {name: scene.people[name] for name in ("stranger", "host", "signer", "planner")}
        seen_somewhere: set[str] = set()
        for name, person in viewers.items():
            place = {"o": person.organisation, "u": person.user}
            for table, (_, condition) in rows_of_tables().items():
                with owner.read(Viewer()) as connection:
                    expected = connection.execute(
                        text(f"SELECT count(*) FROM {table} WHERE {condition}"), place
                    ).scalar()
                with web.read(Viewer(organisation=person.organisation, user=person.user)) as connection:
                    found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
                assert found == expected, (name, table)
                if found:
                    seen_somewhere.add(table)
        missing = set(rows_of_tables()) - seen_somewhere
        assert missing <= {"answer", "case_row_partner", "agreement_value", "agreement_signature", "import_draft",
                           "following_upload"}  # fmt: skip
        with web.read(Viewer()) as connection:
            for table in rows_of_tables():
                assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table
        web.close()
        owner.close()


def test_the_web_process_has_the_rights_of_the_table_and_no_more(request: pytest.FixtureRequest, tmp_path: Any) -> None:
    """Every table under forced row-level security; the log and what was signed only grow."""
    from tests.integration.server.conftest import _opened, make_settings

    settings = make_settings(request, tmp_path, "postgresql")
    with _opened(settings):
        owner = open_database(settings.owner_url, pool_size=1)
        with owner.read(Viewer()) as connection:
            granted = connection.execute(
                text("SELECT table_name, privilege_type FROM information_schema.role_table_grants "
                     "WHERE grantee = 'lb_app' AND table_schema = 'public'")
            ).all()  # fmt: skip
            loose = connection.execute(
                text("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = "
                     "'public' AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)")
            ).scalars()  # fmt: skip
            assert set(loose) == {"alembic_version"}
        owner.close()
    rights: dict[str, set[str]] = {}
    for table, right in granted:
        rights.setdefault(table, set()).add(right[0])
    assert rights.pop("alembic_version") == {"S"}
    assert rights == {table: set(expected) for table, (expected, _) in rows_of_tables().items()}
