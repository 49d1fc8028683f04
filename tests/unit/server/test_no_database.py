"""A database that does not answer is told with its place, never with its password."""

from __future__ import annotations

import pytest

from landbridge.server.store.database import NoDatabase
from landbridge.server.store.migrate import upgrade


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(NoDatabase, match=r"1:1/corridor cannot be reached.*LANDBRIDGE_DATABASE_URL") as caught:
        upgrade("postgresql://office:planted-secret@127.0.0.1:1/corridor")
    assert "planted-secret" not in str(caught.value)
    assert caught.value.code == "no-database"
