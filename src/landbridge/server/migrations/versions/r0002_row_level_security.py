"""
Row-level security on PostgreSQL.

Three roles: who owns the tables (migrations alone), ``lb_app`` (the web process) and ``lb_worker``. Who asks is told
by ``set_config('lb.org_id', ..., true)`` at the start of each transaction; unset, nothing is seen.
"""

from __future__ import annotations

from alembic import op

from landbridge.server.migrations.policies import APP, WORKER, grant_sequences, grant_worker, is_postgresql, protect

revision = "0002"
down_revision = "0001"

FUNCTIONS = """
CREATE FUNCTION lb_org() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('lb.org_id', true), '') $$;
CREATE FUNCTION lb_user() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('lb.user_id', true), '') $$;
CREATE FUNCTION lb_secret() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('lb.secret', true), '') $$;
CREATE FUNCTION lb_is_set_up() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS
$$ SELECT EXISTS (SELECT 1 FROM organisation) $$;
CREATE FUNCTION lb_job_counts() RETURNS TABLE (state text, count bigint) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$ SELECT j.state, count(*) FROM job j GROUP BY j.state $$;
CREATE FUNCTION lb_my_cases() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS
$$ SELECT id FROM case_head WHERE host_id = lb_org()
   UNION SELECT case_id FROM case_party WHERE organisation_id = lb_org() $$;
CREATE FUNCTION lb_hosted_cases() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS
$$ SELECT id FROM case_head WHERE host_id = lb_org() $$;
CREATE FUNCTION lb_my_parties() RETURNS TABLE (the_case text, line text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS
$$ SELECT case_id, E'\\n' || party || E'\\n' FROM case_party WHERE organisation_id = lb_org() $$;
"""

MINE = "organisation_id = lb_org()"
MY_CASE = "case_id IN (SELECT lb_my_cases())"
HOSTED = "case_id IN (SELECT lb_hosted_cases())"
HOLDS = (  # the function is called once a query, not once a row
    "EXISTS (SELECT 1 FROM lb_my_parties() m WHERE m.the_case = {row}.case_id "
    "AND replace({row}.parties, m.line, '') <> {row}.parties)"
)
HOLDS_ROW = HOLDS.format(row="case_row")
EDITS = f"(parties = '' AND {HOSTED}) OR {HOLDS_ROW}"
OWNED_ROW = f"EXISTS (SELECT 1 FROM case_row r WHERE r.id = row_id AND {HOLDS.format(row='r')})"
PARTNER_ROW = (
    "part = 'capacity' AND EXISTS (SELECT 1 FROM case_row r WHERE r.id = row_id AND r.visibility = 'partners') AND "
    "EXISTS (SELECT 1 FROM case_row_partner p WHERE p.row_id = case_row_private.row_id "
    "AND p.organisation_id = lb_org())"
)


def upgrade() -> None:
    """Make roles, functions and policies."""
    if not is_postgresql():
        return
    for role in (APP, WORKER):
        op.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} NOLOGIN; END IF; END $$"
        )
    for statement in FUNCTIONS.strip().split(";\n"):
        op.execute(statement.rstrip(";"))
    op.execute(f"GRANT SELECT ON alembic_version TO {APP}, {WORKER}")
    _people()
    _cases()
    _work()
    grant_sequences()
    grant_worker("UPDATE", "job")
    grant_worker("INSERT", "run", "job_event", "audit_log")
    grant_worker("DELETE", "job_event", "session", "answer", "import_draft")


def _people() -> None:
    protect("organisation", select="lb_user() <> ''", insert="id = lb_org()", update="id = lb_org()")
    protect(
        "user_account",
        select="id = lb_user() OR email = lb_secret() OR EXISTS (SELECT 1 FROM membership m WHERE m.user_id = id AND "
        "m.organisation_id = lb_org())",
        insert="EXISTS (SELECT 1 FROM invitation i WHERE i.id = lb_secret())",
        update="id = lb_user()",
    )
    of_session = "EXISTS (SELECT 1 FROM session s WHERE s.id = lb_secret() AND s.user_id = membership.user_id)"
    protect(
        "membership", select=f"{MINE} OR user_id = lb_user() OR {of_session}", insert=MINE, update=MINE, delete=MINE
    )
    own = f"id = lb_secret() OR user_id = lb_user() OR {MINE}"
    protect("session", select=own, insert="user_id = lb_user()", update="id = lb_secret()", delete=own)
    shown = f"id = lb_secret() OR {MINE}"
    protect("invitation", select=shown, insert=MINE, update=shown)
    shown = f"hash = lb_secret() OR {MINE}"
    protect("api_key", select=shown, insert=MINE, update=shown, delete=MINE)
    protect("audit_log", select=MINE, insert=MINE)
    protect("answer", select=MINE, insert=MINE)


def _cases() -> None:
    hosts = "host_id = lb_org()"
    protect("case_head", select="id IN (SELECT lb_my_cases())", insert=hosts, update=hosts, delete=hosts)
    protect("case_party", select=MY_CASE, insert=f"{MINE} AND {HOSTED}", update=MINE, check=MY_CASE, delete=MINE)
    protect(
        "case_row",
        select=f"{MY_CASE} AND (NOT is_private OR {HOLDS_ROW})",
        insert=f"{MY_CASE} AND ({EDITS})",
        update=f"{MY_CASE} AND ({EDITS})",
        delete=f"{MY_CASE} AND ({EDITS})",
    )
    protect("case_row_partner", select=f"{MINE} OR {OWNED_ROW}", insert=OWNED_ROW, delete=OWNED_ROW)
    protect("case_row_private", select=f"{OWNED_ROW} OR ({PARTNER_ROW})", insert=OWNED_ROW, delete=OWNED_ROW)
    protect("case_change", select=MY_CASE, insert=f"{MINE} AND {MY_CASE}", update=MINE)
    protect("case_change_row", select=MINE, insert=MINE)
    protect("import_draft", select=MINE, insert=f"{MINE} AND {MY_CASE}", delete=MINE)


def _work() -> None:
    protect("job", select=MINE, insert=f"{MINE} AND {MY_CASE}", update=MINE)
    protect("job_event", select=MINE, insert=MINE)
    protect("run", select=MY_CASE, delete=f"{MY_CASE} AND ({MINE} OR {HOSTED})")
