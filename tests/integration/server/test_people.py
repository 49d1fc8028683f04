"""Setup, sign-in, members, keys: who comes in, and what keeps others out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from tests.integration.server.conftest import API, PASSWORD, World

from landbridge.server.store.ids import hash_of
from landbridge.server.store.schema import Session, User


def test_the_first_run_link_works_once(world: World) -> None:
    nobody = world.browser()
    assert nobody.get("/session")["setup_needed"] is True
    ann = world.set_up()
    assert ann.get("/session")["setup_needed"] is False
    body = {"token": world.link.partition("token=")[2], "organisation": "Other", "name": "Eve",
            "email": "eve@example.org", "password": PASSWORD}  # fmt: skip
    world.browser().post("/setup", body, 409)


def test_setup_needs_the_link(world: World) -> None:
    body = {"token": "guessed", "organisation": "Other", "name": "Eve", "email": "eve@example.org",
            "password": PASSWORD}  # fmt: skip
    assert world.browser().post("/setup", body, 400)["errors"][0]["code"] == "bad-link"
    assert world.browser().get("/session")["setup_needed"] is True


def test_a_new_start_makes_a_new_link_and_ends_the_old_one(world: World) -> None:
    from landbridge.server.serve import prepare

    newer = prepare(world.settings)
    assert newer != world.link
    body = {"organisation": "Host", "name": "Ann", "email": "ann@example.org", "password": PASSWORD}
    world.browser().post("/setup", body | {"token": world.link.partition("token=")[2]}, 400)
    world.browser().post("/setup", body | {"token": newer.partition("token=")[2]}, 201)
    assert prepare(world.settings) == ""


def test_weak_passwords_are_refused(world: World) -> None:
    body = {"token": world.link.partition("token=")[2], "organisation": "Host", "name": "Ann",
            "email": "ann@example.org"}  # fmt: skip
    for password in ("short", "password1234", "aaaaaaaaaaaaaa", "ann@example.org"):
        refused = world.browser().post("/setup", body | {"password": password}, 422)
        assert refused["errors"][0]["code"] == "weak-password"
        assert password not in str(refused)


def test_secrets_are_kept_as_hashes(world: World) -> None:
    """Whoever reads the database learns no password, session or key."""
    ann = world.set_up()
    key = ann.post(f"/organisations/{ann.organisation}/keys", {"name": "robot", "scopes": ["read"]}, 201)["key"]
    cookie = ann.client.cookies["lb_session"]
    with world.as_owner() as connection:
        assert connection.execute(select(User.password_hash)).scalar_one().startswith("$argon2id$")
        assert connection.execute(select(Session.id)).scalar_one() == hash_of(cookie)
        whole = str([connection.execute(text(f"SELECT * FROM {table}")).all()
                     for table in ("session", "api_key", "invitation", "audit_log")])  # fmt: skip
    assert key not in whole
    assert cookie not in whole


def test_cookies_and_headers_are_safe(world: World) -> None:
    ann = world.set_up()
    answer = ann.client.post(API + "/session", json={"email": "ann@example.org", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    page = ann.client.get("/")
    for name in ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"):
        assert name in page.headers
    assert answer.headers["cache-control"] == "no-store"


def test_cookies_are_secure_where_people_come_by_https(make_world: Callable[..., World]) -> None:
    world = make_world(public_url="https://corridor.example")
    ann = world.set_up()
    answer = ann.client.post(API + "/session", json={"email": "ann@example.org", "password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" in answer.headers


def test_a_forged_request_is_refused(world: World) -> None:
    """A page of another site has the cookie but not the token."""
    ann = world.set_up()
    ann.request("POST", "/cases", json={"source": "blank"}, headers={"X-CSRF-Token": ""})
    answer = ann.request("POST", "/cases", json={"source": "blank"}, headers={"X-CSRF-Token": "guess"})
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "bad-csrf-token"
    assert ann.get("/cases")["items"] == []
    crossed = ann.client.post(API + "/session", json={"email": "ann@example.org", "password": PASSWORD},
                              headers={"Origin": "https://evil.example"})  # fmt: skip
    assert crossed.status_code == 403


def test_sign_in_tells_nothing_of_who_has_an_account(world: World) -> None:
    world.set_up()
    wrong = world.browser().post("/session", {"email": "ann@example.org", "password": "wrong password!"}, 401)
    nobody = world.browser().post("/session", {"email": "eve@example.org", "password": "wrong password!"}, 401)
    assert wrong == nobody


def test_sign_in_is_limited(make_world: Callable[..., World]) -> None:
    world = make_world(sign_ins_per_minute=5)
    ann = world.set_up()
    statuses = [ann.request("POST", "/session", json={"email": "ann@example.org", "password": "no"}).status_code
                for _ in range(8)]  # fmt: skip
    assert statuses[:3] == [401] * 3
    assert statuses[-1] == 429


def test_signing_out_ends_the_session(world: World) -> None:
    ann = world.set_up()
    cookie = ann.client.cookies["lb_session"]
    ann.delete("/session")
    eve = world.browser()
    eve.client.cookies.set("lb_session", cookie)
    eve.get("/cases", 401)


def test_a_new_password_ends_other_sessions(world: World) -> None:
    ann = world.set_up()
    other = world.browser()
    other.post("/session", {"email": "ann@example.org", "password": PASSWORD})
    ann.put("/me/password", {"old": "wrong", "new": "another good sentence"}, 403)
    ann.put("/me/password", {"old": PASSWORD, "new": "another good sentence"}, 204)
    other.get("/cases", 401)
    ann.get("/cases")
    world.browser().post("/session", {"email": "ann@example.org", "password": PASSWORD}, 401)


def test_old_sessions_end(make_world: Callable[..., World]) -> None:
    world = make_world()
    ann = world.set_up()
    with world.as_owner() as connection:
        connection.execute(text("UPDATE session SET seen = :old"), {"old": time.time() - world.settings.idle_s - 1})
    ann.get("/cases", 401)


def test_roles_bound_what_members_may_do(world: World) -> None:
    ann = world.set_up()
    viewer = world.member(ann, ann.organisation, "viewer@example.org", ("viewer",))
    auditor = world.member(ann, ann.organisation, "auditor@example.org", ("auditor",))
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    viewer.get(f"/cases/{case}")
    viewer.post("/cases", {"source": "blank"}, 403)
    viewer.post(f"/cases/{case}/jobs", {"kind": "plan"}, 403)
    viewer.post(f"/organisations/{ann.organisation}/keys", {"name": "x", "scopes": ["read"]}, 403)
    auditor.get(f"/cases/{case}", 403)
    ann.patch(f"/organisations/{ann.organisation}/members/{viewer.user}", {"roles": ["planner"]})
    viewer.post("/cases", {"source": "blank"}, 201)
    ann.delete(f"/organisations/{ann.organisation}/members/{viewer.user}")
    viewer.get("/cases", 401)


def test_the_last_administrator_stays(world: World) -> None:
    ann = world.set_up()
    path = f"/organisations/{ann.organisation}/members/{ann.user}"
    ann.patch(path, {"roles": ["viewer"]}, 409)
    ann.delete(path, 409)
    world.member(ann, ann.organisation, "second@example.org", ("administrator",))
    ann.patch(path, {"roles": ["viewer"]})


def test_organisations_do_not_manage_each_other(world: World) -> None:
    ann = world.set_up()
    south = world.office(ann, "South")
    ann.get(f"/organisations/{south.organisation}/members", 404)
    wish = {"email": "spy@example.org", "roles": ["administrator"]}
    ann.post(f"/organisations/{south.organisation}/invitations", wish, 403)
    south.post(f"/organisations/{ann.organisation}/invitations", wish, 404)
    south.post("/organisations", {"name": "West"}, 403)


def test_keys_do_what_their_scopes_say(world: World) -> None:
    ann = world.set_up()
    path = f"/organisations/{ann.organisation}/keys"
    ann.post(path, {"name": "too much", "scopes": ["administer"]}, 422)
    made = ann.post(path, {"name": "reader", "scopes": ["read"], "expires_days": 1.0}, 201)
    robot = world.browser()
    bearer: dict[str, Any] = {"headers": {"Authorization": f"Bearer {made['key']}"}}
    robot.get("/cases", **bearer)
    robot.post("/cases", {"source": "blank"}, 403, **bearer)
    with world.as_owner() as connection:
        connection.execute(text("UPDATE api_key SET expires = 1"))
    robot.get("/cases", 401, **bearer)
    ann.delete(f"{path}/{made['id']}")
    assert ann.get(path)["items"] == []


def test_a_user_acts_for_one_of_its_organisations(world: World) -> None:
    ann = world.set_up()
    south = world.office(ann, "South")
    token = south.post(f"/organisations/{south.organisation}/invitations",
                       {"email": "ann@example.org", "roles": ["viewer"]}, 201)["token"]  # fmt: skip
    world.browser().post(f"/invitations/{token}/accept", {"name": "Ann", "password": "not her password"}, 401)
    world.browser().post(f"/invitations/{token}/accept", {"name": "Ann", "password": PASSWORD}, 201)
    mine = ann.post("/cases", {"source": "blank", "name": "Ours"}, 201)["id"]
    assert {item["name"] for item in ann.get("/session")["organisations"]} == {"Host office", "South"}
    ann.put("/session/organisation", {"organisation": south.organisation})
    ann.get(f"/cases/{mine}", 404)
    ann.post("/cases", {"source": "blank"}, 403)
    ann.put("/session/organisation", {"organisation": "nosuchorganisation"}, 404)
