# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Nobody moves a record into another company, or writes what is the dialer's own.

The first class asks the registry, so that a model or a field made later is tested too.
"""

import base64
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tools.discuss import Store

from ..models.campaign import list_import as dialer_list_import
from .common import DialerCase

MODULE = "dialer_plinx_gate"
NOBODY = "no group"


def own_models(env):
    """The models of the addon: those it defines, not those it extends."""
    return [
        env[name]
        for name in sorted(env.registry)
        if env[name]._original_module == MODULE and not env[name]._abstract
    ]


def groups_with(env, model, *rights):
    """The groups that have one of these rights on a model; a missing one is all."""
    access = env["ir.model.access"].search([("model_id.model", "=", model._name)])
    return {
        line.group_id or NOBODY
        for line in access
        if any(line[f"perm_{right}"] for right in rights)
    }


def person_writes(env, model):
    """Whether any person may make or change records of a model."""
    return bool(groups_with(env, model, "write", "create"))


@tagged("post_install", "-at_install")
class TestModelsByIntrospection(DialerCase):
    def test_every_popup_belongs_to_who_opened_it(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        for model in own_models(self.env):
            if not model._transient:
                continue
            own = rules.filtered(lambda r, name=model._name: r.model_id.model == name)
            owner = own.filtered(
                lambda r: "'create_uid', '=', user.id" in r.domain_force
            )
            with self.subTest(model=model._name):
                self.assertTrue(owner, "no rule create_uid = user")
                self.assertTrue(
                    all(
                        owner[0][f"perm_{right}"]
                        for right in ("read", "write", "create", "unlink")
                    )
                )

    def test_every_model_of_a_company_that_people_write_is_guarded(self):
        guard = type(self.env["dialer.guard.mixin"])
        for model in own_models(self.env):
            if "company_id" not in model._fields or model._transient:
                continue
            if not person_writes(self.env, model) or not model._auto:
                continue
            with self.subTest(model=model._name):
                self.assertTrue(
                    isinstance(model, guard) or self.refuses_another_company(model)
                )

    def refuses_another_company(self, model):
        """Whether a model with a guard of its own keeps the company of a record."""
        record = self.env[model._name].search([], limit=1) or self.make_attendance()
        other = self.env["res.company"].create({"name": "Outra"})
        self.supervisor.company_ids += other
        try:
            record.with_user(self.supervisor).write({"company_id": other.id})
        except UserError:
            return True
        return False

    def make_attendance(self):
        return self.env["dialer.attendance"].create(
            {
                "partner_id": self.customers[0].id,
                "result_id": self.done.id,
                "company_id": self.company.id,
            }
        )

    def test_links_to_what_has_a_company_are_checked(self):
        for model in own_models(self.env):
            if not person_writes(self.env, model) or "company_id" not in model._fields:
                continue
            for name, field in model._fields.items():
                if (
                    not field.store
                    or field.readonly
                    or field.type not in ("many2one", "many2many")
                    or field.comodel_name == "res.company"
                ):
                    continue
                linked = self.env[field.comodel_name]._fields
                if "company_id" in linked or "company_ids" in linked:
                    with self.subTest(field=f"{model._name}.{name}"):
                        self.assertTrue(field.check_company)
                        self.assertTrue(model._check_company_auto)

    def test_no_related_field_shows_what_its_reader_may_not_read(self):
        for name in sorted(self.env.registry):
            model = self.env[name]
            for field in model._fields.values():
                if field.related and field._module == MODULE and not model._abstract:
                    with self.subTest(field=str(field)):
                        self.assertFalse(self.leaks(model, field))

    def leaks(self, model, field):
        """Whether a related field reads as superuser what is not for its readers."""
        if not field.compute_sudo:
            return False
        readers = groups_with(self.env, model, "read")
        for step in field.related.split("."):
            at = model._fields[step]
            if at.groups and not model._transient:
                return True
            if at.groups and at.groups != field.groups:
                return True
            if not readers <= self.with_implying(groups_with(self.env, model, "read")):
                return True
            model = self.env[at.comodel_name] if at.relational else model
        return False

    def with_implying(self, groups):
        """These groups, and those whose members are members of one of them too."""
        every = self.env["res.groups"].search([])
        if NOBODY in groups:
            return {NOBODY, *every}
        return {
            g
            for g in every
            if g in groups
            or g.all_implied_ids & every.browse([one.id for one in groups])
        }


class WallsCase(DialerCase):
    """Two companies; a supervisor of both, one of the second, an administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Outra", "country_id": cls.brazil.id}
        )
        both = [Command.set([cls.company.id, cls.other.id])]
        cls.both = cls.make_user("sup_both", "supervisor")
        cls.both.company_ids = both
        cls.foreign = new_test_user(
            cls.env,
            "sup_other",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )
        cls.admin = new_test_user(
            cls.env,
            "admin_both",
            groups="base.group_system,dialer_plinx_gate.group_dialer_supervisor",
            company_id=cls.company.id,
            company_ids=both,
        )
        cls.entry = cls.campaign.entry_ids[0]
        cls.elsewhere = cls.env["dialer.campaign"].create(
            {"name": "Outra", "company_id": cls.other.id}
        )

    def list_of(self, text="phone\n47 98877-0001\n", user=None, **values):
        values.setdefault("campaign_id", self.campaign.id)
        return (
            self.env["dialer.list.import"]
            .with_user(user or self.supervisor)
            .create({"file": base64.b64encode(text.encode()), **values})
        )

    def number(self, user=None):
        numbers = self.env["dialer.do.not.call"].with_user(user or self.supervisor)
        return numbers.create(
            {"number": "+5547988001000", "company_id": self.company.id}
        )


