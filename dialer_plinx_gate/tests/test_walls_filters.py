# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a person types as a filter shows, counts and fills what that person may see."""

import json
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.campaign import fill as dialer_campaign_fill
from ..models.campaign import preview as dialer_campaign_preview
from ..models.campaign import typed_domain
from .common import TOKEN
from .test_campaign_fill import FillCase

SPEC = {
    "match_count": {},
    "match_no_phone": {},
    "match_do_not_call": {},
    "match_elsewhere": {},
    "match_sample": {},
    "match_error": {},
}
# Of these, each record is readable or not by a decision in Python.
ONE_BY_ONE = {"mail.message", "mail.activity", "ir.attachment"}
UNTYPED = {"binary", "properties", "properties_definition", "json"}


class WallCase(FillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create(
            {"name": "Malharia Vizinha", "country_id": cls.brazil.id}
        )
        cls.second = cls.make_user("sup_second", "supervisor")

    def preview(self, user=None, **values):
        """What the form answers, before anything is saved, to the web client."""
        values = {
            "name": "Tentativa",
            "company_id": self.company.id,
            "target": "partner",
            "state": "draft",
            "customer_status": "any",
            "date_filter": "create_date",
            **values,
        }
        campaigns = self.env["dialer.campaign"].with_user(user or self.supervisor)
        spec = SPEC | dict.fromkeys(values, {})
        answer = campaigns.onchange(values, list(values), spec)["value"]
        return dict.fromkeys(SPEC, False) | answer

    def assert_nothing_shown(self, answer):
        self.assertTrue(answer["match_error"], answer)
        for name in SPEC.keys() - {"match_error"}:
            self.assertFalse(answer[name], name)

    def save_behind_the_back(self, campaign, domain):
        """Put a domain into the database that no check has seen."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dialer_campaign SET domain = %s WHERE id = %s",
            [repr(domain), campaign.id],
        )
        campaign.invalidate_recordset()


class Paths:
    """The paths of a model over two relations at most, for one user.

    ``hidden`` holds those whose last step the user may not read, and one step beyond;
    ``usable`` those that PostgreSQL can look up. Each field of each model is in either
    once.
    """

    def __init__(self, env, name, depth=2):
        self.env = env
        self.hidden = {}
        self.usable = {}
        self.walk(env[name], (), True, depth)

    def walk(self, model, path, searchable, depth):
        """Collect the paths from here."""
        behind = []
        for name, field in model._fields.items():
            here = ".".join((*path, name))
            found = searchable and bool(field.store or field.search)
            if not self.is_open(model, field):
                self.hidden.setdefault((model._name, name), here)
                if field.relational:
                    self.hidden.setdefault((model._name, name, "id"), f"{here}.id")
                continue
            if found and field.store and field.type not in UNTYPED:
                self.usable.setdefault((model._name, name), here)
            if field.relational and depth:
                behind.append((field, (*path, name), found))
        for field, names, found in behind:
            self.walk(self.env[field.comodel_name], names, found, depth - 1)

    def is_open(self, model, field):
        """Whether nothing of this field is hidden from the user."""
        if self.is_hidden(field):
            return False
        if field.relational and not (
            self.env["ir.model.access"].check(field.comodel_name, "read", False)
            and field.comodel_name not in ONE_BY_ONE
        ):
            return False
        for name in field.related.split(".") if field.related else ():
            step = model._fields[name]
            if self.is_hidden(step):
                return False
            model = self.env[step.comodel_name] if step.comodel_name else model
        return True

    def is_hidden(self, field):
        groups = field.groups
        return bool(groups) and (groups == "." or not self.env.user.has_groups(groups))


@tagged("post_install", "-at_install")
class TestPaths(WallCase):
    def paths(self, name):
        return Paths(self.env(user=self.supervisor), name)

    def test_no_path_to_what_is_hidden_is_counted_saved_or_filled(self):
        for target, name in (("partner", "res.partner"), ("lead", "crm.lead")):
            campaign = self.new(target=target)
            hidden = self.paths(name).hidden.values()
            self.assertGreater(len(hidden), 50)
            for path in hidden:
                domain = [(path, "!=", False)]
                with self.subTest(path):
                    answer = self.preview(target=target, domain=repr(domain))
                    self.assert_nothing_shown(answer)
                    with self.assertRaises(UserError), self.env.cr.savepoint():
                        campaign.domain = repr(domain)
                    self.save_behind_the_back(campaign, domain)
                    with self.assertRaises(UserError):
                        campaign._customer_query()

    def test_paths_to_what_the_person_may_read_work(self):
        for target, name in (("partner", "res.partner"), ("lead", "crm.lead")):
            campaign = self.new(target=target)
            usable = sorted(self.paths(name).usable.values())
            self.assertGreater(len(usable), 200)
            for start in range(0, len(usable), 50):
                some = [(path, "!=", False) for path in usable[start : start + 50]]
                with self.subTest(some):
                    self.save_behind_the_back(campaign, ["|"] * (len(some) - 1) + some)
                    campaign._plan(self.supervisor)

    def test_every_way_to_write_a_hidden_path_is_refused(self):
        token = ("plinx_token_value", "=like", "t%")
        for domain in (
            [("company_id.plinx_token_value", "=like", "t%")],
            [("company_id", "any", [token])],
            [("company_id", "not any", [token])],
            ["!", ("company_id", "any", [token])],
            ["|", ("id", "=", 0), ("company_id", "any", ["&", token, token])],
            [("id", "any", [("company_id", "any", [token])])],
            [("company_id", "ANY!", [token])],
            [("company_id", "any!", [token])],
            [("company_id", "Not Any!", [token])],
            [("create_uid.company_ids.plinx_token_value", "=like", "t%")],
            [("user_ids.partner_id.company_id.plinx_token_value", "=like", "t%")],
            [("commercial_partner_id.company_id", "any", [token])],
            [("parent_id", "any", [("company_id.plinx_token_value", "ilike", "t")])],
            [("message_ids.body", "ilike", "a")],
            [("message_ids", "any", [("body", "ilike", "a")])],
            [("message_ids", "ilike", "a")],
            [("message_ids", "!=", False)],
            [("activity_ids.note", "ilike", "a")],
            [("user_ids.password", "=like", "$%")],
            [("user_ids.totp_secret", "!=", False)],
            [("create_uid.log_ids.create_date", "!=", False)],
        ):
            with self.subTest(domain=domain):
                self.assert_nothing_shown(self.preview(domain=repr(domain)))
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self.new(domain=repr(domain))

    def test_the_answer_does_not_depend_on_the_token(self):
        self.assertTrue(TOKEN.startswith("t"))
        answers = [
            self.preview(
                domain=repr([("company_id.plinx_token_value", "=like", pattern)])
            )
            for pattern in ("t%", "x%")
        ]
        self.assertEqual(*answers)
        self.assert_nothing_shown(answers[0])
        self.assertNotIn(TOKEN, json.dumps(answers))

    def test_loaded_and_copied_campaigns_are_looked_at_as_well(self):
        secret = repr([("company_id.plinx_token_value", "=like", "t%")])
        campaigns = self.env["dialer.campaign"].with_user(self.supervisor)
        with mute_logger("odoo.addons.base.models.ir_model"):
            loaded = campaigns.load(
                ["name", "company_id/.id", "domain"],
                [["Lista", str(self.company.id), secret]],
            )
        self.assertFalse(loaded["ids"])
        self.assertIn("may not filter", json.dumps(loaded["messages"]))
        made = self.env["dialer.campaign"].create(
            {"name": "Do sistema", "company_id": self.company.id, "domain": secret}
        )
        with self.assertRaisesRegex(UserError, "may not filter"):
            made.with_user(self.supervisor).copy()

    def test_what_lies_behind_an_open_relation_obeys_the_rules_of_the_person(self):
        theirs = self.env["res.partner"].create(
            {"name": "Segredo SA", "company_id": self.other_company.id}
        )
        user = self.make_user("vendedor", "agent")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET parent_id = %s WHERE id = ANY(%s)",
            [theirs.id, [user.partner_id.id, self.many[0].id]],
        )
        self.env.invalidate_all()
        self.many[1].parent_id = self.many[2]
        self.many[1].user_id = user
        for domain in (
            [("parent_id.name", "=like", "Segredo%")],
            [("parent_id", "ilike", "Segredo")],
            [("user_id.parent_id.name", "=like", "Segredo%")],
            [("user_id.parent_id", "ilike", "Segredo")],
            [("user_id.partner_id.parent_id", "any", [("name", "ilike", "Segredo")])],
            [("user_id.parent_id", "child_of", "Segredo")],
        ):
            with self.subTest(domain=domain):
                self.assertFalse(self.preview(domain=repr(domain))["match_count"])
        found = self.preview(domain=repr([("parent_id.name", "=", "Muitos 002")]))
        self.assertEqual(found["match_count"], 1)
        found = self.preview(domain=repr([("user_id.name", "ilike", "vendedor")]))
        self.assertEqual(found["match_count"], 1)

    def test_negations_and_lists_on_relations_mean_what_they_mean_in_odoo(self):
        tags = self.env["res.partner.category"].create(
            [{"name": "Um"}, {"name": "Dois", "active": False}]
        )
        self.many[0].category_id = tags[0]
        self.many[1].category_id = tags[1]
        self.many[2].user_id = self.ana
        here = ("id", "in", self.many.ids)
        for condition in (
            ("category_id", "in", tags.ids),
            ("category_id", "in", [tags[1].id, False]),
            ("category_id", "not in", [tags[1].id, False]),
            ("category_id", "!=", tags[0].id),
            ("category_id", "=", False),
            ("category_id", "not ilike", "Um"),
            ("category_id", "child_of", tags[0].id),
            ("category_id.name", "!=", "Um"),
            ("category_id", "not any", [("name", "=", "Um")]),
            ("user_id.name", "not ilike", self.ana.name),
            ("user_id", "=", self.ana.name),
            ("user_id.country_id", "=", "Brazil"),
            ("user_id.country_id", "not in", ["Brazil", False]),
            ("user_id.category_id", "not in", tags.ids),
            ("user_id.parent_id", "parent_of", self.many[3].id),
            ("create_date.month_number", ">", 0),
            ("id", "not any", [("id", "=", self.many[0].id)]),
            ("company_id.name", "=like", "Tecelagem%"),
        ):
            with self.subTest(condition=condition):
                expected = self.env["res.partner"].search([here, condition])
                found = self.matching(domain=repr([here, condition]))
                self.assertEqual(found, expected.sorted("id"))


@tagged("post_install", "-at_install")
class TestCompanies(WallCase):
    def test_the_form_shows_nobody_of_another_company(self):
        self.env["res.partner"].create(
            {
                "name": "Cliente Vizinho",
                "phone": "+55 47 98800-9999",
                "company_id": self.other_company.id,
            }
        )
        self.assert_nothing_shown(self.preview(company_id=self.other_company.id))
        self.assert_nothing_shown(self.preview(company_id=False))
        self.supervisor.company_ids += self.other_company
        answer = self.preview(company_id=self.other_company.id, domain="[]")
        self.assertIn("Cliente Vizinho", answer["match_sample"])

    def test_teams_and_calendars_of_another_company_count_nobody(self):
        team = self.env["crm.team"].create(
            {"name": "Equipe vizinha", "company_id": self.other_company.id}
        )
        calendar = self.env["resource.calendar"].create(
            {"name": "Horas vizinhas", "company_id": self.other_company.id}
        )
        for values in (
            {"team_ids": [Command.link(team.id)]},
            {"calendar_id": calendar.id},
            {"stage_ids": [Command.link(2**30)]},
            {"agent_ids": [Command.link(self.env.ref("base.user_admin").id)]},
        ):
            with self.subTest(values):
                answer = self.preview(**values)
                self.assert_nothing_shown(answer)
                self.assertNotIn("vizinha", json.dumps(answer))
        with self.assertRaises(UserError):
            self.new(team_ids=team.ids)

    def test_customers_whom_another_company_calls_are_not_counted_here(self):
        self.many.write({"company_id": False, "city": "Gaspar"})
        theirs = self.env["dialer.campaign"].create(
            {
                "name": "Vizinha",
                "company_id": self.other_company.id,
                "domain": repr([("id", "in", self.many.ids)]),
            }
        )
        theirs.action_start()
        self.assertEqual(len(theirs.entry_ids), 12)
        answer = self.preview(domain=repr([("city", "=", "Gaspar")]))
        self.assertEqual((answer["match_count"], answer["match_elsewhere"]), (12, 0))

    def test_exhausted_customers_of_another_company_are_neither_shown_nor_moved(self):
        theirs = self.env["dialer.campaign"].create(
            {"name": "Vizinha", "company_id": self.other_company.id}
        )
        partner = self.env["res.partner"].create({"name": "Cliente Vizinho"})
        entry = self.env["dialer.queue.entry"].create(
            {
                "campaign_id": theirs.id,
                "partner_id": partner.id,
                "state": "exhausted",
            }
        )
        wizard = self.env["dialer.campaign.recycle"].with_user(self.supervisor)
        spec = {
            "campaign_id": {"fields": {"display_name": {}}},
            "company_id": {"fields": {"display_name": {}}},
            "count": {},
            "sample_ids": {"fields": {"customer_name": {}, "phone": {}}},
        }
        for values, names, context in (
            ({"campaign_id": theirs.id}, ["campaign_id"], {}),
            ({}, [], {"default_campaign_id": theirs.id}),
        ):
            answer = wizard.with_context(**context).onchange(values, names, spec)
            self.assertFalse(answer["value"].get("count"))
            self.assertFalse(answer["value"].get("sample_ids"))
            self.assertNotIn("izinh", json.dumps(answer))
        with self.assertRaises(AccessError):
            wizard.create({"campaign_id": theirs.id}).action_recycle()
        self.assertEqual(entry.state, "exhausted")

    def test_why_not_names_no_agent_of_another_company(self):
        self.many[0].company_id = False
        campaign = self.new(domain=repr([("id", "=", self.many[0].id)]))
        campaign.action_start()
        theirs = self.env["dialer.campaign"].create(
            {"name": "Vizinha", "company_id": self.other_company.id}
        )
        self.env["dialer.queue.entry"].create(
            {
                "campaign_id": theirs.id,
                "partner_id": self.many[0].id,
                "state": "reserved",
                "agent_id": self.bruno.id,
            }
        )
        reasons = self.entry_of(self.many[0], campaign)._why_not()
        self.assertEqual([reason["code"] for reason in reasons], ["held_elsewhere"])
        self.assertNotIn("Vizinha", reasons[0]["text"])
        self.assertNotIn(self.bruno.name, reasons[0]["text"])


@tagged("post_install", "-at_install")
class TestWhoseRights(WallCase):
    def hide(self, *customers):
        """A record rule that hides these from everybody but superusers."""
        ids = [customer.id for customer in customers]
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id(customers[0]._name),
                "domain_force": repr([("id", "not in", ids)]),
            }
        )

    def test_a_rule_that_hides_a_customer_hides_it_from_count_sample_and_fill(self):
        campaign = self.by_city()
        campaign.action_fill()
        self.assertEqual(len(self.waiting(campaign)), 12)
        self.hide(self.many[0], self.many[1])
        answer = self.preview(domain=campaign.domain)
        self.assertEqual(answer["match_count"], 10)
        self.assertNotIn("Muitos 000", answer["match_sample"])
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[2:])
        campaign._request_fill()
        self.run_cron()
        self.assertEqual(self.waiting(campaign), self.many[2:])

    def test_a_rule_that_hides_a_lead_hides_it_behind_a_status_too(self):
        seen, hidden = (
            self.make_lead(partner_id=customer.id) for customer in self.many[:2]
        )
        self.hide(hidden)
        here = repr([("id", "in", self.many.ids)])
        status = {"customer_status": "open_opportunity", "domain": here}
        self.assertEqual(self.preview(**status)["match_count"], 1)
        self.assertEqual(self.matching(customers=self.many, **status), self.many[0])
        lead = {"target": "lead", "domain": repr([("id", "in", (seen + hidden).ids)])}
        self.assertEqual(self.preview(**lead)["match_count"], 1)

    def test_who_saved_the_filters_last_answers_for_them(self):
        campaign = self.by_city()
        self.assertEqual(campaign.filter_user_id, self.supervisor)
        second = campaign.with_user(self.second)
        second.name = "Outro nome"
        self.assertEqual(campaign.filter_user_id, self.supervisor)
        second.action_fill()
        self.assertEqual(campaign.filter_user_id, self.supervisor)
        second.date_from = "2020-01-01"
        self.assertEqual(campaign.filter_user_id, self.second)
        self.assertEqual(campaign.copy().filter_user_id, self.supervisor)

    def test_nobody_writes_whose_rights_the_filters_have(self):
        campaign = self.by_city()
        admin = self.env.ref("base.user_admin")
        for user_id in (admin.id, SUPERUSER_ID):
            with self.assertRaises(AccessError):
                campaign.write({"filter_user_id": user_id})
            with self.assertRaises(AccessError):
                campaign.write({"filter_user_id": user_id, "domain": "[]"})
            with self.assertRaises(AccessError):
                self.new(filter_user_id=user_id)
            made = campaign.with_context(default_filter_user_id=user_id).create(
                {"name": "Outra", "company_id": self.company.id}
            )
            self.assertEqual(made.filter_user_id, self.supervisor)
        self.assertEqual(campaign.filter_user_id, self.supervisor)

    def test_a_fill_has_the_rights_of_who_set_the_filters_not_of_who_presses(self):
        campaign = self.by_city()
        group = self.env["res.groups"].create(
            {"name": "Blind", "user_ids": self.second.ids}
        )
        self.env["ir.rule"].create(
            {
                "name": "Hidden from the second",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "groups": group.ids,
                "domain_force": repr([("id", "not in", self.many[:4].ids)]),
            }
        )
        campaign.with_user(self.second).action_fill()
        self.assertEqual(self.waiting(campaign), self.many)
        campaign.with_user(self.second).domain = campaign.domain
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many[4:])

    def test_a_filter_that_the_one_who_presses_cannot_see_still_counts(self):
        team = self.env["crm.team"].create({"name": "Sul", "company_id": False})
        self.make_lead(partner_id=self.many[0].id, team_id=team.id)
        campaign = self.by_city(team_ids=team.ids)
        team.company_id = self.other_company
        self.supervisor.company_ids += self.other_company
        self.env.flush_all()
        self.env.invalidate_all()
        second = campaign.with_user(self.second)
        self.assertFalse(second.team_ids)
        with self.assertRaisesRegex(UserError, "may not see"):
            second.action_fill()
        self.assertFalse(campaign.entry_ids)

    def test_whoever_left_is_said_and_nobody_is_filled_until_somebody_takes_over(self):
        for leave in (
            lambda user: user.write({"active": False}),
            lambda user: user.write(
                {
                    "group_ids": [
                        Command.unlink(
                            self.env.ref("dialer_plinx_gate.group_dialer_supervisor").id
                        )
                    ]
                }
            ),
            lambda user: user.write(
                {
                    "company_ids": [Command.set(self.other_company.ids)],
                    "company_id": self.other_company.id,
                }
            ),
        ):
            user = self.make_user(
                f"leaver{leave.__code__.co_firstlineno}", "supervisor"
            )
            campaign = self.by_city(name="Deixada").with_user(user)
            campaign.date_to = "2199-01-01"
            self.assertEqual(campaign.filter_user_id, user)
            campaign = campaign.with_user(self.second)
            leave(user)
            campaign._request_fill()
            self.run_cron()
            self.assertFalse(campaign.entry_ids)
            self.assertIn("Deixada", campaign.fill_error)
            self.assertIn(user.name, campaign.fill_error)
            with self.assertRaisesRegex(UserError, "Deixada"):
                campaign.sudo().with_user(SUPERUSER_ID).action_fill()
            campaign.action_fill()
            self.assertEqual(self.waiting(campaign), self.many)
            self.assertEqual(campaign.filter_user_id, self.second)
            self.assertFalse(campaign.fill_error)

    def test_a_deleted_person_answers_for_nothing(self):
        user = self.make_user("deleted", "supervisor")
        campaign = self.by_city()
        campaign.with_user(user).date_to = "2199-01-01"
        user.with_user(SUPERUSER_ID).unlink()
        campaign.invalidate_recordset()
        campaign._request_fill()
        self.run_cron()
        self.assertIn("Nobody answers", campaign.fill_error)
        campaign.date_to = "2198-01-01"
        self.assertFalse(campaign.fill_error)
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many)

    def test_taking_over_needs_the_rights_that_the_filters_need(self):
        campaign = self.by_city()
        secret = [("company_id.plinx_token_value", "=like", "t%")]
        campaign.with_user(SUPERUSER_ID).domain = repr(secret)
        self.assertEqual(campaign.filter_user_id.id, SUPERUSER_ID)
        self.assertIn("may not filter", campaign.match_error)
        campaign.with_user(SUPERUSER_ID).filter_user_id = False
        with self.assertRaisesRegex(UserError, "may not filter"):
            campaign.action_fill()
        self.assertFalse(campaign.filter_user_id)

    def test_campaigns_from_before_have_the_rights_of_who_made_them(self):
        typed, made, demo = self.by_city(), self.by_city(), self.by_city()
        (typed + made + demo).with_user(SUPERUSER_ID).filter_user_id = False
        demo.with_user(SUPERUSER_ID).domain = "[]"
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE dialer_campaign SET filter_user_id = NULL,
                   create_uid = CASE WHEN id = %s THEN create_uid ELSE 1 END
             WHERE id = ANY(%s)
            """,
            [made.id, (typed + made + demo).ids],
        )
        self.env["dialer.campaign"]._init_column("filter_user_id")
        self.env.invalidate_all()
        self.assertEqual(made.filter_user_id, self.supervisor)
        self.assertFalse(typed.filter_user_id)
        self.assertEqual(demo.filter_user_id.id, SUPERUSER_ID)


