# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Attendances: what persons may write, whom they may see, and Correct result."""

import itertools
from datetime import timedelta

from freezegun import freeze_time

from odoo import api, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import retrying
from odoo.tests import Form, new_test_user, tagged

from .common import DialerCase
from .test_concurrency import ConcurrencyCase

# What persons write: the readable table. Everything else of the model is refused.
ON_CREATE = {
    "partner_id",
    "lead_id",
    "company_id",
    "date",
    "result_id",
    "channel",
    "phone",
    "note",
    "next_contact_at",
}
ON_WRITE = {
    "manual": {"date", "result_id", "channel", "phone", "note", "next_contact_at"},
    "dialer": {"note", "next_contact_at"},
}
EFFECTS = {
    "done": "result_sale",
    "retry": "result_no_answer",
    "callback": "result_call_back",
    "dnc": "result_do_not_call",
}


class AttendanceCase(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.results = {
            effect: cls.env.ref(f"dialer_plinx_gate.{name}")
            for effect, name in EFFECTS.items()
        }
        cls.attendances = cls.env["dialer.attendance"]

    def as_user(self, records, user):
        """Records as a request of this user sees them."""
        return records.with_env(
            self.env(user=user, context={"allowed_company_ids": self.company.ids})
        )

    def call(self, effect="done", agent=None, **kwargs):
        """One call of an agent from start to result.

        :return: the attendance, as superuser
        """
        session = self.start(agent)
        if not session.sudo().entry_id:
            session.next_contact()
        session.dial()
        state = session.register_result(self.results[effect].id, **kwargs)
        return self.attendances.browse(state["attendance_id"])

    def correct(self, attendance, effect, user=None, reason="Wrong key", **values):
        """Correct a result by the popup, as the web client does."""
        action = self.as_user(attendance, user or self.ana).action_correct_result()
        popup = self.as_user(
            self.env[action["res_model"]].browse(action["res_id"]), user or self.ana
        )
        popup.write({"result_id": self.results[effect].id, "reason": reason, **values})
        popup.action_save()
        self.env.invalidate_all()
        return popup

    def manual_values(self, **values):
        return {
            "partner_id": self.customers[0].id,
            "result_id": self.done.id,
            "company_id": self.company.id,
            **values,
        }

    def another(self, attendance, name):
        """A value of a field other than the one it has, as a request sends it."""
        field = attendance._fields[name]
        if field.type == "many2one":
            model = self.env[field.comodel_name].with_context(active_test=False)
            known = model.search([], order="id")
            return (known - attendance[name])[:1].id or known[-1:].id + 1
        if field.type == "selection":
            values = field.get_values(self.env)
            return next(value for value in values if value != attendance[name])
        return {
            "integer": 4711,
            "boolean": not attendance[name],
            "datetime": fields.Datetime.to_string(self.later(days=-3)),
            "json": ["+5547988009999"],
        }.get(field.type, "made up")


@tagged("post_install", "-at_install")
class TestWalls(AttendanceCase):
    def test_every_field_but_those_of_the_table_is_refused_on_write(self):
        manual = self.as_user(self.attendances, self.ana).create(self.manual_values())
        dialer = self.call()
        names = set(self.attendances._fields) | {"no_such_field"}
        for user in (self.ana, self.supervisor):
            for attendance in (manual, dialer):
                for name in names - ON_WRITE[attendance.sudo().origin]:
                    record = self.as_user(attendance, user)
                    known = name in self.attendances._fields
                    value = self.another(attendance.sudo(), name) if known else 1
                    with (
                        self.subTest(user=user.login, name=name, of=record.id),
                        self.assertRaises(AccessError),
                    ):
                        record.write({name: value})

    def test_every_field_but_those_of_the_table_is_refused_on_create(self):
        example = self.call()
        for user in (self.ana, self.supervisor):
            records = self.as_user(self.attendances, user)
            for name in set(self.attendances._fields) - ON_CREATE:
                value = self.another(example, name)
                # values that a person may give, or that say nothing
                value = {
                    "origin": "dialer",
                    "user_id": self.bruno.id,
                    "can_correct": True,
                }.get(name, value)
                by_context = records.with_context(**{f"default_{name}": value})
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(AccessError):
                        records.create(self.manual_values(**{name: value}))
                    if name in ("id", "display_name", *self.log_fields()):
                        continue
                    with self.assertRaises(AccessError):
                        by_context.create(self.manual_values())

    def log_fields(self):
        return ("create_uid", "create_date", "write_uid", "write_date", "can_correct")

    def test_what_a_form_sends_back_unchanged_is_taken(self):
        attendance = self.call("callback")
        record = self.as_user(attendance, self.ana)
        unchanged = {
            "origin": "dialer",
            "user_id": self.ana.id,
            "date": fields.Datetime.to_string(attendance.date),
            "phone": attendance.phone,
            "session_id": attendance.session_id.id,
            "gate_event_id": False,
            "next_contact_at": fields.Datetime.to_string(attendance.next_contact_at),
        }
        record.write({**unchanged, "note": "Asked for the catalogue"})
        self.assertEqual(attendance.note, "Asked for the catalogue")

    def test_agents_record_manual_attendances_of_their_own(self):
        records = self.as_user(self.attendances, self.ana)
        mine = records.create(self.manual_values(origin="manual", user_id=self.ana.id))
        self.assertEqual((mine.origin, mine.user_id), ("manual", self.ana))
        mine.write({"result_id": self.retry.id, "phone": "123", "note": "By hand"})
        self.assertEqual(mine.result_id, self.retry)
        with self.assertRaises(AccessError):
            mine.with_user(self.bruno).write({"note": "Not mine"})

    def test_dates_of_manual_attendances_are_believable(self):
        records = self.as_user(self.attendances, self.ana)
        for date in ("2999-01-01 00:00:00", "1900-01-01 00:00:00", "soon", [1], {}):
            with self.subTest(date=date), self.assertRaises(UserError):
                records.create(self.manual_values(date=date or "x"))
        for when in ("2020-01-01 00:00:00", "9999-12-31 23:59:59", "soon"):
            with self.subTest(when=when), self.assertRaises(UserError):
                records.create(self.manual_values(next_contact_at=when))

    def test_import_and_copy_forge_nothing(self):
        attendance = self.call()
        records = self.as_user(self.attendances, self.ana)
        columns = ["partner_id/.id", "result_id/.id", "company_id/.id", "origin"]
        row = [str(self.customers[0].id), str(self.done.id), str(self.company.id)]
        answer = records.load(columns, [[*row, "Dialer"]])
        self.assertFalse(answer["ids"])
        self.assertIn("Only the dialer", answer["messages"][0]["message"])
        for user in (self.ana, self.supervisor):
            with self.assertRaises(AccessError):
                self.as_user(attendance, user).copy()

    def test_lists_of_other_records_forge_nothing(self):
        attendance, lead = self.call(), self.env["crm.lead"].create({"name": "Lead"})
        lead.company_id = self.company
        entry = self.entry_of(self.customers[3])
        forged = self.manual_values(origin="dialer")
        for user in (self.ana, self.supervisor):
            for record, name in (
                (self.customers[3], "dialer_attendance_ids"),
                (lead, "dialer_attendance_ids"),
                (entry, "attendance_ids"),
            ):
                record = self.as_user(record, user)
                for command in (
                    fields.Command.link(attendance.id),
                    fields.Command.set(attendance.ids),
                    fields.Command.create(forged),
                    fields.Command.update(attendance.id, {"duration": 999}),
                ):
                    with (
                        self.subTest(user=user.login, name=name, command=command),
                        self.assertRaises(AccessError),
                    ):
                        record.write({name: [command]})
                        self.env.flush_all()

    def test_forms_of_persons_work(self):
        context = {"default_partner_id": self.customers[0].id}
        records = self.as_user(self.attendances, self.ana).with_context(**context)
        with Form(records.with_company(self.company)) as form:
            form.result_id = self.done
            form.note = "Called from the mobile"
        mine = form.record
        self.assertEqual((mine.origin, mine.user_id), ("manual", self.ana))
        with Form(mine) as form:
            form.result_id = self.retry
        with Form(self.as_user(self.call(), self.supervisor)) as form:
            form.note = "Heard the recording"
            with self.assertRaises(AssertionError):
                form.duration = 999

    def test_moved_activity_moves_the_announced_contact(self):
        attendance = self.call("callback")
        day = self.company._dialer_date() + timedelta(days=20)
        self.as_user(attendance.activity_id, self.ana).date_deadline = day
        entry = attendance.entry_id
        self.assertEqual(attendance.next_contact_at, entry.next_call_at)
        local = self.company._dialer_local(attendance.next_contact_at)
        self.assertEqual(local.date(), day)

    def test_open_question_keeps_its_yes(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        event = session.sudo().event_id
        thief = self.as_user(self.attendances, self.bruno)
        with self.assertRaises(AccessError):
            thief.create(self.manual_values(gate_event_id=event.id))
        with self.assertRaises(AccessError):
            thief.with_context(default_gate_event_id=event.id).create(
                self.manual_values()
            )
        session.answer("yes")
        yes = self.attendances.search([("gate_event_id", "=", event.id)])
        self.assertEqual((yes.user_id, yes.result_id), (self.ana, self.whatsapp))

    def test_context_of_a_request_steers_nothing_the_dialer_writes(self):
        session = self.start()
        session.next_contact()
        session.dial()
        forged = session.with_context(
            default_gate_event_id=1,
            default_wrap_up=999,
            default_corrected_by_id=self.bruno.id,
            dialer_customer_numbers={},
            dialer_activity_synced=True,
        )
        state = forged.register_result(self.results["callback"].id)
        attendance = self.attendances.browse(state["attendance_id"])
        self.assertFalse(attendance.gate_event_id)
        self.assertFalse(attendance.corrected_by_id)
        self.assertLess(attendance.wrap_up, 999)
        self.assertTrue(attendance.activity_id)

    def test_defaults_of_a_user_steer_nothing_the_dialer_writes(self):
        defaults = self.as_user(self.env["ir.default"], self.ana)
        event = self.env["dialer.gate.event"].search([], limit=1).id or 1
        for model, name, value in (
            ("dialer.attendance", "gate_event_id", event),
            ("dialer.attendance", "corrected_by_id", self.bruno.id),
            ("dialer.session", "entry_id", self.entry_of(self.customers[4]).id),
            ("dialer.session", "skipped_count", 99),
        ):
            defaults.set(model, name, value, user_id=True)
        sessions = self.as_user(self.env["dialer.session"], self.ana)
        sessions = sessions.with_context(
            default_entry_id=self.entry_of(self.customers[3]).id
        )
        state = sessions.start(self.campaign.id)
        self.assertFalse(state["entry"])
        session = sessions.browse(state["session_id"])
        self.assertEqual(session.skipped_count, 0)
        session.next_contact()
        session.dial()
        attendance = self.attendances.browse(
            session.register_result(self.done.id)["attendance_id"]
        )
        self.assertFalse(attendance.gate_event_id)
        self.assertFalse(attendance.corrected_by_id)
        with self.assertRaises(AccessError):
            self.as_user(self.attendances, self.ana).create(self.manual_values())

    def test_attendances_of_the_dialer_stay(self):
        attendance = self.call()
        with self.assertRaises(AccessError):
            self.as_user(attendance, self.ana).unlink()
        with self.assertRaises(UserError):
            self.as_user(attendance, self.supervisor).unlink()
        manual = self.as_user(self.attendances, self.ana).create(self.manual_values())
        self.as_user(manual, self.supervisor).unlink()
        self.assertFalse(manual.exists())

    def test_what_agents_type_takes_nobody_out_of_the_queue(self):
        self.campaign.write(
            {
                "customer_day_limit": 1,
                "number_day_limit": 1,
                "customer_limit": 1,
                "number_limit": 1,
            }
        )
        phone = self.entry_of(self.customers[0]).phone
        self.as_user(self.attendances, self.bruno).create(
            [self.manual_values(phone=phone) for _time in range(3)]
        )
        self.assertFalse(self.entry_of(self.customers[0])._blocks())

    def test_moved_next_contact_moves_promise_and_activity(self):
        attendance = self.call("callback")
        when = self.later(days=9).replace(hour=15, minute=0, second=0)
        record = self.as_user(attendance, self.ana)
        record.next_contact_at = when
        entry = attendance.entry_id
        self.assertEqual(entry.next_call_at, when)
        self.assertEqual(entry.activity_id, attendance.activity_id)
        day = self.company._dialer_local(when).date()
        self.assertEqual(attendance.activity_id.date_deadline, day)
        with self.assertRaises(UserError):
            record.next_contact_at = False

    def test_next_contact_given_to_a_retry_becomes_a_promise(self):
        attendance = self.call("retry")
        when = self.later(days=9)
        self.as_user(attendance, self.ana).next_contact_at = when
        entry = attendance.entry_id
        self.assertTrue(entry.is_callback)
        self.assertEqual(entry.callback_user_id, self.ana)
        self.assertEqual(entry.next_call_at, when)
        self.assertEqual(attendance.activity_id.user_id, self.ana)
        self.assertEqual(entry.activity_id, attendance.activity_id)


@tagged("post_install", "-at_install")
class TestNames(AttendanceCase):
    """A lead of a colleague is in the queue; its name is not everybody's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls.env["crm.lead"].create(
            {
                "name": "Segredo 4711",
                "contact_name": "Segredo 4711",
                "phone": "+55 47 98811-4711",
                "company_id": cls.company.id,
                "user_id": cls.bruno.id,
            }
        )
        cls.leads = cls.env["dialer.campaign"].create(
            {
                "name": "Leads",
                "company_id": cls.company.id,
                "target": "lead",
                "domain": repr([("id", "=", cls.secret.id)]),
            }
        )
        cls.leads.action_start()
        cls.entry = cls.env["dialer.queue.entry"].search(
            [("lead_id", "=", cls.secret.id)]
        )

    def answers(self, user):
        """What this user gets of queue, attendances and ledger, by every way."""
        for name in ("dialer.queue.entry", "dialer.attendance", "dialer.gate.event"):
            model = self.as_user(self.env[name], user)
            records = model.search([("lead_id", "=", self.secret.id)])
            names = [n for n in records.fields_get() if n != "display_name"]
            links = [n for n in ("lead_id", "entry_id") if n in model._fields]
            spec = {link: {"fields": {"display_name": {}}} for link in links}
            spec["display_name"] = {}
            yield records.read([*names, "display_name"])
            yield records.web_read(spec)
            yield model.search_read([("id", "in", records.ids)], [*links])
            for link in links:
                yield model.formatted_read_group(
                    [("id", "in", records.ids)], [link], ["__count"]
                )
            if "phone" in model._fields:
                yield model.search([("phone", "=", self.entry.phone)]).ids
                yield model.formatted_read_group(
                    [("id", "in", records.ids)], ["phone"], ["__count"]
                )
                yield model._read_group(
                    [("id", "in", records.ids)], [], ["phone:array_agg"]
                )

    def test_names_and_numbers_travel_only_with_the_right_to_the_customer(self):
        self.as_user(self.secret, self.ana)
        session = self.start(self.bruno, self.leads)
        session.next_contact()
        for _moment in ("on the screen of Bruno", "after the call"):
            self.env.flush_all()
            self.env.invalidate_all()
            told = repr(list(self.answers(self.ana)))
            self.assertNotIn("Segredo", told)
            self.assertNotIn("98811", told)
            self.assertNotIn("988114711", told)
            for user in (self.bruno, self.supervisor):
                self.env.invalidate_all()
                told = repr(list(self.answers(user)))
                self.assertIn("Segredo 4711", told)
                self.assertIn("988114711", told)
            if session.sudo().entry_id:
                session.dial()
                session.register_result(self.done.id)

    def test_agent_sees_whom_they_have_on_screen(self):
        session = self.start(self.ana, self.leads)
        state = session.next_contact()
        self.assertEqual(state["entry"]["name"], "Segredo 4711")
        entry = self.as_user(self.entry, self.ana)
        self.env.invalidate_all()
        self.assertEqual(entry.customer_name, "Segredo 4711")
        self.assertIn("4711", entry.read(["phone"])[0]["phone"])
        session.close()
        self.env.invalidate_all()
        self.assertNotIn("Segredo", entry.customer_name)
        self.assertFalse(entry.read(["phone"])[0]["phone"])

    def test_names_of_a_list_cost_the_same_for_few_and_for_many(self):
        entries = self.env["dialer.queue.entry"].browse(self.campaign.entry_ids.ids)
        entries = self.as_user(entries, self.ana)

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(["customer_name", "phone", "partner_id"])
            return self.env.cr.sql_log_count - before

        count(entries)
        self.assertEqual(count(entries[:1]), count(entries))

    def test_popups_are_about_the_own_screen_only(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        other = self.start(self.bruno, self.leads)
        other.next_contact()
        mine = self.start()
        mine.next_contact()
        held = mine.sudo().entry_id
        for name in ("dialer.pause.confirm", "dialer.call.result"):
            popups = self.as_user(self.env[name], self.ana)
            popup = popups.create({"session_id": mine.id})
            self.assertEqual(popup.entry_id, held)
            self.assertEqual(popup.customer_name, self.customers[0].name)
            self.assertTrue(popups.create({"session_id": mine.id, "entry_id": held.id}))
            for values in (
                {"session_id": mine.id, "entry_id": self.entry.id},
                {"session_id": other.id},
                {"session_id": other.id, "entry_id": self.entry.id},
                {"session_id": 0},
                {"session_id": "1"},
                {},
            ):
                with self.subTest(values=values), self.assertRaises(UserError):
                    popups.create(values)
            with self.assertRaises(AccessError):
                popups.with_context(default_entry_id=self.entry.id).create(
                    {"session_id": mine.id}
                )
            with self.assertRaises(AccessError):
                popup.write({"entry_id": self.entry.id})
            with self.assertRaises(AccessError):
                popup.write({"session_id": other.id})

    def test_popup_without_a_customer_on_screen_is_refused(self):
        session = self.start()
        with self.assertRaises(UserError):
            session.action_register_result()

    def test_popup_with_the_result_opens_and_saves(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        session.dial()
        action = session.action_register_result()
        popup = self.as_user(self.env[action["res_model"]], self.ana)
        popup = popup.browse(action["res_id"])
        with self.assertRaises(UserError):
            popup.action_save()
        popup.result_id = self.done
        popup.action_save()
        self.assertEqual(self.env["dialer.queue.entry"].browse(entry_id).state, "done")


@tagged("post_install", "-at_install")
class TestDialedNumber(AttendanceCase):
    def blocked(self):
        numbers = self.env["phone.blacklist"].search([]).mapped("number")
        listed = self.env["dialer.do.not.call"].search([]).mapped("number")
        return set(numbers) | set(listed)

    def change_phone_in_call(self):
        session = self.start()
        session.next_contact()
        session.dial()
        entry = session.sudo().entry_id
        dialed = entry.phone
        entry.partner_id.phone = "+55 47 98877-0001"
        self.env.flush_all()
        return session, entry, dialed

    def test_do_not_call_blocks_what_was_dialed(self):
        for scope in ("global", "company"):
            self.company.dialer_dnc_scope = scope
            with self.subTest(scope=scope):
                before = self.blocked()
                session, entry, dialed = self.change_phone_in_call()
                state = session.register_result(self.results["dnc"].id)
                attendance = self.attendances.browse(state["attendance_id"])
                self.assertEqual(self.blocked() - before, {dialed})
                self.assertEqual(attendance.phone, dialed)
                self.assertEqual(entry.state, "cancelled")
                session.close()

    def test_all_numbers_known_when_dialed_are_blocked(self):
        customer = self.customers[0]
        customer.phone = "+55 47 98800-1000 / +55 47 98877-0002"
        session = self.start()
        session.next_contact()
        session.dial()
        customer.phone = "+55 47 98877-0003"
        session.register_result(self.results["dnc"].id)
        self.assertEqual(self.blocked(), {"+5547988001000", "+5547988770002"})

    def test_second_click_on_dial_calls_the_same_number(self):
        session, _entry, dialed = self.change_phone_in_call()
        self.assertIn(dialed, session.dial()["uri"])

    def test_call_that_was_left_keeps_the_number_that_was_dialed(self):
        _session, entry, dialed = self.change_phone_in_call()
        attendance = entry._settle_lost_call()
        self.assertEqual(attendance.phone, dialed)
        self.assertEqual(attendance.dialed_numbers, [dialed])

    def test_number_edited_in_a_call_is_called_next_time(self):
        session, entry, _dialed = self.change_phone_in_call()
        session.register_result(self.retry.id)
        self.env.flush_all()
        self.assertEqual(entry.phone, "+5547988770001")

    def test_yes_keeps_the_number_that_was_asked_about(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        asked = session.sudo().entry_id.phone
        self.customers[0].phone = "+55 47 98877-0001"
        self.env.flush_all()
        session.answer("yes")
        yes = self.customers[0].dialer_attendance_ids
        self.assertEqual(yes.phone, asked)


@tagged("post_install", "-at_install")
class TestCorrectResult(AttendanceCase):
    def followed(self, attendance):
        """All that follows from a result, comparable between two calls."""
        entry = attendance.entry_id
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", entry.partner_id.id)]
        )
        blocked = self.env["phone.blacklist"].search([("number", "=", entry.phone)])
        due = entry.next_call_at if entry.state == "pending" else None
        return {
            "state": entry.state,
            "attempts": entry.attempts,
            "due": due,
            "reason": entry.wait_reason or False,
            "callback": (entry.is_callback, entry.callback_user_id),
            "until": entry.callback_until,
            "activities": len(activities),
            "linked": entry.activity_id == activities == attendance.activity_id,
            "next": attendance.next_contact_at,
            "blocked": bool(blocked),
        }

    def test_what_follows_is_as_if_the_right_result_had_been_saved(self):
        self.campaign.max_attempts = 3
        with freeze_time("2031-03-11 14:00:00"):
            expected = {}
            for effect in EFFECTS:
                with self.rolled_back():
                    expected[effect] = self.followed(self.call(effect))
            for wrong, right in itertools.permutations(EFFECTS, 2):
                with self.subTest(wrong=wrong, right=right), self.rolled_back():
                    attendance = self.call(wrong)
                    self.correct(attendance, right)
                    self.assertEqual(attendance.result_id, self.results[right])
                    self.assertEqual(self.followed(attendance), expected[right])

    def rolled_back(self):
        """A savepoint that is always rolled back."""
        return RolledBack(self.env)

    def test_counts_of_the_day_and_reports_follow(self):
        session = self.start()
        attendance = self.call("done")
        self.correct(attendance, "retry")
        results = session.get_state()["totals"]["results"]
        self.assertEqual(
            [(row["id"], row["count"]) for row in results], [(self.retry.id, 1)]
        )
        groups = self.attendances._read_group(
            [("id", "=", attendance.id)], ["result_id"], ["__count"]
        )
        self.assertEqual(groups, [(self.retry, 1)])

    def test_correction_is_told_with_who_when_and_why(self):
        attendance = self.call("done")
        self.correct(attendance, "retry", reason="<b>Hit</b> the wrong key")
        self.assertEqual(attendance.corrected_from_id, self.done)
        self.assertEqual(attendance.corrected_by_id, self.ana)
        self.assertTrue(attendance.corrected_at)
        self.assertEqual(attendance.correction_reason, "<b>Hit</b> the wrong key")
        line = self.updates_of(attendance.partner_id)[:1]
        self.assertEqual(line.author_id, self.ana.partner_id)
        for word in (self.done.name, self.retry.name, self.ana.name, "&lt;b&gt;Hit"):
            self.assertIn(word, line.body)

    def test_reason_is_required_and_bounded(self):
        attendance = self.call()
        for reason in (False, "  ", "x" * 501, "a\0b"):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                self.as_user(attendance, self.ana)._correct(
                    self.done, self.retry, reason
                )
        self.assertEqual(attendance.result_id, self.done)

    def test_agents_correct_their_own_calls_of_the_day_only(self):
        attendance = self.call()
        with self.assertRaises(AccessError):
            self.correct(attendance, "retry", user=self.bruno)
        self.assertFalse(self.as_user(attendance, self.bruno).can_correct)
        self.assertTrue(self.as_user(attendance, self.ana).can_correct)
        attendance.date -= timedelta(days=1)
        self.env.invalidate_all()
        self.assertFalse(self.as_user(attendance, self.ana).can_correct)
        with self.assertRaises(UserError):
            self.correct(attendance, "retry")
        self.correct(attendance, "retry", user=self.supervisor)
        self.assertEqual(attendance.corrected_by_id, self.supervisor)
        self.assertEqual(attendance.result_id, self.retry)
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        self.correct(attendance, "done", user=admin)
        self.assertEqual(attendance.result_id, self.done)

    def test_day_is_the_companys_wherever_the_agent_is(self):
        self.ana.tz = "Asia/Tokyo"
        # 22:30 on the day before in Blumenau
        with freeze_time("2031-03-11 01:30:00"):
            attendance = self.call()
        with freeze_time("2031-03-11 02:59:00"):
            self.assertTrue(self.as_user(attendance, self.ana).can_correct)
        self.env.invalidate_all()
        with freeze_time("2031-03-11 03:01:00"):
            self.assertFalse(self.as_user(attendance, self.ana).can_correct)
            with self.assertRaises(UserError):
                self.correct(attendance, "retry")

    def test_supervisor_of_another_company_corrects_nothing(self):
        attendance = self.call()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger_sup",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            attendance.with_user(stranger).action_correct_result()
        with self.assertRaises(AccessError):
            attendance.with_user(self.supervisor).with_context(
                allowed_company_ids=other.ids
            ).action_correct_result()

    def test_customer_called_again_since_stays_where_they_are(self):
        attendance = self.call("retry")
        entry = attendance.entry_id
        self.campaign.entry_ids.filtered(lambda e: e != entry).state = "done"
        entry.next_call_at = self.later(minutes=-5)
        again = self.call("callback")
        self.assertEqual(again.entry_id, entry)
        before = self.followed(again)
        popup = self.correct(attendance, "done")
        self.assertFalse(popup.moves_queue)
        self.assertEqual(attendance.result_id, self.done)
        self.assertEqual(self.followed(again), before)

    def test_customer_on_the_next_screen_leaves_it(self):
        attendance = self.call("retry")
        entry = attendance.entry_id
        self.campaign.entry_ids.filtered(lambda e: e != entry).state = "done"
        entry.next_call_at = self.later(minutes=-5)
        session = self.start(self.bruno)
        self.assertEqual(session.next_contact()["entry"]["id"], entry.id)
        self.correct(attendance, "dnc")
        self.assertEqual(entry.state, "cancelled")
        self.assertFalse(session.get_state()["entry"])

    def test_call_of_another_session_is_left_alone(self):
        attendance = self.call("retry")
        entry = attendance.entry_id
        self.campaign.entry_ids.filtered(lambda e: e != entry).state = "done"
        entry.next_call_at = self.later(minutes=-5)
        session = self.start(self.bruno)
        session.next_contact()
        session.dial()
        self.correct(attendance, "done")
        self.assertEqual(entry.state, "dialing")
        self.assertEqual(session.get_state()["entry"]["id"], entry.id)

    def test_yes_is_no_call_and_says_so(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        session.answer("yes")
        yes = self.customers[0].dialer_attendance_ids
        for user in (self.ana, self.supervisor):
            self.assertFalse(self.as_user(yes, user).can_correct)
            with self.assertRaisesRegex(UserError, "WhatsApp"):
                self.as_user(yes, user).action_correct_result()

    def test_call_that_goes_on_in_whatsapp_is_a_call(self):
        attendance = self.call("done")
        self.results["whatsapp"] = self.whatsapp
        self.correct(attendance, "whatsapp")
        self.assertEqual(attendance.channel, "whatsapp")
        self.assertTrue(attendance.activity_id)
        self.correct(attendance, "done")
        self.assertEqual(attendance.channel, "phone")
        self.assertEqual(attendance.entry_id.state, "done")

    def test_call_without_a_result_gets_one(self):
        session = self.start()
        session.next_contact()
        session.dial()
        attendance = session.sudo().entry_id._settle_lost_call()
        self.correct(attendance, "callback")
        self.assertEqual(attendance.entry_id.callback_user_id, self.ana)
        self.assertEqual(attendance.result_id, self.results["callback"])

    def test_dialers_own_result_is_not_chosen_by_people(self):
        attendance = self.call()
        self.results["lost"] = self.env.ref("dialer_plinx_gate.result_no_result")
        with self.assertRaises(UserError):
            self.correct(attendance, "lost")

    def test_result_of_another_company_is_refused(self):
        attendance = self.call()
        other = self.env["res.company"].create({"name": "Other"})
        self.results["foreign"] = self.env["dialer.result"].create(
            {"name": "Foreign", "company_id": other.id}
        )
        with self.assertRaises(UserError):
            self.correct(attendance, "foreign")

    def test_manual_attendance_is_changed_directly(self):
        manual = self.as_user(self.attendances, self.ana).create(self.manual_values())
        with self.assertRaises(UserError):
            manual.action_correct_result()

    def test_none_or_two_attendances_get_a_sentence(self):
        attendance = self.call()
        records = self.as_user(self.attendances, self.ana)
        for chosen in (records, attendance + self.call("retry"), records.browse(0)):
            with self.assertRaises(UserError):
                self.as_user(chosen, self.ana).action_correct_result()
        for values in ({}, {"attendance_id": "x"}, {"attendance_id": 999999999}):
            with self.assertRaises(UserError):
                self.env["dialer.attendance.correct"].with_user(self.ana).create(values)

    def test_number_blocked_by_another_call_too_stays_blocked(self):
        for scope in ("global", "company"):
            with self.subTest(scope=scope), self.rolled_back():
                self.company.dialer_dnc_scope = scope
                first, second = self.call("dnc"), self.call("dnc")
                second.write({"phone": first.phone, "dialed_numbers": [first.phone]})
                self.correct(first, "done")
                number = first.phone
                model = {"global": "phone.blacklist", "company": "dialer.do.not.call"}
                listed = self.env[model[scope]].search([("number", "=", number)])
                self.assertTrue(listed)

    def test_number_listed_before_stays_listed(self):
        entry = self.env["dialer.queue.entry"]
        self.company.dialer_dnc_scope = "company"
        session = self.start()
        session.next_contact()
        session.dial()
        entry = session.sudo().entry_id
        day = self.company._dialer_date() + timedelta(days=200)
        listed = self.env["dialer.do.not.call"].create(
            {
                "company_id": self.company.id,
                "number": entry.phone,
                "date_from": day,
            }
        )
        state = session.register_result(self.results["dnc"].id)
        self.assertEqual(listed.date_from, self.company._dialer_date())
        self.correct(self.attendances.browse(state["attendance_id"]), "done")
        self.assertEqual(listed.date_from, day)

    def test_popup_stays_with_its_call_and_its_owner(self):
        attendance, other = self.call(), self.call("retry", agent=self.bruno)
        action = self.as_user(attendance, self.ana).action_correct_result()
        popup = self.as_user(self.env[action["res_model"]], self.ana).browse(
            action["res_id"]
        )
        with self.assertRaises(AccessError):
            popup.write({"attendance_id": other.id})
        with self.assertRaises(AccessError):
            popup.write({"before_id": self.retry.id})
        with self.assertRaises(AccessError):
            self.as_user(popup, self.bruno).read(["note"])
        with self.assertRaises(AccessError):
            self.as_user(popup.browse(), self.ana).create({"attendance_id": other.id})

    def test_popup_as_a_form(self):
        attendance = self.call("done", note="Liked it")
        action = self.as_user(attendance, self.ana).action_correct_result()
        popup = self.as_user(self.env[action["res_model"]], self.ana).browse(
            action["res_id"]
        )
        with Form(popup) as form:
            self.assertEqual(form.note, "Liked it")
            form.result_id = self.retry
            form.reason = "Nobody answered"
        popup.action_save()
        popup.action_save()
        self.assertEqual(attendance.result_id, self.retry)
        self.assertEqual(len(self.updates_of(attendance.partner_id)), 1)

    def test_stale_popup_is_told_what_happened(self):
        attendance = self.call("done")
        action = self.as_user(attendance, self.ana).action_correct_result()
        stale = self.as_user(self.env[action["res_model"]], self.ana).browse(
            action["res_id"]
        )
        self.correct(attendance, "retry")
        stale.write({"result_id": self.results["dnc"].id, "reason": "Late"})
        with self.assertRaisesRegex(UserError, self.retry.name):
            stale.action_save()

    def test_console_offers_the_last_calls_of_today(self):
        first, second = self.call("done"), self.call("retry")
        self.call("done", agent=self.bruno)
        records = self.as_user(self.attendances, self.ana)
        offered = records.recent_calls()
        self.assertEqual({row["id"] for row in offered}, {first.id, second.id})
        self.assertIn(first.partner_id.name, [row["name"] for row in offered])
        self.correct(first, "retry")
        corrected = {row["id"]: row["corrected"] for row in records.recent_calls()}
        self.assertEqual(corrected, {first.id: True, second.id: False})


class RolledBack:
    """A savepoint that is rolled back at the end, whatever happened."""

    def __init__(self, env):
        self.env = env

    def __enter__(self):
        self.env.flush_all()
        self.savepoint = self.env.cr.savepoint(flush=False)
        self.savepoint.__enter__()

    def __exit__(self, *error):
        self.env.invalidate_all(flush=False)
        self.env.transaction.clear()
        self.savepoint.close(rollback=True)


@tagged("post_install", "-at_install")
class TestCorrectAtOnce(ConcurrencyCase):
    def test_two_clicks_at_once_make_one_correction(self):
        campaign, customers = self.queue(1, start=7000)
        self.request(0, "start", campaign)
        self.request(0, "next_contact")
        self.request(0, "dial")
        state = self.request(0, "register_result", self.done_id)
        self.together(*(lambda: self.correct(state["attendance_id"]) for _ in range(4)))
        found = self.rows(
            "dialer.attendance", [("campaign_id", "=", campaign)], "result_id"
        )
        self.assertEqual(found, [(self.retry_id,)])
        lines = [("model", "=", "res.partner"), ("res_id", "=", customers[0])]
        told = [
            row for row in self.rows("mail.message", lines, "body") if "Key" in row[0]
        ]
        self.assertEqual(len(told), 1)

    def correct(self, attendance_id):
        """One request that corrects a result, as the popup does."""
        with self.registry.cursor() as cr:
            context = {"allowed_company_ids": [self.company_id]}
            env = api.Environment(cr, self.user_ids[0], context)
            results = env["dialer.result"]
            attendance = env["dialer.attendance"].browse(attendance_id)
            return retrying(
                lambda: attendance._correct(
                    results.browse(self.done_id), results.browse(self.retry_id), "Key"
                ),
                env,
            )