@tagged("post_install", "-at_install")
class TestCompanyStays(WallsCase):
    def records(self):
        yield self.campaign
        yield self.entry
        yield self.list_of()
        yield self.number()
        for name in ("dialer.result", "dialer.pause.reason"):
            yield self.env[name].create({"name": "Sua", "company_id": self.company.id})
            yield self.env[name].create({"name": "De todas"})

    def test_no_person_moves_a_record_to_another_company(self):
        for record in self.records():
            company = record.company_id
            for user in (self.both, self.admin):
                for target in (self.other.id, False):
                    if target == company.id:
                        continue
                    with self.subTest(record=record, user=user.login, target=target):
                        with self.assertRaises(UserError):
                            record.with_user(user).write({"company_id": target})
                        self.assertEqual(record.company_id, company)

    def test_no_link_that_decides_the_company_is_moved(self):
        stranger = self.env["res.partner"].create({"name": "Estranho"})
        mine = self.make_campaign(self.customers[:1], name="Segunda")
        for record, values in (
            (self.entry, {"campaign_id": self.elsewhere.id}),
            (self.entry, {"campaign_id": mine.id}),
            (self.entry, {"partner_id": stranger.id}),
            (self.entry, {"lead_id": self.env["crm.lead"].create({"name": "L"}).id}),
            (self.list_of(), {"campaign_id": self.elsewhere.id}),
            (self.list_of(), {"campaign_id": mine.id}),
        ):
            for user in (self.both, self.admin):
                with (
                    self.subTest(record=record, values=values),
                    self.assertRaises(AccessError),
                ):
                    record.with_user(user).write(values)

    def test_a_link_from_the_other_side_moves_nothing_either(self):
        record = self.list_of()
        with self.assertRaises(AccessError):
            self.elsewhere.with_user(self.both).write(
                {"import_ids": [Command.link(record.id)]}
            )
        self.assertEqual(record.campaign_id, self.campaign)

    def test_the_same_value_written_again_is_no_change(self):
        for record in self.records():
            if record.company_id:
                record.with_user(self.both).write({"company_id": record.company_id.id})

    def test_links_lead_into_the_own_company_only(self):
        theirs = self.env["res.partner"].create(
            {"name": "Deles", "company_id": self.other.id}
        )
        entries = self.env["dialer.queue.entry"]
        for user in (self.supervisor, self.both):
            with self.assertRaises(UserError):
                entries.with_user(user).create(
                    {"campaign_id": self.campaign.id, "partner_id": theirs.id}
                )
        with self.assertRaises(UserError):
            self.campaign.with_user(self.both).agent_ids = self.foreign
        with self.assertRaises(UserError):
            self.list_of(user=self.both, company_id=self.other.id)
        with self.assertRaises(UserError):
            self.entry.with_user(self.both).callback_user_id = self.foreign


