"""The project's SQL without dbt: the same statements over the reference tables, in memory, in milliseconds.

A what-if answers by the rules of the night. So it renders the night's own models (macros included) instead of stating
them a second time: ``ref`` resolves to what the caller provides, else to a reference table, else to the rendered model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
from jinja2 import Environment, StrictUndefined

from costmodel import MODEL_VERSION
from flows.dbt import seed, sql_folder
from flows.given import load_given
from flows.given_checks import check_names
from flows.published import CONFIG
from flows.settings import Settings

MACROS = ("facts", "fx")
#: Columns whose type a reader would guess from the first rows, by name as in sql/seeds/seeds.yml.
SEED_TYPES = {"value": "double", "low": "double", "high": "double", "as_of": "varchar", "note": "varchar"}


class Reference:
    """Relations of the dbt project on a connection in memory.

    Args:
        con: the connection; it sees the reference tables and the user's own scenarios and assumptions.
        given: SQL of relations that stand in for models: name -> FROM expression.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, given: Mapping[str, str]) -> None:
        self.con = con
        self._relations = dict(given)
        self._variables = {"model_version": MODEL_VERSION}
        self._jinja = self._environment()

    def __getitem__(self, name: str) -> str:
        """FROM expression of a model or reference table; made as a table at its first use."""
        if name not in self._relations:
            csv = seed(name)
            statement = _seed_select(csv.as_posix(), csv.open().readline()) if csv.exists() else self.rendered(name)
            self.con.execute(f"create or replace table {name} as {statement}")
            self._relations[name] = name
        return self._relations[name]

    def __setitem__(self, name: str, relation: str) -> None:
        """Let `relation` stand in for a model."""
        self._relations[name] = relation

    def rendered(self, name: str) -> str:
        """SQL of a model.

        Raises:
            KeyError: the project has no such SQL model.
        """
        path = next((sql_folder() / "models").rglob(f"{name}.sql"), None)
        if path is None:
            raise KeyError(name)
        return self.filled(path.read_text())

    def filled(self, sql: str) -> str:
        """A statement with the project's macros and models in it, as plain SQL."""
        return self._jinja.from_string(sql).render()

    def _environment(self) -> Environment:
        # SQL of our own, never of a user: nothing to escape
        jinja = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
        jinja.globals.update(
            ref=self.__getitem__,
            source=lambda schema, table: f"{schema}.{table}",
            var=lambda name, default=None: self._variables.get(name, default),
            config=lambda **_: "",
        )
        for name in MACROS:
            macros = jinja.from_string((sql_folder() / "macros" / f"{name}.sql").read_text()).module
            jinja.globals.update({n: m for n, m in vars(macros).items() if callable(m)})
        return jinja


def open_reference(settings: Settings, given: Mapping[str, str] | None = None, cost_date: str = "") -> Reference:
    """Reference tables in memory, with the scenarios and assumptions of ``costwatt.toml``.

    Args:
        settings: the user's own figures.
        given: relations that stand in for models.
        cost_date: the night whose prices are used, YYYY-MM-DD; none: only reference tables are read.

    Raises:
        UsageError: a name in them that no reference table has.
    """
    check_names(settings)
    con = duckdb.connect(":memory:", config=CONFIG)
    con.execute("create schema landing")
    if cost_date:
        con.execute("attach ':memory:' as warehouse")
        con.execute("create schema warehouse.landing")
        con.execute(f"create macro warehouse.landing.cost_date() as date '{cost_date}'")
    load_given(con, settings)
    return Reference(con, given or {})


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, values: Any = None) -> list[dict[str, Any]]:
    """Rows of a statement by column name."""
    result = con.execute(sql, values)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _seed_select(path: str, header: str) -> str:
    types = {name: kind for name, kind in SEED_TYPES.items() if name in header.strip().split(",")}
    typed = f", types = {types}" if types else ""
    return f"select * from read_csv('{path}', header = true, sample_size = -1{typed})"