@tagged("post_install", "-at_install")
class TestBounds(WallCase):
    def test_paths_conditions_and_texts_are_bounded(self):
        path = "parent_id." * typed_domain.MAX_STEPS + "name"
        self.assertFalse(self.preview(domain=repr([(path, "=", "x")]))["match_error"])
        deep = ("name", "=", "x")
        for _level in range(30):
            deep = ("parent_id", "any", [deep])
        same = ("name", "=", "x")
        for _level in range(30):
            same = ("id", "any", [same])
        for domain in (
            [("parent_id." + path, "=", "x")],
            [("parent_id." * 200 + "name", "=", "x")],
            [("parent_id." * 200 + "plinx", "=", "x")],
            [deep],
            [same],
            ["|"] * 100 + [("name", "=", "x")] * 101,
            [("parent_id", "any", [("name", "=", "x")] * 101)],
            [("name", "=", "x" * typed_domain.MAX_TEXT)],
            [("id", "in", list(range(typed_domain.MAX_TEXT)))],
        ):
            with self.subTest(repr(domain)[:60]):
                self.assert_nothing_shown(self.preview(domain=repr(domain)))
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self.new(domain=repr(domain))

    def test_the_most_that_may_be_typed_is_planned_in_time(self):
        path = "parent_id." * typed_domain.MAX_STEPS + "name"
        domain = ["|"] * 99 + [(path, "=", str(n)) for n in range(100)]
        answer = self.preview(domain=repr(domain))
        self.assertFalse(answer["match_count"])

    def test_values_that_are_no_values_are_a_sentence(self):
        for domain in (
            "[('name', '=', {})]",
            "[('name', 'in', [[1], [2]])]",
            "[('name', '=', '\\0')]",
            "[('id', '=', 10**3)]",
            "[('parent_id', 'any', 5)]",
            "[('parent_id', 'any', 'x')]",
            "[('parent_id', '=like', 5)]",
            "[('user_id.parent_id', 'ilike', ['a', 'b'])]",
            "[('image_1920', '=', 'x')]",
            "[('name.x', '=', 'x')]",
            "[('id.x', '=', 'x')]",
            "[('', '=', 'x')]",
            "[('.name', '=', 'x')]",
            "[('parent_id.', '=', 'x')]",
            "[('name', 5, 'x')]",
            "(" * 500,
            "[" * 500,
            "-" * 5000 + "1",
        ):
            with self.subTest(domain[:60]):
                self.assert_nothing_shown(self.preview(domain=domain))
        beyond = self.preview(domain="[('id', '=', 99999999999999999999999)]")
        self.assertFalse(beyond["match_count"])

    def test_many_choices_are_bounded(self):
        with patch(
            "odoo.addons.dialer_plinx_gate.models.campaign.filters.MAX_CHOICES",
            2,
        ):
            states = self.brazil.state_ids[:3]
            with self.assertRaisesRegex(UserError, "at most"):
                self.new(state_ids=states.ids)
            self.new(state_ids=states[:2].ids)

    def slow(self, seconds):
        """Let each look at the customers take some time."""
        return patch.object(
            self.registry["dialer.campaign"],
            "_target_domain",
            lambda campaign: Domain.custom(
                to_sql=lambda *_args: SQL("(SELECT pg_sleep(%s)) IS NOT NULL", seconds)
            ),
        )

    def timeout(self):
        self.env.cr.execute("SHOW statement_timeout")
        return self.env.cr.fetchone()[0]

    def test_slow_filters_are_a_sentence_and_the_transaction_goes_on(self):
        before = self.timeout()
        campaign = self.by_city()
        domain = campaign.domain
        with (
            self.slow(5),
            patch.object(dialer_campaign_preview, "PREVIEW_SECONDS", 0.2),
            patch.object(dialer_campaign_fill, "WAIT_SECONDS", 0.2),
            patch.object(dialer_campaign_fill, "JOB_SECONDS", 0.2),
        ):
            answer = self.preview(domain=domain)
            self.assertIn("take too long", answer["match_error"])
            self.assert_nothing_shown(answer)
            with self.assertRaisesRegex(UserError, "take too long"):
                campaign.action_fill()
            campaign._request_fill()
            self.run_cron()
            self.assertIn("take too long", campaign.fill_error)
            self.assertFalse(campaign.fill_requested_at)
            self.assertEqual(self.timeout(), before)
            self.env.cr.execute("SHOW enable_nestloop")
            self.assertEqual(self.env.cr.fetchone()[0], "on")
        self.assertEqual(self.preview(domain=domain)["match_count"], 12)
        campaign.action_fill()
        self.assertEqual(self.waiting(campaign), self.many)
        self.assertEqual(self.timeout(), before)

    def test_a_long_look_hands_the_fill_to_the_job(self):
        campaign = self.by_city().with_context(dialer_fill_in_background=True)
        with self.slow(5), patch.object(dialer_campaign_fill, "LOOK_SECONDS", 0.2):
            campaign.action_fill()
        self.assertTrue(campaign.fill_requested_at)

    def test_one_campaign_that_fails_unexpectedly_stops_no_other(self):
        first, second, third = (self.by_city(name=f"N{n}") for n in range(3))
        for campaign in (first, second, third):
            campaign._request_fill()
        campaigns = self.registry["dialer.campaign"]
        fill_step = campaigns._fill_step

        def fail(campaign, limit=None):
            if campaign.id == first.id:
                campaign.env.cr.execute("UPDATE dialer_campaign SET fill_added = 77")
                raise ZeroDivisionError("unforeseen")
            return fill_step(campaign, limit)

        logger = "odoo.addons.dialer_plinx_gate.models.campaign.fill"
        with (
            patch.object(campaigns, "_fill_step", fail),
            self.assertLogs(logger, "ERROR") as logs,
        ):
            self.run_cron()
        self.assertIn(f"campaign {first.id} ", logs.output[0])
        self.assertIn("unexpected", first.fill_error)
        self.assertNotIn("ZeroDivisionError", first.fill_error)
        self.assertFalse(first.fill_requested_at)
        for campaign in (second, third):
            self.assertEqual(self.waiting(campaign), self.many)
            self.assertFalse(campaign.fill_error)

    def test_a_fill_that_failed_is_not_tried_again_before_its_time(self):
        campaign = self.by_city().sudo()
        campaign.action_start()
        campaign.filled_at = self.later(hours=-2)
        campaign.fill_failed_at = self.later(minutes=-5)
        self.env["dialer.campaign"]._request_refills()
        self.assertFalse(campaign.fill_requested_at)
        campaign.fill_failed_at = self.later(hours=-2)
        self.env["dialer.campaign"]._request_refills()
        self.assertTrue(campaign.fill_requested_at)
