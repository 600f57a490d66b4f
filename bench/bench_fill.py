"""Filling a queue: against the bare insert, and again after a change of 1 %.

    python bench/bench_fill.py --customers 1000000

Works in the database that `DIALER_DATABASE` names, makes its customers by SQL, and
takes away all that it made. The times that a row compares are measured in one run.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from contextlib import contextmanager

MARK = "Bench fill"
BARE = """
    INSERT INTO {table} (
        campaign_id, company_id, partner_id, lead_id, phone, state, priority,
        deferrals, rank, next_call_at, attempts,
        create_uid, create_date, write_uid, write_date
    )
    SELECT %(campaign)s, %(company)s, id, NULL, phone_sanitized, 'pending', 0, 0, 0,
           %(now)s, 0, 1, %(now)s, 1, %(now)s
      FROM res_partner WHERE name = %(mark)s ORDER BY id
"""


class Memory:
    """The most memory that processes held while this is open, in MB above before."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.most = dict.fromkeys(pids, 0.0)

    def __enter__(self) -> Memory:
        self.idle = {pid: self.resident(pid) for pid in self.pids}
        self.open = True
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.open = False
        self.thread.join()

    def watch(self) -> None:
        """Look twenty times a second."""
        while self.open:
            for pid in self.pids:
                held = self.resident(pid) - self.idle[pid]
                self.most[pid] = max(self.most[pid], held)
            time.sleep(0.05)

    @staticmethod
    def resident(pid: int) -> float:
        """Private memory of a process, in MB; shared buffers do not count."""
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                lines = status.readlines()
        except OSError:
            return 0.0
        return sum(int(s.split()[1]) for s in lines if s.startswith("RssAnon")) / 1024


def timed(action) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@contextmanager
def customers(cr, company: int, count: int):
    """Make customers by one insert, and remove them, and their entries, at the end.

    :yield: nothing
    """
    cr.execute("SELECT id FROM res_country WHERE code = 'BR'")
    country = cr.fetchone()[0]
    try:
        cr.execute(
            """
            INSERT INTO res_partner (name, complete_name, active, phone,
                phone_sanitized, partner_share, type, is_company, company_id,
                country_id, create_uid, create_date, write_uid, write_date)
            SELECT %(mark)s, %(mark)s, TRUE, number, number, TRUE, 'contact', FALSE,
                   %(company)s, %(country)s, 1, now(), 1, now()
              FROM (SELECT '+55479' || lpad(n::text, 8, '0') AS number
                      FROM generate_series(1, %(count)s) n) made
            """,
            {"mark": MARK, "company": company, "country": country, "count": count},
        )
        cr.commit()
        vacuum(cr, "res_partner")
        yield
    finally:
        cr.rollback()
        cr.execute(
            """DELETE FROM dialer_queue_entry WHERE campaign_id IN
               (SELECT id FROM dialer_campaign WHERE name = %s)""",
            [MARK],
        )
        cr.execute("DELETE FROM dialer_campaign WHERE name = %s", [MARK])
        cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cr.fetchone()[0]:
            # nothing else refers to them: without looking, it takes seconds
            cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("DELETE FROM res_partner WHERE name LIKE %s", [f"{MARK}%"])
        cr.commit()
        vacuum(cr, "res_partner", "dialer_queue_entry")


def vacuum(cr, *tables: str, full: bool = False) -> None:
    """Clean tables after a large change, so that every step starts alike.

    :param full: write the tables and their indexes anew, as small as they can be.
    """
    cr.commit()
    cr._cnx.autocommit = True
    try:
        for table in tables:
            if full:
                cr.execute(f'VACUUM FULL "{table}"')
            # a full one does not note what index-only scans need; the usual one does
            cr.execute(f'VACUUM ANALYZE "{table}"')
        cr.execute("CHECKPOINT")
    finally:
        cr._cnx.autocommit = False


