"""Importing a list with rubbish in it: time, memory and that no row is lost.

    python bench/bench_import.py --rows 100000 --rubbish 0.1

The list goes in as a supervisor brings it: read and handed over by the request, then
taken in by the background job, batch by batch. Every row must be either taken or
reported with its number; the ratio compares the job with writing the same customers,
nothing else, through the ORM.
"""

from __future__ import annotations

import argparse
import base64
import os
import time

from bench_fill import Memory
from world import environment, make_company, registry, table

MARK = "Bench import"
BATCH = 1_000
RUBBISH = ("", "banana", "123", "+55 47 00000-00", "n/a", "(47) 9 88", "0800")
COLUMNS = ("step", "rows", "seconds", "rows/s", "MB")


def make_list(rows: int, rubbish: float) -> tuple[bytes, int]:
    """Return a CSV file, and how many of its rows nobody can use."""
    every = round(1 / rubbish) if rubbish else rows + 1
    lines, bad = ["Nome;Telefone;E-mail"], 0
    for number in range(rows):
        phone = f"+55 47 9{90000000 + number:08}"
        if number % every == 0:
            phone = RUBBISH[number // every % len(RUBBISH)]
            bad += 1
        lines.append(f"{MARK} {number};{phone};c{number}@example.com")
    return "\n".join(lines).encode(), bad


def bring(source, content: bytes) -> tuple[int, int, float, float]:
    """Make a campaign and bring the list; return ids, seconds and MB of the request."""
    with environment(source) as env:
        company = make_company(env)
        campaign = env["dialer.campaign"].create(
            {"name": MARK, "company_id": company.id, "domain": "[('id', '=', 0)]"}
        )
        lists = env["dialer.list.import"].create(
            {
                "campaign_id": campaign.id,
                "file": base64.b64encode(content),
                "file_name": "list.csv",
            }
        )
        env.flush_all()
        start = time.perf_counter()
        with Memory(os.getpid()) as memory:
            lists.action_import()
            env.flush_all()
        seconds = time.perf_counter() - start
        return campaign.id, lists.id, seconds, memory.most[os.getpid()]


def work(source, list_id: int) -> tuple[float, float]:
    """Do what the background job does; return its seconds and MB."""
    start = time.perf_counter()
    with Memory(os.getpid()) as memory, environment(source) as env:
        record = env["dialer.list.import"].browse(list_id)
        record = record.with_company(record.company_id)
        rows = record._read_rows()
        seen = record._known_before(rows)
        while record.state == "running":
            record._import_batch(rows, seen, BATCH)
            env.cr.commit()
            env.invalidate_all()
    return time.perf_counter() - start, memory.most[os.getpid()]


def bare(source, count: int) -> float:
    """Return the seconds of making as many customers, a batch at a time."""
    with environment(source) as env:
        company = make_company(env)
        partners = env["res.partner"].with_context(
            tracking_disable=True, mail_create_nosubscribe=True
        )
        start = time.perf_counter()
        for first in range(0, count, BATCH):
            partners.create(
                [
                    {
                        "name": f"{MARK} bare {number}",
                        "phone": f"+55479{80000000 + number:08}",
                        "email": f"b{number}@example.com",
                        "company_id": company.id,
                    }
                    for number in range(first, min(first + BATCH, count))
                ]
            )
            env.flush_all()
            env.invalidate_all()
        seconds = time.perf_counter() - start
        env.cr.rollback()
    return seconds


def forget(source, campaign_id: int) -> None:
    """Take away all that was made."""
    with environment(source) as env:
        env.cr.execute(
            "DELETE FROM dialer_queue_entry WHERE campaign_id = %s", [campaign_id]
        )
        env.cr.execute("DELETE FROM res_partner WHERE name LIKE %s", [f"{MARK}%"])
        env["dialer.campaign"].browse(campaign_id).unlink()


def run() -> int:
    """Print the table; return 1 when a row was lost or taken twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rubbish", type=float, default=0.1)
    options, _others = parser.parse_known_args()
    source = registry()
    content, bad = make_list(options.rows, options.rubbish)
    campaign, lists, asked, asked_mb = bring(source, content)
    seconds, memory = work(source, lists)
    with environment(source) as env:
        record = env["dialer.list.import"].browse(lists)
        taken, reported = record.taken_count, record.problem_count
        entries = env["dialer.campaign"].browse(campaign).entry_count
        numbers = len(set(record.problem_ids.mapped("row")))
    plain = bare(source, taken)
    forget(source, campaign)
    good = options.rows - bad
    table(
        f"Import of {options.rows:,} rows, {options.rubbish:.0%} rubbish",
        [
            COLUMNS,
            ("request", options.rows, f"{asked:.1f}", "", f"{asked_mb:.0f}"),
            (
                "job",
                options.rows,
                f"{seconds:.1f}",
                f"{options.rows / seconds:.0f}",
                f"{memory:.0f}",
            ),
            ("customers only", taken, f"{plain:.1f}", f"{taken / plain:.0f}", ""),
        ],
    )
    print(f"job / customers only: {seconds / plain:.2f}")
    print(f"taken {taken} of {good} good rows, reported {reported} of {bad} bad ones")
    whole = taken == entries == good and reported == numbers == bad
    print("no row lost, none twice" if whole else "ROWS WERE LOST OR TAKEN TWICE")
    return 0 if whole else 1


if __name__ == "__main__":
    raise SystemExit(run())
