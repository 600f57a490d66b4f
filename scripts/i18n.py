"""Bring `i18n/` in line with the addon: the template, then the Portuguese texts.

The terms are exported from a database without demo data, whose records are not the
addon's words. What is translated stays, what is no longer said goes, and the files
hold no dates, so that they change only when a word does.
"""

from __future__ import annotations

import os
from pathlib import Path

import polib

from scripts import postgres
from scripts.console import call, main, say
from scripts.layout import ADDON, ADDON_DIR, ROOT
from scripts.odoo_process import Place
from scripts.templates import copy_of_installed

TEMPLATE = ADDON_DIR / "i18n" / f"{ADDON}.pot"
TRANSLATION = ADDON_DIR / "i18n" / "pt_BR.po"
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def run() -> int:
    """Write both files; return 1 when a term waits for its translation."""
    with postgres.server("test") as variables:
        with copy_of_installed(variables, f"test_{os.getpid()}") as place:
            export(place, TEMPLATE)
    waiting = update(TEMPLATE, TRANSLATION)
    for term in waiting:
        say(f"Not translated: {term}")
    return bool(waiting)


def export(place: Place, target: Path) -> None:
    """Write the terms of the installed addon, as Odoo exports them.

    :raise Failure: with the end of the log when Odoo cannot.
    """
    words = ["-c", place.conf, "-d", place.database, "-o", target, ADDON]
    command = place.odoo("i18n", "export", *map(str, words))
    advice = "Correct what the log says, then try again."
    call(command, log="i18n", advice=advice, env=place.variables, cwd=ROOT)


def update(template: Path, translation: Path) -> list[str]:
    """Take the dates out of a template and bring a translation in line with it.

    :return: the terms that have no translation, in the order of the template.
    """
    terms = polib.pofile(str(template))
    known = {entry.msgid: entry for entry in polib.pofile(str(translation))}
    for name in DATES:
        terms.metadata.pop(name, None)
    terms.save(newline="\n")
    terms.metadata["Language"] = "pt_BR"
    for entry in terms:
        old = known.get(entry.msgid)
        if old and not old.obsolete:
            entry.msgstr = old.msgstr
            entry.flags = old.flags
    terms.save(str(translation), newline="\n")
    return [entry.msgid for entry in terms if not entry.translated()]


if __name__ == "__main__":
    main(run)