class Bench:
    """One campaign on one set of customers."""

    def __init__(self, env) -> None:
        self.env = env
        self.cr = env.cr
        self.campaign = env["dialer.campaign"].create(
            {"name": MARK, "domain": repr([("name", "=", MARK)])}
        )
        self.cr.commit()

    def bare(self, table: str) -> float:
        """Insert the rows of the fill, without any question asked; take them out."""
        values = {
            "campaign": self.campaign.id,
            "company": self.campaign.company_id.id,
            "now": self.env.cr.now(),
            "mark": MARK,
        }
        seconds = timed(lambda: self.cr.execute(BARE.format(table=table), values))
        seconds += timed(self.cr.commit)
        self.empty(table)
        return seconds

    def empty(self, table: str) -> None:
        """Take the campaign's rows out of a table and clean it."""
        self.cr.execute(
            f'DELETE FROM "{table}" WHERE campaign_id = %s', [self.campaign.id]
        )
        vacuum(self.cr, table, full=True)

    def copy(self) -> float:
        """The bare insert into a table of the same columns, without any index."""
        self.cr.execute(
            "CREATE TABLE dialer_bench_copy (LIKE dialer_queue_entry"
            " INCLUDING DEFAULTS)"
        )
        self.cr.execute("ALTER TABLE dialer_bench_copy ALTER id DROP NOT NULL")
        try:
            return self.bare("dialer_bench_copy")
        finally:
            self.cr.execute("DROP TABLE dialer_bench_copy")
            self.cr.commit()

    def preview(self) -> float:
        """What the form of the campaign shows before its start."""
        self.campaign.invalidate_recordset()
        return timed(lambda: self.campaign.match_count)

    def fill(self) -> float:
        """Bring the queue in line, as the button does."""
        seconds = timed(self.campaign.action_fill)
        return seconds + timed(self.cr.commit)

    def fill_in_batches(self) -> float:
        """Bring the queue in line as the background job does, committing batches."""
        self.campaign._request_fill()
        self.cr.commit()
        return timed(self.campaign._cron_fill)

    def count(self) -> int:
        """Return how many wait in the queue."""
        return self.env["dialer.queue.entry"].search_count(
            [("campaign_id", "=", self.campaign.id), ("state", "=", "pending")]
        )

    def change(self, share: float) -> None:
        """Let a share of the customers match no more."""
        self.cr.execute(
            """
            UPDATE res_partner SET name = name || ' gone'
             WHERE name = %s AND id %% %s = 0
            """,
            [MARK, round(1 / share)],
        )
        vacuum(self.cr, "res_partner")

    def undo(self) -> None:
        """Let them all come back."""
        self.cr.execute(
            "UPDATE res_partner SET name = %s WHERE name = %s", [MARK, f"{MARK} gone"]
        )
        vacuum(self.cr, "res_partner")


def row(name: str, seconds: float, count: int, ratio: float | None, note: str) -> None:
    """Print one line of the table."""
    shown = "" if ratio is None else f"{ratio:.2f}"
    rate = f"{count / seconds:,.0f}"
    print(f"{name:<44} {seconds:>9.2f} {rate:>11} {shown:>7}  {note}")


def measure(env, count: int, share: float) -> bool:
    """Print the table; return whether the ratios are what they must be."""
    bench = Bench(env)
    pid = env.cr._cnx.info.backend_pid
    print(f"\nFilling {count:,} customers, then again with {share:.0%} changed\n")
    print(f"{'':<44} {'seconds':>9} {'rows/s':>11} {'ratio':>7}")
    copied = bench.copy()
    bare = bench.bare("dialer_queue_entry")
    row("bare insert, table without indexes", copied, count, None, "")
    row("bare insert, the queue itself", bare, count, 1.0, "")
    row("count and sample in the form", bench.preview(), count, None, "")
    with Memory(os.getpid(), pid) as memory:
        full = bench.fill()
    assert bench.count() == count, "not all customers are in the queue"
    row("full fill", full, count, full / bare, "of the bare insert; at most 3")
    vacuum(env.cr, "dialer_queue_entry", full=True)
    again = bench.fill()
    row("fill again, nothing changed", again, count, again / full, "of the full fill")
    vacuum(env.cr, "dialer_queue_entry")
    bench.change(share)
    gone = bench.fill()
    changed = count - bench.count()
    note = f"of the full fill; {changed:,} withdrawn; at most 0.1"
    row("refill, customers gone", gone, count, gone / full, note)
    vacuum(env.cr, "dialer_queue_entry")
    bench.undo()
    back = bench.fill()
    note = f"of the full fill; {changed:,} came back; at most 0.1"
    row("refill, customers back", back, count, back / full, note)
    bench.empty("dialer_queue_entry")
    with Memory(os.getpid(), pid) as batches:
        background = bench.fill_in_batches()
    assert bench.count() == count, "not all customers are in the queue"
    row("full fill in the background", background, count, background / bare, "of bare")
    print("\nMemory above idle, MB: Odoo / its PostgreSQL process")
    for name, seen in (("full fill", memory), ("in the background", batches)):
        print(f"  {name:<42} {seen.most[os.getpid()]:>9.0f} {seen.most[pid]:>11.0f}")
    largest = max(*memory.most.values(), *batches.most.values())
    return full <= 3 * bare and max(gone, back) <= full / 10 and largest < 300


def main() -> int:
    """Return 0 when every ratio is what it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--changed", type=float, default=0.01)
    options, _others = parser.parse_known_args()

    import odoo  # pylint: disable=import-outside-toplevel # after the options
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-c", os.environ["ODOO_RC"]], setup_logging=False)
    with Registry(os.environ["DIALER_DATABASE"]).cursor() as cr:
        env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        with customers(cr, env.company.id, options.customers):
            good = measure(env, options.customers, options.changed)
    print("\nAll as it must be." if good else "\nA ratio is above its limit.")
    return not good


if __name__ == "__main__":
    raise SystemExit(main())
