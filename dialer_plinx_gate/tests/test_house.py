# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules of the house, read from the source: one definition a method, rooms whose
arrows go down only, one door to the gate, and a page that says so."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from odoo.tests import BaseCase, tagged

ADDON = Path(__file__).resolve().parent.parent
MODELS = ADDON / "models"
ABSOLUTE = ["odoo", "addons", ADDON.name]
# What every class of a model may say of itself.
CLASS = {"_name", "_inherit", "_check_company_auto"}
# From the top down: a room's Python imports from itself and from lower floors.
FLOORS = (
    {"report"},
    {"campaign"},
    {"session"},
    {"call"},
    {"queue"},
    {"company", "customer"},
    {"gate"},
    {"live"},
    {"guard"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# These rooms know of a conversation only what the gate tells them.
BEFORE_THE_GATE = ("campaign", "queue", "session", "call")
MODELS_BEHIND_THE_GATE = (
    "plinx.connection",
    "plinx.conversation",
    "plinx.webhook.event",
    "dialer.gate.event",
)


def sources():
    """The addon's Python files besides its tests and migrations, parsed.

    :rtype: list[tuple[Path, ast.Module]]
    """
    return [
        (path, ast.parse(path.read_text(), str(path)))
        for path in sorted(ADDON.rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(ADDON).parts)
    ]


def literal(body, name):
    """The value that a class body gives to a name, None where it gives none."""
    for statement in body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name
            for target in statement.targets
        ):
            try:
                return ast.literal_eval(statement.value)
            except ValueError:
                return None
    return None


def model_of(node):
    """The model that a class makes or extends, None for a plain class."""
    inherit = literal(node.body, "_inherit")
    if isinstance(inherit, (list, tuple)) and len(inherit) == 1:
        inherit = inherit[0]
    return literal(node.body, "_name") or (
        inherit if isinstance(inherit, str) else None
    )


def definitions(kinds):
    """What the classes of models define, by model and name, with the places.

    :param tuple kinds: classes of syntax nodes, methods or assignments
    :rtype: dict[tuple[str, str], list[str]]
    """
    found = defaultdict(list)
    for path, node in classes():
        for part in node.body:
            if not isinstance(part, kinds):
                continue
            named = getattr(part, "targets", [part])
            for name in (getattr(one, "id", getattr(one, "name", "")) for one in named):
                found[model_of(node), name].append(f"{path}:{part.lineno}")
    return found


def twice(found):
    """Those that are defined more than once."""
    return {key: places for key, places in found.items() if len(places) > 1}


def classes():
    """Every class of a model, with the file that it is in."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and model_of(node):
                yield path.relative_to(ADDON), node


def room_of(path):
    """The room of a file of models, None for what stands outside the rooms."""
    parts = path.relative_to(MODELS).parts
    return parts[0] if len(parts) > 1 else path.stem if path.stem in FLOOR else None


def imports(path, tree):
    """What a file imports of the addon, relatively or not, as names from there on."""
    package = path.relative_to(ADDON).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            origin = package[: len(package) - node.level + 1]
            module = [*origin, *filter(None, (node.module or "").split("."))]
            names = [[*module, alias.name] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [[*node.module.split("."), alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        else:
            continue
        for name in names:
            if getattr(node, "level", 0):
                yield node.lineno, name
            elif name[: len(ABSOLUTE)] == ABSOLUTE:
                yield node.lineno, name[len(ABSOLUTE) :]


@tagged("post_install", "-at_install")
class TestHouse(BaseCase):
    def test_every_method_of_a_model_has_one_definition(self):
        found = definitions((ast.FunctionDef, ast.AsyncFunctionDef))
        self.assertGreater(len(found), 300, "the walk finds the addon's methods")
        self.assertFalse(twice(found))

    def test_every_field_of_a_model_has_one_definition(self):
        found = definitions((ast.Assign,))
        self.assertGreater(len(found), 200, "the walk finds the addon's fields")
        # a class names itself and what it inherits, each time
        fields = {key: where for key, where in found.items() if key[1] not in CLASS}
        self.assertFalse(twice(fields))

    def test_an_extension_names_the_model_it_inherits_and_no_other(self):
        both = [
            f"{path}:{node.lineno}"
            for path, node in classes()
            if literal(node.body, "_name")
            # with a mixin of ours beside it, Odoo wants both
            and literal(node.body, "_inherit")
            in (literal(node.body, "_name"), [literal(node.body, "_name")])
        ]
        self.assertFalse(both)

    def test_rooms_import_from_lower_floors_only(self):
        upwards = []
        for path, tree in sources():
            if MODELS not in path.parents or room_of(path) is None:
                continue
            for line, name in imports(path, tree):
                if name[:1] != ["models"] or len(name) < 2:
                    continue
                own, other = room_of(path), name[1]
                # what is in no room is below nobody
                if own != other and FLOOR[own] >= FLOOR.get(other, -1):
                    upwards.append(f"{path.relative_to(ADDON)}:{line} {name}")
        self.assertFalse(upwards)

    def test_every_file_of_models_is_in_a_room(self):
        flat = {path.stem for path in MODELS.glob("*.py")} - {"__init__"}
        rooms = {
            path.name for path in MODELS.iterdir() if (path / "__init__.py").exists()
        }
        self.assertFalse((flat | rooms) - set(FLOOR))

    def test_rooms_before_the_gate_know_of_plinx_only_its_phone_numbers(self):
        beyond = []
        for path, tree in sources():
            if MODELS in path.parents and room_of(path) in BEFORE_THE_GATE:
                for line, name in imports(path, tree):
                    if name[0] == "plinx" and name[1:2] != ["phone"]:
                        beyond.append(f"{path.relative_to(ADDON)}:{line} {name}")
        self.assertFalse(beyond)

    def test_rooms_before_the_gate_reach_it_by_its_one_door(self):
        beyond = []
        for path, tree in sources():
            if MODELS not in path.parents or room_of(path) not in BEFORE_THE_GATE:
                continue
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Subscript)
                    and isinstance(node.slice, ast.Constant)
                    and node.slice.value in MODELS_BEHIND_THE_GATE
                ):
                    where = f"{path.relative_to(ADDON)}:{node.lineno}"
                    beyond.append(f"{where} {node.slice.value}")
        self.assertFalse(beyond)

    def test_the_page_on_the_architecture_names_what_is_there(self):
        page = (ADDON.parent / "docs/architecture.md").read_text()
        missing = []
        for file, name in re.findall(r"`([\w/]+\.py): (\w+)`", page):
            found = [top / file for top in (MODELS, ADDON) if (top / file).exists()]
            if not found or f"def {name}(" not in found[0].read_text():
                missing.append(f"{file}: {name}")
        methods = definitions((ast.FunctionDef,))
        examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        self.assertEqual(len(examples), 4)
        for node in ast.walk(ast.parse("\n".join(examples))):
            for part in node.body if isinstance(node, ast.ClassDef) else ():
                key = model_of(node), getattr(part, "name", None)
                if isinstance(part, ast.FunctionDef) and key not in methods:
                    missing.append(" ".join(key))
        self.assertFalse(missing)
