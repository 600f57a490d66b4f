# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import DialerCase


class CampaignCase(DialerCase):
    """Campaigns of a supervisor, on customers that no other test has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._dialer_date()

    def matching(self, customers=None, **values):
        """Whom a campaign with these filters calls, among these customers."""
        target = values.get("target", "partner")
        if customers is None:
            customers = self.customers
        campaign = self.new(**{"domain": repr([("id", "in", customers.ids)])} | values)
        model = "crm.lead" if target == "lead" else "res.partner"
        found = self.env[model].browse(campaign._customer_query().get_result_ids())
        return found.sorted("id")

    def new(self, **values):
        """A campaign made by the supervisor, not started."""
        return (
            self.env["dialer.campaign"]
            .with_user(self.supervisor)
            .create({"name": "Filtros", "company_id": self.company.id, **values})
        )

    def attend(self, customer, days=0, company=None, **values):
        """An attendance some days from today."""
        link = "lead_id" if customer._name == "crm.lead" else "partner_id"
        return self.env["dialer.attendance"].create(
            {
                link: customer.id,
                "company_id": (company or self.company).id,
                "user_id": self.ana.id,
                "result_id": self.done.id,
                "date": fields.Datetime.now() + timedelta(days=days),
                **values,
            }
        )

    def day(self, days):
        return self.today + timedelta(days=days)

    def make_lead(self, **values):
        return self.env["crm.lead"].create(
            {
                "name": "Lead",
                "type": "opportunity",
                "company_id": self.company.id,
                "phone": "+55 47 98811-0001",
                "user_id": False,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestDates(CampaignCase):
    def test_last_contact_is_the_latest_attendance_and_no_earlier_one(self):
        once, twice, recent = self.customers[:3]
        self.attend(once, -10)
        self.attend(twice, -10)
        self.attend(twice, -1)
        self.attend(recent, -1)
        period = {"date_filter": "last_contact", "date_to": self.day(-5)}
        self.assertEqual(self.matching(**period), once)
        period |= {"date_to": self.day(0), "date_from": self.day(-2)}
        self.assertEqual(self.matching(**period), twice + recent)

    def test_last_contact_of_another_company_does_not_count(self):
        other = self.env["res.company"].create({"name": "Outra"})
        self.ana.company_ids += other
        customer = self.customers[0]
        customer.company_id = False
        self.attend(customer, -1, company=other)
        period = {"date_filter": "last_contact", "date_from": self.day(-5)}
        self.assertFalse(self.matching(**period))
        self.assertIn(customer, self.matching(customer_status="never_contacted"))

    def test_period_includes_its_first_and_its_last_day_as_the_company_counts(self):
        early, late, next_day = self.customers[:3]
        for customer, moment in (
            (early, "2026-03-10 03:00:00"),
            (late, "2026-03-11 02:59:59"),
            (next_day, "2026-03-11 03:00:00"),
        ):
            self.attend(customer, date=moment)
        found = self.matching(
            date_filter="last_contact", date_from="2026-03-10", date_to="2026-03-10"
        )
        self.assertEqual(found, early + late)

    def test_creation_period(self):
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2025-05-05 12:00' WHERE id = %s",
            [self.customers[0].id],
        )
        found = self.matching(date_from="2025-05-05", date_to="2025-05-05")
        self.assertEqual(found, self.customers[0])

    def test_next_contact_is_the_earliest_open_activity(self):
        near, far, done = self.customers[:3]
        for customer, days in ((near, 2), (near, 20), (far, 20), (done, 20)):
            customer.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=self.day(days),
                user_id=self.ana.id,
            )
        done.activity_ids._action_done()
        period = {"date_filter": "next_contact", "date_from": self.day(10)}
        self.assertEqual(self.matching(**period), far)
        period = {"date_filter": "next_contact", "date_to": self.day(5)}
        self.assertEqual(self.matching(**period), near)

    def test_next_contact_is_what_the_latest_attendance_agreed_on(self):
        agreed, superseded, past = self.customers[:3]
        self.attend(agreed, next_contact_at=self.later(days=3))
        self.attend(superseded, -1, next_contact_at=self.later(days=3))
        self.attend(superseded)
        self.attend(past, -9, next_contact_at=self.later(days=-3))
        period = {"date_filter": "next_contact", "date_to": self.day(30)}
        self.assertEqual(self.matching(**period), agreed)

    def test_dates_the_wrong_way_round_are_refused_and_nothing_changes(self):
        campaign = self.new(date_from="2026-01-10", date_to="2026-01-20")
        refused = self.assertRaisesRegex(ValidationError, "wrong order")
        with refused, self.env.cr.savepoint():
            campaign.date_to = "2026-01-01"
        campaign.invalidate_recordset()
        self.assertEqual(str(campaign.date_to), "2026-01-20")


@tagged("post_install", "-at_install")
class TestStatus(CampaignCase):
    def test_contacted_and_never_contacted_share_all_customers(self):
        self.attend(self.customers[1])
        contacted = self.matching(customer_status="contacted")
        never = self.matching(customer_status="never_contacted")
        self.assertEqual(contacted, self.customers[1])
        self.assertEqual(never, self.customers - self.customers[1])

    def test_open_and_won_opportunities(self):
        opened, won, lost = self.customers[:3]
        leads = {
            customer: self.make_lead(partner_id=customer.id)
            for customer in (opened, won, lost)
        }
        leads[won].action_set_won()
        leads[lost].action_set_lost()
        self.assertEqual(self.matching(customer_status="open_opportunity"), opened)
        self.assertEqual(self.matching(customer_status="won"), won)

    def test_stage_of_a_lead(self):
        stage, other = self.env["crm.stage"].create([{"name": "A"}, {"name": "B"}])
        self.make_lead(partner_id=self.customers[0].id, stage_id=stage.id)
        self.make_lead(partner_id=self.customers[1].id, stage_id=other.id)
        found = self.matching(customer_status="stage", stage_ids=stage.ids)
        self.assertEqual(found, self.customers[0])

    def test_stage_status_without_a_stage_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "stages"):
            self.new(customer_status="stage")

    def test_archived_customers_only_where_they_are_asked_for(self):
        self.customers[0].active = False
        self.assertNotIn(self.customers[0], self.matching())
        self.assertEqual(self.matching(customer_status="archived"), self.customers[0])

    def test_leads_by_status(self):
        opened = self.make_lead()
        plain = self.make_lead(type="lead")
        won = self.make_lead()
        won.action_set_won()
        leads = opened + plain + won
        lead = {"target": "lead", "customers": leads}
        self.assertEqual(self.matching(**lead), opened + plain)
        self.assertEqual(
            self.matching(customer_status="open_opportunity", **lead), opened
        )
        self.assertEqual(self.matching(customer_status="won", **lead), won)

    def test_a_lead_was_contacted_when_its_customer_was(self):
        by_customer = self.make_lead(partner_id=self.customers[0].id)
        by_lead, never = self.make_lead(), self.make_lead()
        self.attend(self.customers[0])
        self.attend(by_lead)
        lead = {"target": "lead", "customers": by_customer + by_lead + never}
        self.assertEqual(
            self.matching(customer_status="contacted", **lead), by_customer + by_lead
        )
        self.assertEqual(
            self.matching(customer_status="never_contacted", **lead), never
        )
        recent = {"date_filter": "last_contact", "date_from": self.day(-1)}
        self.assertEqual(self.matching(**recent, **lead), by_customer + by_lead)

    def test_next_contact_of_leads(self):
        planned, agreed, none = (self.make_lead() for _ in range(3))
        planned.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.day(2),
            user_id=self.ana.id,
        )
        self.attend(agreed, next_contact_at=self.later(days=3))
        found = self.matching(
            target="lead",
            customers=planned + agreed + none,
            date_filter="next_contact",
            date_from=self.day(0),
        )
        self.assertEqual(found, planned + agreed)


@tagged("post_install", "-at_install")
class TestGroups(CampaignCase):
    def test_tags_include_those_below_and_archived_ones(self):
        tags = self.env["res.partner.category"]
        parent = tags.create({"name": "Região"})
        child = tags.create({"name": "Vale", "parent_id": parent.id})
        self.customers[0].category_id = parent
        self.customers[1].category_id = child
        wanted = self.customers[:2]
        self.assertEqual(self.matching(category_ids=parent.ids), wanted)
        parent.active = False
        self.assertEqual(self.matching(category_ids=parent.ids), wanted)

    def test_deleting_a_tag_that_a_campaign_filters_by_is_refused(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        campaign = self.new(name="Inverno", category_ids=tag.ids)
        with self.assertRaisesRegex(UserError, "Inverno"):
            tag.unlink()
        self.assertEqual(campaign.category_ids, tag)
        campaign.action_close()
        tag.unlink()

    def test_deleting_a_stage_a_team_or_a_lead_tag_in_use_is_refused(self):
        stage = self.env["crm.stage"].create({"name": "A"})
        team = self.env["crm.team"].create({"name": "Sul"})
        tag = self.env["crm.tag"].create({"name": "Quente"})
        self.new(
            customer_status="stage",
            stage_ids=stage.ids,
            team_ids=team.ids,
            lead_tag_ids=tag.ids,
        )
        for record in (stage, team, tag):
            with self.assertRaisesRegex(UserError, "Filtros"):
                record.unlink()

    def test_salesperson_team_country_and_state(self):
        first, second, third = self.customers[:3]
        team = self.env["crm.team"].create(
            {"name": "Sul", "company_id": self.company.id, "member_ids": self.bruno.ids}
        )
        first.user_id, second.user_id = self.ana, self.bruno
        self.make_lead(partner_id=third.id, team_id=team.id)
        self.assertEqual(self.matching(user_ids=self.ana.ids), first)
        self.assertEqual(self.matching(team_ids=team.ids), second + third)
        first.state_id = self.santa_catarina
        self.assertEqual(self.matching(state_ids=self.santa_catarina.ids), first)
        second.country_id = self.env.ref("base.ar")
        found = self.matching(country_ids=self.brazil.ids)
        self.assertEqual(found, self.customers - second)

    def test_leads_by_tag_salesperson_and_team(self):
        tag = self.env["crm.tag"].create({"name": "Quente"})
        team = self.env["crm.team"].create(
            {"name": "Sul", "company_id": self.company.id, "member_ids": self.ana.ids}
        )
        tagged_lead = self.make_lead(tag_ids=tag.ids)
        owned = self.make_lead(user_id=self.ana.id, team_id=team.id)
        lead = {"target": "lead", "customers": tagged_lead + owned}
        self.assertEqual(self.matching(lead_tag_ids=tag.ids, **lead), tagged_lead)
        self.assertEqual(self.matching(user_ids=self.ana.ids, **lead), owned)
        self.assertEqual(self.matching(team_ids=team.ids, **lead), owned)

    def test_any_field_by_a_domain(self):
        self.customers[2].city = "Blumenau"
        found = self.matching(
            domain=repr(
                [("id", "in", self.customers.ids), ("city", "ilike", "blumenau")]
            )
        )
        self.assertEqual(found, self.customers[2])

    def test_staff_own_companies_and_other_companies_are_never_called(self):
        other = self.env["res.company"].create({"name": "Outra"})
        theirs = self.customers[0]
        theirs.company_id = other
        people = theirs + self.ana.partner_id + self.company.partner_id
        self.assertFalse(self.matching(people))


@tagged("post_install", "-at_install")
class TestBadFilters(CampaignCase):
    def test_impossible_domains_are_refused_with_one_sentence(self):
        for wrong in (
            "[('nothing', '=', 1)]",
            "[(",
            "{}",
            "5",
            "['&']",
            "__import__('os')",
            "[('create_date', '>', 'banana')]",
            "[('id', '=', 'abc')]",
            "[('name', 'near', 'x')]",
            "[('category_id.nothing', '=', 1)]",
        ):
            with self.subTest(wrong), self.assertRaisesRegex(UserError, "Filtros"):
                self.new(domain=wrong)

    def test_refused_domain_leaves_campaign_and_queue_as_they_were(self):
        before = self.campaign.domain
        states = self.campaign.entry_ids.mapped("state")
        with self.assertRaises(UserError):
            self.campaign.with_user(self.supervisor).domain = "[('no', '=', 1)]"
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.domain, before)
        self.assertEqual(self.campaign.entry_ids.mapped("state"), states)

    def test_hours_removed_later_are_found_at_the_start(self):
        campaign = self.new(calendar_id=self.company.resource_calendar_id.id)
        self.company.resource_calendar_id.attendance_ids.unlink()
        with self.assertRaisesRegex(UserError, "contain no hours"):
            campaign.action_start()
        self.assertEqual(campaign.state, "draft")
