"""Installed databases kept for copying, so that an unchanged addon installs once.

Three levels: Odoo with what the addon depends on, that with the addon, and that with
the glue addon and what it glues. Each is named after a hash of what went into it and
used only once it is marked complete.

click-odoo-contrib's `click-odoo-initdb` keeps one level only: an edited test would
install all of Odoo CRM anew, and each copy would make the web client's bundles. It has
no languages either, and takes an installation that logged errors for a good one.
"""

from __future__ import annotations

import ast
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from scripts import postgres
from scripts.console import Failure, say
from scripts.layout import (
    ADDON,
    ADDON_DIR,
    GLUE,
    GLUE_DIR,
    ODOO_ADDONS,
    STATE,
    addon_digest,
    digest,
    read_setup,
)
from scripts.odoo_process import Place

# The first one becomes everybody's, the source language therefore.
LANGUAGES = "en_US,pt_BR"


@contextmanager
def copy_of_installed(variables: dict[str, str], purpose: str, glue: bool = False):
    """Yield a new database without demo data in which the addon is installed.

    Portuguese (pt_BR) is loaded. The database is dropped at the end.

    :param variables: of `postgres.server`.
    :param purpose: see `postgres.named`; a database of that name is replaced.
    :param glue: install the glue addon and OCA's `queue_job` too.
    :raise Failure: when the installation fails or logs an error.
    """
    place = Place(postgres.named(purpose), variables)
    with (STATE / "templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place.create(_provide(variables, glue))
    try:
        yield place
    finally:
        place.drop()
        place.conf.unlink()


def _provide(variables: dict[str, str], glue: bool) -> str:
    """Return the name of a template, made from the one below it where it is missing."""
    levels = _levels()
    marks = postgres.databases(variables)
    _drop_stale(variables, marks, keep=levels)
    template = "template0"
    for name, words in list(levels.items())[: 3 if glue else 2]:
        place, below, template = Place(name, variables), template, name
        if not (marks.get(name) and place.filestore.exists()):
            say(f"      installing {words[1]}")
            place.create(below)
            place.install(*words, log="install")
            if words[1] == ADDON:
                make_bundles(place)
            postgres.mark(variables, name, "complete")
        place.conf.unlink()
    return template


def _levels() -> dict[str, list[str]]:
    """Return Odoo's words for each level, by the name of its template."""
    depends = ast.literal_eval((ADDON_DIR / "__manifest__.py").read_text())["depends"]
    release = Path(read_setup()["odoo"]) / "odoo" / "release.py"
    base = digest(str(release), str(release.stat().st_mtime_ns), LANGUAGES, *depends)
    addon = digest(base, addon_digest())
    glue = digest(addon, addon_digest(GLUE_DIR), ODOO_ADDONS.read_bytes())
    words = ["-i", ",".join(depends), "--load-language", LANGUAGES]
    return {
        postgres.named(f"template_base_{base}"): words,
        postgres.named(f"template_addon_{addon}"): ["-i", ADDON],
        postgres.named(f"template_glue_{glue}"): ["-i", GLUE],
    }


def make_bundles(place: Place) -> None:
    """Make the web client's bundles now; the first page would wait for them.

    An Odoo that cannot make them still serves all tests without a browser.
    """
    try:
        place.shell("env['ir.qweb']._pregenerate_assets_bundles()", log="bundles")
    except Failure as failure:
        say(f"      the web client's bundles could not be made: {failure}")


def _drop_stale(variables: dict[str, str], known, keep) -> None:
    """Drop templates of older files, and copies whose command is no more."""
    for name in known:
        ended = name.startswith(postgres.named("test_")) and not _alive(name)
        stale = name.startswith(postgres.named("template_")) and name not in keep
        if ended or stale:
            place = Place(name, variables)
            place.conf.unlink()
            try:
                place.drop()
            except psycopg2.Error:
                continue


def _alive(name: str) -> bool:
    pid = name.rsplit("_", 1)[1]
    return pid.isdigit() and os.path.exists(f"/proc/{pid}")
