"""The schema: the same by migrations and by models, upgraded from an older one, backed up and restored."""

from __future__ import annotations

import dataclasses
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.integration.server.conftest import PASSWORD, World, make_settings

from landbridge.server.backup import BadBackup, backup, restore
from landbridge.server.settings import Settings
from landbridge.server.store.database import NOBODY, open_database
from landbridge.server.store.migrate import SchemaError, check_role, head_revision, upgrade
from landbridge.server.store.schema import Base


def test_migrations_and_models_make_the_same_schema(bare_settings: Settings) -> None:
    upgrade(bare_settings.owner_url)
    database = open_database(bare_settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    database.close()
    assert differences == []


def test_an_older_database_is_upgraded_with_what_is_in_it(bare_settings: Settings) -> None:
    """Rows written at the first schema are there, and served, at the present one."""
    upgrade(bare_settings.owner_url, "0001")
    database = open_database(bare_settings.owner_url, pool_size=1)
    with database.write(NOBODY) as connection:
        connection.execute(text("INSERT INTO organisation VALUES ('o1', 'Old office', true, 1, 0)"))
        connection.execute(text("INSERT INTO case_head (id, host_id, name, settings, settings_version, created) "
                                "VALUES ('c1', 'o1', 'Old case', '{\"name\": \"Old case\"}', 0, 0)"))  # fmt: skip
    database.close()
    upgrade(bare_settings.owner_url)
    upgrade(bare_settings.owner_url)  # nothing more to do
    database = open_database(bare_settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head_revision()
        assert connection.execute(text("SELECT name FROM case_head")).scalar() == "Old case"
    database.close()


def test_a_newer_database_is_left_alone(settings: Settings) -> None:
    upgrade(settings.owner_url)
    database = open_database(settings.owner_url, pool_size=1)
    with database.write(NOBODY) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(SchemaError, match="newer release"):
        upgrade(settings.owner_url)


def test_every_table_is_under_row_level_security(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """No table is forgotten: each is enabled and forced, and the web role owns nothing and passes nothing."""
    settings = make_settings(request, tmp_path, "postgresql")
    upgrade(settings.owner_url)
    database = open_database(settings.owner_url, pool_size=1)
    with database.read(NOBODY) as connection:
        bare = connection.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
                 "AND relname <> 'alembic_version' AND NOT (relrowsecurity AND relforcerowsecurity)")
        ).all()  # fmt: skip
    database.close()
    assert bare == []
    web = open_database(settings.url, pool_size=1)
    check_role(web)
    web.close()
    owner = open_database(settings.owner_url, pool_size=1)
    with pytest.raises(SchemaError, match="owns the tables"):
        check_role(owner)
    owner.close()


def test_who_says_not_who_it_is_sees_nothing(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Without an organisation told, the web role reads no row of any table: it fails closed."""
    settings = make_settings(request, tmp_path, "postgresql")
    from tests.integration.server.conftest import _opened

    with _opened(settings) as world:
        ann = world.set_up()
        case = ann.post("/cases", {"source": "starter"}, 201)["id"]
        world.run_job(ann, case, "plan", time_s=10.0)
    web = open_database(settings.url, pool_size=1)
    counts = {}
    with web.read(NOBODY) as connection:
        for table in Base.metadata.tables:
            try:
                with connection.begin_nested():
                    counts[table] = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            except Exception as error:  # noqa: BLE001
                assert "permission denied" in str(error), table  # noqa: PT017
                counts[table] = 0
    web.close()
    assert {table: count for table, count in counts.items() if count} == {}


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_restores_everything(world: World, request: pytest.FixtureRequest, tmp_path: Path, into: str) -> None:
    """From either database into either: people sign in, cases and runs are as they were."""
    from tests.integration.server.conftest import _opened

    ann = world.set_up()
    case = ann.post("/cases", {"source": "starter"}, 201)["id"]
    ann.edit(case, "services", "lane1-A", {"run_cost": "55"})
    run = world.run_job(ann, case, "plan", time_s=20.0)["run"]
    report = ann.get(f"/runs/{run}/report")
    file = tmp_path / "backup.tar.gz"
    manifest = backup(world.settings, file)
    assert manifest["tables"]["case_row"]["rows"] == 26
    with pytest.raises(BadBackup, match="empty one only"):
        restore(world.settings, file)
    elsewhere = make_settings(request, tmp_path / "other", into)
    restore(elsewhere, file)
    with _opened(elsewhere) as other:
        again = other.browser()
        again.csrf = again.post("/session", {"email": "ann@example.org", "password": PASSWORD})["csrf_token"]
        assert again.rows(case, "services")["lane1-A"]["values"]["run_cost"] == "55"
        assert again.get(f"/runs/{run}/report") == report
        again.post(f"/cases/{case}/undo")  # numbers go on after those that are there
        again.edit(case, "services", "lane1-A", {"run_cost": "66"})
        assert again.get(f"/cases/{case}")["version"] > ann.get(f"/cases/{case}")["version"]


def test_a_damaged_backup_changes_nothing(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world()
    world.set_up()
    file = tmp_path / "backup.tar.gz"
    backup(world.settings, file)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elsewhere = dataclasses.replace(world.settings, data_dir=tmp_path / "fresh")
    with pytest.raises(BadBackup, match="not a whole backup"):
        restore(elsewhere, cut)
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(file) as old, tarfile.open(changed, "w:gz") as new:
        for item in old.getmembers():
            content = old.extractfile(item)
            assert content is not None
            data = content.read()
            if item.name == "tables/user_account.jsonl":
                data = data.replace(b"ann@example.org", b"eve@example.org")
            _put(new, item.name, data)
    with pytest.raises(BadBackup, match="user_account is damaged"):
        restore(elsewhere, changed)
    assert not (elsewhere.data_dir / "landbridge.sqlite").exists()


def _put(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    import io

    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