@tagged("post_install", "-at_install")
class TestFieldsOfTheDialer(WallsCase):
    def guarded(self):
        """Each field of the dialer's own, with a value that it does not have."""
        values = {"integer": 7, "float": 7.0, "boolean": True, "char": "x", "text": "x"}
        values |= {"date": "2026-01-01", "datetime": "2026-01-01 00:00:00"}
        values |= {"json": ["x"]}
        for record in (self.campaign, self.entry, self.list_of(), self.number()):
            for name in sorted(record._dialer_fields() - record._fixed_fields()):
                field = record._fields[name]
                if field.type == "selection":
                    now = record[name]
                    codes = [code for code, _label in field.selection if code != now]
                    yield record, name, "refused" if "refused" in codes else codes[-1]
                elif field.type == "many2one":
                    yield (
                        record,
                        name,
                        self.env[field.comodel_name].search([], limit=1).id or 1,
                    )
                elif field.type == "one2many":
                    yield record, name, [Command.clear()]
                elif field.type == "boolean":
                    yield record, name, not record[name]
                else:
                    yield record, name, values[field.type]

    def test_a_supervisor_writes_none_of_them(self):
        tried = set()
        for record, name, value in self.guarded():
            if record._name == "dialer.queue.entry" and name == "state":
                continue
            tried.add((record._name, name))
            with self.subTest(field=name), self.assertRaises(AccessError):
                record.with_user(self.supervisor).write({name: value})
        for known in (
            ("dialer.campaign", "state"),
            ("dialer.campaign", "fill_position"),
            ("dialer.queue.entry", "attempts"),
            ("dialer.queue.entry", "phone"),
            ("dialer.queue.entry", "session_id"),
            ("dialer.list.import", "taken_count"),
            ("dialer.do.not.call", "in_effect"),
        ):
            self.assertIn(known, tried)

    def test_none_of_them_is_given_to_a_new_record(self):
        customer = self.make_customers(1, start=7000)
        bases = {
            "dialer.campaign": {"name": "Nova"},
            "dialer.queue.entry": {
                "campaign_id": self.campaign.id,
                "partner_id": customer.id,
            },
            "dialer.list.import": {"campaign_id": self.campaign.id},
            "dialer.do.not.call": {"number": "+5547988009999"},
        }
        for record, name, value in self.guarded():
            if value is False:
                continue
            base = bases[record._name]
            model = self.env[record._name].with_user(self.supervisor)
            with self.subTest(field=name), self.env.cr.savepoint() as point:
                with self.assertRaises(AccessError):
                    model.create({**base, name: value})
                by_context = model.with_context(**{f"default_{name}": value})
                made = by_context.create(dict(base))
                self.assertTrue(made._is_change(name, value), "taken")
                point.rollback()

    def test_a_number_is_not_said_to_be_in_effect(self):
        values = {
            "number": "+5547988009999",
            "date_from": fields.Date.add(fields.Date.today(), days=30),
        }
        numbers = self.env["dialer.do.not.call"].with_user(self.supervisor)
        with self.assertRaises(AccessError):
            numbers.create({**values, "in_effect": True})
        made = numbers.with_context(default_in_effect=True).create(values)
        self.assertFalse(made.in_effect)

    def test_a_default_of_the_user_is_no_way_round(self):
        self.env["ir.default"].with_user(self.supervisor).set(
            "dialer.campaign", "state", "running", user_id=True
        )
        made = (
            self.env["dialer.campaign"].with_user(self.supervisor).create({"name": "N"})
        )
        self.assertEqual(made.state, "draft")

    def test_odoos_importer_is_no_way_round(self):
        campaigns = self.env["dialer.campaign"].with_user(self.supervisor)
        result = campaigns.load(["name", "state"], [["Importada", "running"]])
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_what_a_supervisor_may_change_of_an_entry(self):
        entry = self.entry.with_user(self.supervisor)
        entry.write({"priority": 5, "next_call_at": self.later(days=1)})
        entry.write({"state": "cancelled"})
        entry.write({"state": "pending"})
        for state in ("reserved", "asking", "dialing", "done", "exhausted", "invalid"):
            with self.assertRaises(AccessError):
                entry.write({"state": state})
        session = self.start()
        session.next_contact()
        held = session.sudo().entry_id.with_user(self.supervisor)
        for state in ("pending", "cancelled"):
            with self.assertRaises(AccessError):
                held.write({"state": state})

    def test_the_actions_still_work_for_a_supervisor(self):
        campaign = (
            self.env["dialer.campaign"]
            .with_user(self.supervisor)
            .create(
                {"name": "Nova", "domain": repr([("id", "in", self.customers.ids)])}
            )
        )
        campaign.action_start()
        self.assertEqual((campaign.state, campaign.entry_count), ("running", 5))
        campaign.write({"min_gap_minutes": 5, "calendar_id": self.make_hours(9, 18).id})
        campaign.action_pause()
        campaign.action_close()
        self.assertEqual(campaign.state, "closed")
        copy = campaign.copy()
        self.assertEqual(copy.state, "draft")

    def test_a_supervisor_links_no_customer_they_may_not_read(self):
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[('ref', '!=', 'hidden')]",
            }
        )
        hidden = self.make_customers(1, start=7000)
        hidden.ref = "hidden"
        with self.assertRaises(AccessError):
            self.env["dialer.queue.entry"].with_user(self.supervisor).create(
                {"campaign_id": self.campaign.id, "partner_id": hidden.id}
            )


