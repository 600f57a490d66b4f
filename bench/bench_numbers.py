"""Reading the numbers of everybody into their table: at installation, and again.

    python bench/bench_numbers.py --customers 1000000

Works in the database that `DIALER_DATABASE` names, makes its customers by SQL, with
numbers typed as people type them, and takes away all that it made.
"""

from __future__ import annotations

import argparse
import os
from contextlib import contextmanager

from bench_fill import Memory, timed, vacuum

MARK = "Bench numbers"
# How a hundred people type: a mobile, a landline, a word, two numbers, one too short.
TYPED = """
    CASE WHEN mod(n, 100) < 60 THEN '(47) 9' || mobile || '-' || rest
         WHEN mod(n, 100) < 80 THEN '+55 47 9' || mobile || ' ' || rest
         WHEN mod(n, 100) < 90 THEN 'whats 47 9' || mobile || rest
         WHEN mod(n, 100) < 99
         THEN '47 3' || substr(mobile, 2) || '-' || rest || ' / 479' || mobile || rest
         ELSE '(47) 9' || mobile || '-' || substr(rest, 2) END
"""
LEAST_RATE = 5_000
MOST_MEGABYTES = 200


@contextmanager
def customers(cr, count: int):
    """Make customers by one insert, and remove them at the end.

    :yield: nothing
    """
    try:
        cr.execute(
            f"""
            INSERT INTO res_partner (name, complete_name, active, phone, country_id,
                partner_share, type, is_company, create_uid, create_date)
            SELECT %(mark)s, %(mark)s, TRUE, {TYPED},
                   (SELECT id FROM res_country WHERE code = 'BR'), TRUE, 'contact',
                   FALSE, 1, now()
              FROM (SELECT n, (8000 + mod(n / 10000, 1000))::text AS mobile,
                           lpad(mod(n, 10000)::text, 4, '0') AS rest
                      FROM generate_series(1, %(count)s) n) made
            """,
            {"mark": MARK, "count": count},
        )
        vacuum(cr, "res_partner")
        yield
    finally:
        cr.rollback()
        if superuser(cr):
            # nothing else refers to them: without looking, it takes seconds
            cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute(
            """DELETE FROM dialer_number WHERE partner_id IN
               (SELECT id FROM res_partner WHERE name = %s)""",
            [MARK],
        )
        cr.execute("DELETE FROM res_partner WHERE name = %s", [MARK])
        cr.commit()
        vacuum(cr, "res_partner")


def superuser(cr) -> bool:
    """Return whether PostgreSQL lets us leave foreign keys unlooked at."""
    cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return cr.fetchone()[0]


def size(cr) -> tuple[int, int, int]:
    """Return the rows of the table, its bytes, and those of its indexes."""
    cr.execute(
        """SELECT count(*), pg_total_relation_size('dialer_number'),
                  pg_indexes_size('dialer_number') FROM dialer_number"""
    )
    return cr.fetchone()


def measure(env, count: int) -> bool:
    """Print the table; return whether the limits are kept."""
    readings = env["dialer.number.reading"]
    pids = os.getpid(), env.cr._cnx.info.backend_pid
    seconds = {}
    for name in ("at installation", "again, nothing changed"):
        readings._readings().write({"position": 0, "done": False})
        env.cr.commit()
        with Memory(*pids) as memory:
            seconds[name] = timed(readings._read_all) + timed(env.cr.commit)
        rate = count / seconds[name]
        used = "/".join(f"{memory.most[pid]:.0f}" for pid in pids)
        print(f"{name:<28} {seconds[name]:>8.1f} s {rate:>9,.0f} a second   {used} MB")
    vacuum(env.cr, "dialer_number")
    rows, total, indexes = size(env.cr)
    print(f"{rows:,} rows: {total / rows:.0f} bytes each, {indexes / rows:.0f} of them")
    print(f"in indexes; {total / count:.0f} bytes a customer. Memory: Odoo/PostgreSQL")
    enough = count / seconds["at installation"] >= LEAST_RATE
    return enough and max(memory.most.values()) < MOST_MEGABYTES


def main() -> int:
    """Return 0 when it is fast enough and takes little memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    options, _others = parser.parse_known_args()

    import odoo  # pylint: disable=import-outside-toplevel # after the options
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-c", os.environ["ODOO_RC"]], setup_logging=False)
    with Registry(os.environ["DIALER_DATABASE"]).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        with customers(cr, options.customers):
            good = measure(env, options.customers)
    print("\nAll as it must be." if good else "\nA limit is not kept.")
    return not good


if __name__ == "__main__":
    raise SystemExit(main())
