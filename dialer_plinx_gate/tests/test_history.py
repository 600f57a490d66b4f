# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was done with a customer outlives merges and deletions."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DialerCase


class HistoryCase(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call_back = cls.env.ref("dialer_plinx_gate.result_call_back")

    def only(self, *entries):
        """Let these entries alone wait."""
        self.campaign.entry_ids.state = "done"
        for entry in entries:
            entry.state = "pending"

    def call(self, session, entry, result=None, **values):
        """Call one customer."""
        self.only(entry)
        session.next_contact()
        session.dial()
        state = session.register_result((result or self.retry).id, **values)
        return self.env["dialer.attendance"].browse(state["attendance_id"])

    def in_call(self, session, entry):
        self.only(entry)
        session.next_contact()
        session.dial()
        self.assertEqual(entry.state, "dialing")


@tagged("post_install", "-at_install")
class TestMergedContacts(HistoryCase):
    def setUp(self):
        super().setUp()
        self.kept, self.gone = self.customers[:2]
        self.mine, self.theirs = map(self.entry_of, (self.kept, self.gone))

    def merge(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.kept + self.gone).ids, self.kept)
        self.env.invalidate_all()
        self.assertFalse(self.gone.exists())

    def test_the_call_in_progress_goes_on(self):
        session = self.start()
        self.in_call(session, self.theirs)
        self.merge()
        self.assertFalse(self.mine.exists())
        self.assertRecordValues(
            self.theirs, [{"state": "dialing", "partner_id": self.kept.id}]
        )
        state = session.register_result(self.done.id)
        attendance = self.env["dialer.attendance"].browse(state["attendance_id"])
        self.assertEqual(attendance.partner_id, self.kept)
        self.assertEqual(self.theirs.state, "done")

    def test_attendances_and_verdicts_of_both_are_the_survivor_s(self):
        session = self.start()
        calls = self.call(session, self.mine) + self.call(session, self.theirs)
        events = (self.mine + self.theirs).gate_event_ids
        self.assertEqual(len(events), 2)
        self.only(self.mine, self.theirs)
        self.merge()
        survivor = (self.mine + self.theirs).exists()
        self.assertRecordValues(survivor, [{"attempts": 2}])
        for records in (calls, events):
            self.assertEqual(records.exists(), records)
            self.assertEqual(records.partner_id, self.kept)
            self.assertEqual(records.entry_id, survivor)

    def test_the_promise_survives_with_its_activity(self):
        promise = self.call(
            self.start(),
            self.theirs,
            self.call_back,
            next_contact_at=self.later(days=2),
        )
        activity, when = self.theirs.activity_id, self.theirs.next_call_at
        self.mine.write({"state": "pending", "attempts": 3})
        self.merge()
        self.assertRecordValues(
            self.theirs,
            [{"activity_id": activity.id, "next_call_at": when, "is_callback": True}],
        )
        self.assertEqual(activity.res_id, self.kept.id)
        self.assertEqual(promise.exists().activity_id, activity)

    def test_the_call_in_progress_takes_over_the_other_s_promise(self):
        self.call(
            self.start(),
            self.theirs,
            self.call_back,
            next_contact_at=self.later(days=2),
        )
        activity = self.theirs.activity_id
        self.theirs.state = "pending"
        self.mine.write({"state": "pending"})
        session = self.start()
        session.next_contact()
        session.dial()
        self.assertEqual(self.mine.state, "dialing")
        self.merge()
        self.assertEqual(self.mine.activity_id, activity)
        session.register_result(self.done.id)
        self.assertFalse(activity.active)

    def test_two_calls_at_once_are_refused_and_nothing_is_lost(self):
        ana, bruno = self.start(), self.start(self.bruno)
        self.in_call(ana, self.mine)
        self.theirs.state = "pending"
        bruno.next_contact()
        bruno.dial()
        self.assertEqual(self.theirs.state, "dialing")
        with self.assertRaisesRegex(UserError, "in call"), self.env.cr.savepoint():
            self.merge()
        ana.register_result(self.done.id)
        bruno.register_result(self.done.id)

    def test_of_two_screens_the_one_in_call_is_left_in_other_campaigns_too(self):
        other = self.make_campaign(self.gone)
        ana, bruno = self.start(), self.start(self.bruno, other)
        self.in_call(ana, self.mine)
        bruno.next_contact()
        reserved = self.entry_of(self.gone, other)
        self.assertEqual(reserved.state, "reserved")
        self.merge()
        self.assertEqual((self.mine.state, reserved.state), ("dialing", "pending"))
        self.assertEqual(reserved.partner_id, self.kept)
        self.assertFalse(bruno.sudo().entry_id)

    def test_who_asked_not_to_be_called_stays_out(self):
        self.only(self.mine)
        self.theirs.write({"state": "cancelled", "wait_reason": "do_not_call"})
        self.mine.attempts = 5
        self.merge()
        self.assertFalse(self.mine.exists())
        self.assertEqual(self.theirs.state, "cancelled")


@tagged("post_install", "-at_install")
class TestMergedLeads(HistoryCase):
    def setUp(self):
        super().setUp()
        self.leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {number}",
                    "type": "lead",
                    "phone": f"+55 47 98811-020{number}",
                    "company_id": self.company.id,
                }
                for number in range(2)
            ]
        )
        self.entries = self.env["dialer.queue.entry"].create(
            [
                {"campaign_id": self.campaign.id, "lead_id": lead.id}
                for lead in self.leads
            ]
        )

    def test_attendances_of_both_stay_and_the_call_goes_on(self):
        session = self.start()
        called = [self.call(session, entry) for entry in self.entries]
        self.entries.next_call_at = self.later(minutes=-1)
        self.in_call(session, self.entries[1])
        self.leads[1].plinx_bsuid = "BR.1234"
        head = self.leads.merge_opportunity()
        self.env.invalidate_all()
        for attendance in called:
            self.assertEqual(attendance.exists().lead_id, head)
        self.assertEqual(self.entries.exists(), self.entries[1])
        self.assertEqual(head.plinx_bsuid, "BR.1234")
        session.register_result(self.done.id)
        self.assertEqual(len(head.dialer_attendance_ids), 3)


@tagged("post_install", "-at_install")
class TestDeletedCustomers(HistoryCase):
    def test_who_has_attendances_is_archived_instead(self):
        customer = self.customers[0]
        attendance = self.call(self.start(), self.entry_of(customer))
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            customer.unlink()
        customer.action_archive()
        self.assertEqual(attendance.partner_id, customer)

    def test_who_is_on_a_screen_is_not_deleted(self):
        entry = self.entry_of(self.customers[0])
        self.in_call(self.start(), entry)
        with self.assertRaisesRegex(UserError, "on screen"):
            self.customers[0].unlink()
        self.assertTrue(entry.exists())

    def test_a_lead_with_attendances_is_kept_as_well(self):
        lead = self.env["crm.lead"].create({"name": "Lead"})
        self.env["dialer.attendance"].create(
            {"lead_id": lead.id, "result_id": self.done.id}
        )
        with self.assertRaisesRegex(UserError, "“Lead” has attendances"):
            lead.unlink()

    def test_verdicts_outlive_the_customer(self):
        customer = self.customers[0]
        self.talk(customer)
        self.start().next_contact()
        events = self.entry_of(customer).gate_event_ids
        self.assertTrue(events)
        customer.unlink()
        self.assertEqual(events.exists(), events)
        self.assertFalse(events.partner_id or events.conversation or events.detail)
        self.assertTrue(events.reason_text)
