"""Upgrade a database of an earlier version of the addon, and look for what is lost.

The earlier addon is taken from this repository's own history and installed with demo
data, which hold four weeks of work. Then the addon as it is now upgrades the database,
and every row and every value that was there is looked for again.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from psycopg2 import sql

from scripts import postgres
from scripts.console import Failure, main, say
from scripts.layout import ADDON, ROOT, STATE, read_setup
from scripts.odoo_process import Place

# The last state of version 19.0.1.0.0.
EARLIER = "7279f57d57e0449f863452d8fe8a936cd9b465c2"
EARLIER_DIR = STATE / "earlier"
# Columns of ours in tables of others.
OURS = ("dialer%", "plinx%", "dial_active%", "whatsapp_pause%", "gate_event%")
SHARED_TABLES = ("res_company", "res_partner", "crm_lead")
# What the addon calls otherwise now: (table, column) before and after.
RENAMED = {
    ("dialer_session", "looks_at_few"): ("dialer_session", "short_lookahead"),
}
# What an upgrade may change: when it happened, and what is computed anew.
VOLATILE = {"write_date", "write_uid"}


def check(variables: dict[str, str]) -> None:
    """Install the earlier addon, upgrade it, and compare.

    :param variables: of `postgres.server`.
    :raise Failure: naming the tables, columns and names that were lost or changed.
    """
    place = Place(postgres.named(f"test_upgrade_{os.getpid()}"), variables)
    try:
        place.create()
        _use_addons(place, _earlier_addon())
        place.install("-i", ADDON, "--with-demo", log="upgrade-before")
        before = _snapshot(place)
        _use_addons(place, ROOT)
        place.install("-u", ADDON, log="upgrade-after")
        lost = _differences(before, _snapshot(place))
    finally:
        place.drop()
        place.conf.unlink(missing_ok=True)
    if lost:
        raise Failure("The upgrade lost or changed:\n" + "\n".join(lost))
    rows = sum(count for count, _hashes in before["tables"].values())
    say(f"      {rows} rows of {len(before['tables'])} tables are as they were")


def _earlier_addon() -> Path:
    """Unpack the earlier addon from the history, and return the folder it is in.

    :raise Failure: where the checkout does not hold its history.
    """
    command = ["git", "archive", EARLIER, ADDON]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        raise Failure(
            f"The earlier version {EARLIER[:7]} is not in this checkout's history; "
            "fetch the whole history (git fetch --unshallow) and try again."
        )
    with tarfile.open(fileobj=BytesIO(found.stdout)) as archive:
        archive.extractall(EARLIER_DIR, filter="data")
    return EARLIER_DIR


def _use_addons(place: Place, folder: Path) -> None:
    place.options["addons_path"] = ",".join([*read_setup()["addons"], str(folder)])
    place.write_conf()


# -----------------------------------------------------------------------------
# What is in a database
# -----------------------------------------------------------------------------


def _snapshot(place: Place) -> dict:
    """Count the addon's rows, and hash each of its columns over all rows.

    :return: ``tables``: for each table the number of rows and a hash for each
        column; ``names``: the XML ids with what they stand for
    """
    return {
        "tables": {table: _hashes(place, table) for table in _tables(place)},
        "names": set(
            _query(
                place,
                "SELECT name, model, res_id FROM ir_model_data WHERE module = %s"
                " AND model NOT LIKE 'ir.model%%' AND model NOT LIKE 'ir.ui.view%%'",
                [ADDON],
            )
        ),
    }


def _tables(place: Place) -> list[str]:
    rows = _query(
        place,
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        " AND (table_name LIKE 'dialer%%' OR table_name LIKE 'plinx%%')",
    )
    return sorted({row[0] for row in rows} | set(SHARED_TABLES))


def _hashes(place: Place, table: str) -> tuple[int, dict[str, str]]:
    columns = _columns(place, table)
    order = sql.SQL(", ").join(map(sql.Identifier, columns))
    if "id" in columns or table in SHARED_TABLES:
        order = sql.Identifier("id")
    hashes = sql.SQL(", ").join(
        sql.SQL("md5(string_agg(COALESCE({}::text, ''), '|' ORDER BY {}))").format(
            sql.Identifier(column), order
        )
        for column in columns
    )
    statement = sql.SQL("SELECT count(*), {} FROM {}")
    count, *values = _query(place, statement.format(hashes, sql.Identifier(table)))[0]
    return count, dict(zip(columns, values, strict=True))


def _columns(place: Place, table: str) -> list[str]:
    """Return the columns of a table of ours, or ours of another's table."""
    rows = _query(
        place,
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND (NOT %s OR column_name LIKE ANY(%s)) ORDER BY column_name",
        [table, table in SHARED_TABLES, list(OURS)],
    )
    return [row[0] for row in rows if row[0] not in VOLATILE]


def _query(place: Place, statement, values=()) -> list:
    return postgres.query(place.postgres, statement, values, place.database)


# -----------------------------------------------------------------------------
# What became of it
# -----------------------------------------------------------------------------


def _differences(before: dict, after: dict) -> list[str]:
    """Say what of the earlier database is not in the upgraded one."""
    gone = sorted(name for name, *_rest in before["names"] - after["names"])
    return [f"the record {name}" for name in gone] + [
        line
        for table, (count, hashes) in before["tables"].items()
        for line in _table_differences(table, count, hashes, after["tables"])
    ]


def _table_differences(table, count, hashes, after) -> list[str]:
    if table not in after:
        return [f"the table {table}"]
    if after[table][0] != count:
        return [f"rows of {table}: {count} before, {after[table][0]} after"]
    return [
        f"values of {table}.{column}"
        for column, value in hashes.items()
        for now in [RENAMED.get((table, column), (table, column))]
        if after[now[0]][1].get(now[1], "gone") != value
    ]


def run() -> int:
    with postgres.server("test") as variables:
        check(variables)
    return 0


if __name__ == "__main__":
    main(run)
