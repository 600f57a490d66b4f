"""Installed databases kept for copying, so that an unchanged addon installs once.

Three levels: Odoo with what the addon depends on, that with the addon, and that with
the glue addon and what it glues. Each is named after a hash of what went into it and
used only once it is marked complete.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from scripts import postgres
from scripts.console import Failure, say
from scripts.layout import (
    ADDON,
    GLUE,
    GLUE_DIR,
    ODOO_ADDONS,
    POSTGRES,
    addon_digest,
    digest,
    read_setup,
)
from scripts.odoo_process import Place, addon_depends, filestores

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
    database = postgres.named(purpose)
    place = Place(database, variables)
    with (POSTGRES.parent / "templates.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = _provide_glue(variables) if glue else _provide(variables)
        postgres.drop(variables, database)
        postgres.create(variables, database, template)
    place.copy_filestore(template)
    try:
        yield place
    finally:
        postgres.drop(variables, database)
        place.forget_files()
        place.conf.unlink()


def _provide(variables: dict[str, str]) -> str:
    """Return the name of the addon's template, made when it is not there."""
    base_key = digest(_odoo_version(), LANGUAGES, *addon_depends())
    base = postgres.named(f"template_base_{base_key}")
    name = postgres.named(f"template_addon_{digest(base_key, addon_digest())}")
    complete = _complete(variables)
    if name in complete:
        return name
    _drop_stale(variables, "template_", keep=base)
    if base not in complete:
        words = ["-i", ",".join(addon_depends()), "--load-language", LANGUAGES]
        say("      installing Odoo and what the addon depends on (about a minute)")
        _make(variables, base, "template0", words)
    say("      installing the addon")
    _make(variables, name, base, ["-i", ADDON], then=make_bundles)
    return name


def _provide_glue(variables: dict[str, str]) -> str:
    """Return the name of the glue addon's template, made when it is not there."""
    origin = _provide(variables)
    key = digest(origin, addon_digest(GLUE_DIR), ODOO_ADDONS.read_bytes())
    name = postgres.named(f"template_glue_{key}")
    if name not in _complete(variables):
        _drop_stale(variables, "template_glue_")
        say(f"      installing {GLUE}")
        _make(variables, name, origin, ["-i", GLUE])
    return name


def _complete(variables: dict[str, str]) -> set[str]:
    """Return the names of the databases that are marked and have their files."""
    return {
        name
        for name, mark in postgres.databases(variables).items()
        if mark and (filestores(variables) / name).exists()
    }


def _odoo_version() -> str:
    """Tell one Odoo from another: its folder, and when its files were put there."""
    release = Path(read_setup()["odoo"]) / "odoo" / "release.py"
    return f"{release} {release.stat().st_mtime_ns}"


def _make(variables, name: str, origin: str, words: list[str], then=None) -> None:
    """Make a database from another, mark it when all is done.

    :param then: what to do with its place after the installation.
    """
    place = Place(name, variables)
    postgres.drop(variables, name)
    postgres.create(variables, name, origin)
    place.copy_filestore(origin)
    place.install(*words, log="install")
    if then:
        then(place)
    place.conf.unlink()
    postgres.mark(variables, name, "complete")


def make_bundles(place: Place) -> None:
    """Make the web client's bundles now; the first page would wait for them.

    An Odoo that cannot make them still serves all tests without a browser.
    """
    try:
        place.shell("env['ir.qweb']._pregenerate_assets_bundles()", log="bundles")
    except Failure as failure:
        say(f"      the web client's bundles could not be made: {failure}")


def _drop_stale(variables: dict[str, str], prefix: str, keep: str = "") -> None:
    """Drop templates of older files, and copies whose command is no more.

    :param prefix: of the templates that are older, all but the one to keep.
    """
    for name in postgres.databases(variables):
        ended = name.startswith(postgres.named("test_")) and not _alive(name)
        stale = name.startswith(postgres.named(prefix)) and name != keep
        if ended or stale:
            try:
                postgres.drop(variables, name)
            except psycopg2.Error:
                continue
            Place(name, variables).forget_files()


def _alive(name: str) -> bool:
    pid = name.rsplit("_", 1)[1]
    return pid.isdigit() and os.path.exists(f"/proc/{pid}")
