"""Build the addon's README.rst from the fragments in its folder `readme/`.

    python -m scripts.readme [--check]

With `--check` nothing is written; code 1 tells that the file is not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.console import main, say
from scripts.layout import ADDON_DIR, ROOT

FRAGMENTS = ADDON_DIR / "readme"
README = ADDON_DIR / "README.rst"
TITLE = "Dialer with WhatsApp Gate (Plinx)"
NOTE = ".. Made from the fragments in readme/ by `make readme`; edit those.\n"
SECTIONS = {
    "DESCRIPTION": None,
    "CONTEXT": "Why",
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known limits",
    "HISTORY": "Changes",
    "CONTRIBUTORS": "Contributors",
}
LICENCE = "Licence\n=======\n\nLGPL-3.0 or later.\n"


def readme() -> str:
    """Return the text that README.rst should have."""
    bar = "=" * len(TITLE)
    parts = [NOTE, f"{bar}\n{TITLE}\n{bar}\n"]
    for name, heading in SECTIONS.items():
        if heading:
            parts.append(f"{heading}\n{'=' * len(heading)}\n")
        text = (FRAGMENTS / f"{name}.rst").read_text()
        # fragments name pictures as the web client does; on disk they are beside
        parts.append(text.replace(f"/{ADDON_DIR.name}/static/", "static/"))
    return "\n".join([*parts, LICENCE])


def is_current(path: Path = README) -> bool:
    """Tell whether the file says what the fragments say."""
    return path.exists() and path.read_text() == readme()


def run() -> int:
    """Write the file, or with `--check` compare it."""
    if "--check" not in sys.argv[1:]:
        README.write_text(readme())
        say(f"Written: {README.relative_to(ROOT)}")
    elif not is_current():
        say("The fragments have changed: call `make readme`.")
        return 1
    return 0


if __name__ == "__main__":
    main(run)
