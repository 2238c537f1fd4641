"""Does a new database get the very schema that all steps together make?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.migrate import upgrade
from storage.schema import REVISION
from tests.contract.conftest import skip_without
from tests.fakes.postgres import create_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'made'}", f"sqlite:///{tmp_path / 'climbed'}"
    address = skip_without(request.getfixturevalue("postgres"))
    return create_database(address, "made"), create_database(address, "climbed")


def test_a_new_database_is_what_all_steps_make(empty: tuple[str, str]) -> None:
    made, climbed = empty
    assert upgrade(made) == (None, REVISION)
    upgrade(climbed, to="0001")
    upgrade(climbed)
    schema = _schema(made)
    assert len(schema) > 10
    assert schema == _schema(climbed)


def _schema(url: str) -> dict[str, Any]:
    """All that the database itself tells of its tables, but for the order of their columns."""
    engine = sa.create_engine(url)
    try:
        found = sa.inspect(engine)
        with engine.connect() as connection:
            return {table: _table(found, connection, table) for table in found.get_table_names()}
    finally:
        engine.dispose()


def _table(found: sa.Inspector, connection: sa.Connection, table: str) -> dict[str, Any]:
    sqlite = connection.dialect.name == "sqlite"
    facts: dict[str, Any] = {
        "columns": _by_name(found.get_columns(table)),
        "key": found.get_pk_constraint(table),
        "foreign keys": _by_name(found.get_foreign_keys(table)),
        "unique": _by_name(found.get_unique_constraints(table)),
        "checks": _by_name(found.get_check_constraints(table)),
        "indexes": set(connection.scalars(sa.text(_INDEXES[sqlite]), {"name": table})),
    }
    if sqlite:
        made = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
        facts["numbers are never given twice"] = "AUTOINCREMENT" in str(made)
    return facts


_INDEXES = {
    True: "SELECT sql FROM sqlite_master WHERE tbl_name = :name AND type = 'index'",
    False: "SELECT indexdef FROM pg_indexes WHERE tablename = :name",
}
"""As the database would make them again; true stands for SQLite."""


def _by_name(facts: list[Any]) -> dict[str, str]:
    return {fact["name"]: str(fact) for fact in facts}