@tagged("post_install", "-at_install")
class TestSharedByAll(WallsCase):
    def test_a_supervisor_changes_nothing_that_all_companies_use(self):
        for name in ("dialer.result", "dialer.pause.reason"):
            shared = self.env[name].create({"name": "De todas"})
            for user in (self.supervisor, self.both):
                record = shared.with_user(user)
                for values in (
                    {"name": "Outro"},
                    {"sequence": 1},
                    {"active": False},
                    {"company_id": self.company.id},
                ):
                    with self.subTest(values=values), self.assertRaises(AccessError):
                        record.write(values)
                with self.assertRaises(AccessError):
                    record.unlink()
                with self.assertRaises(AccessError):
                    record.action_archive()
                with self.assertRaises(AccessError):
                    self.env[name].with_user(user).create(
                        {"name": "De todas", "company_id": False}
                    )

    def test_a_supervisor_translates_nothing_that_all_companies_use(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        retry = self.retry.with_user(self.supervisor)
        with self.assertRaisesRegex(AccessError, "every company"):
            retry.update_field_translations("name", {"pt_BR": "Vendido"})
        with self.assertRaises(AccessError):
            retry.with_context(lang="pt_BR").name = "Vendido"

    def test_a_supervisor_makes_and_changes_those_of_the_own_company(self):
        for name in ("dialer.result", "dialer.pause.reason"):
            record = self.env[name].with_user(self.supervisor).create({"name": "Sua"})
            self.assertEqual(record.company_id, self.company)
            record.write({"name": "Ainda sua", "active": False})
            with self.assertRaises(AccessError):
                record.with_user(self.foreign).write({"name": "Deles"})
            record.unlink()

    def test_an_administrator_changes_those_of_all(self):
        for name in ("dialer.result", "dialer.pause.reason"):
            record = self.env[name].with_user(self.admin).create({"name": "De todas"})
            self.assertFalse(record.company_id)
            record.write({"name": "De todas as empresas", "active": False})
            record.unlink()


@tagged("post_install", "-at_install")
class TestPopups(WallsCase):
    def test_a_popup_is_seen_and_changed_by_who_opened_it_only(self):
        session = self.start()
        session.next_contact()
        entry = session.sudo().entry_id
        popups = [
            self.env["dialer.call.result"]
            .with_user(self.ana)
            .create(
                {
                    "session_id": session.id,
                    "entry_id": entry.id,
                    "result_id": self.done.id,
                }
            ),
            self.env["dialer.campaign.recycle"]
            .with_user(self.supervisor)
            .create({"campaign_id": self.campaign.id}),
        ]
        action = entry.with_user(self.supervisor).action_why_not()
        why = self.env["dialer.why.not"].with_user(self.supervisor)
        popups.append(why.browse(action["res_id"]))
        popups.append(popups[-1].line_ids)
        for popup in popups:
            self.assertTrue(popup.read(["create_uid"]))
            for user in (self.bruno, self.both, self.admin):
                with self.subTest(popup=popup, user=user.login):
                    self.assertFalse(
                        self.env[popup._name]
                        .with_user(user)
                        .search([("id", "in", popup.ids)])
                        if user != self.bruno
                        or popup._name != "dialer.campaign.recycle"
                        else False
                    )
                    with self.assertRaises(AccessError):
                        popup.with_user(user).read(["create_uid"])

    def test_nobody_makes_a_reason_up(self):
        for name in ("dialer.why.not", "dialer.why.not.line"):
            with self.assertRaises(AccessError):
                self.env[name].with_user(self.supervisor).create({})

    def test_customers_of_another_company_are_neither_counted_nor_shown(self):
        self.campaign.entry_ids.state = "exhausted"
        recycles = self.env["dialer.campaign.recycle"].with_user(self.foreign)
        with self.assertRaises(UserError):
            recycles.create({"campaign_id": self.campaign.id}).count  # noqa: B018
        answer = recycles.onchange(
            {"campaign_id": self.campaign.id},
            ["campaign_id"],
            {"count": {}, "sample_ids": {"fields": {"display_name": {}}}},
        )["value"]
        self.assertFalse(answer.get("count") or answer.get("sample_ids"))


@tagged("post_install", "-at_install")
class TestSettingsSecrets(WallsCase):
    def test_a_supervisor_reaches_the_address_by_no_way(self):
        pages = self.env["dialer.settings"].with_user(self.supervisor)
        secret = self.sandbox.url
        for look in (
            lambda: pages.formatted_read_group([], ["plinx_url"], ["__count"]),
            lambda: pages.search([("plinx_url", "like", "http")]),
            lambda: pages.search([], order="plinx_url"),
            lambda: pages.search([]).read(["plinx_url"]),
            lambda: pages.search([]).export_data(["plinx_url"]),
            lambda: pages.search([]).mapped("plinx_url"),
            lambda: pages.search([("company_id.plinx_url", "like", "http")]),
        ):
            with self.assertRaises(UserError):
                look()
        self.assertNotIn(secret, repr(pages.search_read([])))

    def test_a_change_of_the_address_is_tracked_for_administrators_only(self):
        page = self.env["dialer.settings"]._ensure_for(self.company)
        self.env.cr.flush()
        self.company.with_user(self.admin).plinx_url = "https://plinx.example.com"
        self.env.cr.flush()
        shown = repr(self.shown(page, self.supervisor))
        self.assertNotIn("plinx.example.com", shown)
        self.assertIn("plinx.example.com", repr(self.shown(page, self.admin)))

    def shown(self, page, user):
        """What the chatter of a page sends to a user."""
        store = Store()
        messages = page.with_user(user).message_ids
        store.add(messages)
        return store.get_result()


@tagged("post_install", "-at_install")
class TestListsActForAPerson(WallsCase):
    def setUp(self):
        super().setUp()
        at_once = patch.object(dialer_list_import, "IMPORT_AT_ONCE", 1)
        at_once.start()
        self.addCleanup(at_once.stop)
        self.cron = self.env.ref("dialer_plinx_gate.ir_cron_import")

    def long(self, first, user=None, **values):
        rows = [f"Cliente {n};47 9887{n:05}" for n in range(first, first + 3)]
        record = self.list_of("\n".join(["name;phone", *rows, ""]), user, **values)
        record.action_import()
        self.assertEqual(record.state, "running")
        return record

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def test_the_job_acts_for_who_had_the_list_imported(self):
        record = self.long(100)
        self.assertEqual(record.started_by_id, self.supervisor)
        self.run_cron()
        self.assertEqual((record.state, record.taken_count), ("done", 3))
        made = self.campaign.entry_ids.filtered("imported").partner_id
        self.assertEqual(made.create_uid, self.supervisor)
        self.assertEqual(made.company_id, self.company)

    def test_the_job_stops_for_who_may_no_longer(self):
        group = self.env.ref("dialer_plinx_gate.group_dialer_supervisor")

        def archive(user):
            user.active = False

        def demote(user):
            user.group_ids -= group

        def move(user):
            user.company_ids += self.other
            user.company_id = self.other
            user.company_ids -= self.company

        for number, lose in enumerate((archive, demote, move)):
            user = self.make_user(f"sup_lost_{number}", "supervisor")
            record = self.long(200 + 10 * number, user)
            lose(user)
            self.run_cron()
            record = record.sudo()
            with self.subTest(lose=lose.__name__):
                self.assertEqual((record.state, record.taken_count), ("refused", 0))
                self.assertIn("no supervisor", record.problem_ids.message)

    def test_the_fault_of_the_first_of_three_lists_is_its_own(self):
        first, *others = (self.long(start) for start in (300, 310, 320))
        original = type(first)._create_customers

        def fail(record, rows):
            if record.id == first.id:
                raise RuntimeError("unexpected")
            return original(record, rows)

        with (
            patch.object(type(first), "_create_customers", fail),
            self.assertLogs(
                "odoo.addons.dialer_plinx_gate.models.campaign.list_import"
            ),
        ):
            self.run_cron()
        self.assertEqual((first.state, first.taken_count), ("refused", 0))
        self.assertIn("unexpected", first.problem_ids.message)
        for record in others:
            self.assertEqual((record.state, record.taken_count), ("done", 3))

    def test_rows_that_cannot_be_stored_are_refused_one_by_one(self):
        record = self.list_of(
            "name;phone\n"
            "Ana\0;47 98877-0001\n"
            f"{'x' * 5000};47 98877-0002\n"
            "Zé;47 98877-0003\n"
        )
        record.action_import()
        self.run_cron()
        self.assertEqual((record.state, record.taken_count), ("done", 1))
        first, second = record.problem_ids
        self.assertIn("cannot be stored", first.message)
        self.assertIn("Ana", first.text)
        self.assertIn("more than", second.message)

    def test_a_queue_that_is_being_filled_says_so(self):
        record = self.list_of()
        locked = patch.object(
            type(self.campaign), "lock_for_update", side_effect=LockError("Locked")
        )
        with locked, self.assertRaisesRegex(UserError, "Try again shortly"):
            record.action_import()

    def test_a_list_that_begun_is_not_changed(self):
        record = self.long(400)
        for values in ({"file": False}, {"kind": "do_not_call"}, {"on_error": "stop"}):
            with self.assertRaises(AccessError):
                record.write(values)

    def test_numbers_of_the_first_of_three_companies_fail_alone(self):
        companies = self.company + self.other
        companies += self.env["res.company"].create(
            {"name": "Terceira", "country_id": self.brazil.id}
        )
        numbers = self.env["dialer.do.not.call"].create(
            [
                {
                    "company_id": company.id,
                    "number": "+5547988001000",
                    "date_from": fields.Date.add(fields.Date.today(), days=9),
                }
                for company in companies
            ]
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE dialer_do_not_call SET date_from = '2020-01-01'")
        numbers.invalidate_recordset()
        entries = type(self.env["dialer.queue.entry"])
        original = entries._withdraw_numbers

        def fail(record, listed, companies=None):
            if companies == self.company:
                raise RuntimeError("unexpected")
            return original(record, listed, companies=companies)

        cron = self.env.ref("dialer_plinx_gate.ir_cron_do_not_call")
        with (
            patch.object(entries, "_withdraw_numbers", fail),
            self.assertLogs("odoo.addons.dialer_plinx_gate.models.queue.do_not_call"),
            self.enter_registry_test_mode(),
        ):
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(numbers.mapped("in_effect"), [False, True, True])

    def test_no_number_is_a_sentence_whatever_was_typed(self):
        numbers = self.env["dialer.do.not.call"].with_user(self.supervisor)
        for wrong in (None, False, 5, [], {}, "banana", "9" * 5_000_000, "\0"):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(ValidationError) as refused,
            ):
                numbers.create({"number": wrong})
            self.assertLess(len(str(refused.exception)), 200)
