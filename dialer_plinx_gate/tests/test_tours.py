# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import inspect
from importlib import import_module

from odoo.tests import HttpCase, tagged

from .common import DialerData, SandboxMixin
from .tour_case import WatchedCase

CONSOLE = "/odoo/dialer-console"


class TourCase(SandboxMixin, DialerData, WatchedCase):
    """An agent and a supervisor in the web client, in front of a live sandbox."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()
        cls.load_portuguese()
        cls.supervisor = cls.make_user("sup_test", "supervisor")
        cls.ana = cls.make_user("ana_test", "agent")
        cls.customers = cls.make_customers(4)
        cls.campaign = cls.make_campaign(cls.customers)
        cls.whatsapp = cls.env.ref("dialer_plinx_gate.result_whatsapp")

    @classmethod
    def load_portuguese(cls):
        """Load the language, and this addon's words of what is kept in tables."""
        if cls.env["res.lang"]._get_data(code="pt_BR"):
            return
        cls.env["res.lang"]._activate_lang("pt_BR")
        modules = ["base", "web", "mail", "crm", "dialer_plinx_gate"]
        cls.env["ir.module.module"]._load_module_terms(modules, ["pt_BR"])

    def setUp(self):
        super().setUp()
        self.sandbox.open_conversation(self.wa_id(self.customers[0]), assignee="Bia")

    def tour(self, name, lang="en_US", url=CONSOLE, user=None, **kwargs):
        """Walk a tour in a language, as a user."""
        user = user or self.ana
        user.lang = lang
        self.start_tour(url, name, login=user.login, timeout=120, **kwargs)

    def attendances(self):
        return self.customers[0].dialer_attendance_ids


@tagged("post_install", "-at_install")
class TestConsoleTours(TourCase):
    def test_parameter_off_skips_and_says_whom(self):
        for lang in ("en_US", "pt_BR"):
            with self.subTest(lang=lang):
                self.campaign.entry_ids.write({"next_call_at": self.past()})
                self.tour("dialer_console_skip", lang)
                self.assertEqual(len(self.customers[0].dialer_update_ids), 1)
                self.assertFalse(self.attendances())
                self.end_session()

    def past(self):
        return "2026-01-01 00:00:00"

    def end_session(self):
        """Close what is open and start the customers' history anew."""
        sessions = self.env["dialer.session"].search([("user_id", "=", self.ana.id)])
        sessions._close()
        self.customers.dialer_update_ids.unlink()
        self.attendances().unlink()
        self.campaign.entry_ids.write(
            {"state": "pending", "is_callback": False, "deferrals": 0}
        )

    def test_parameter_on_yes_pauses_with_the_exact_words(self):
        self.company.dial_active_whatsapp = True
        for lang in ("en_US", "pt_BR"):
            with self.subTest(lang=lang):
                self.campaign.entry_ids.write({"next_call_at": self.past()})
                self.tour("dialer_console_yes", lang)
                self.assertEqual(self.attendances().result_id, self.whatsapp)
                self.assertEqual(self.attendances().origin, "dialer")
                self.end_session()

    def test_parameter_on_no_goes_on_and_writes_nothing(self):
        self.company.dial_active_whatsapp = True
        for lang in ("en_US", "pt_BR"):
            with self.subTest(lang=lang):
                self.campaign.entry_ids.write({"next_call_at": self.past()})
                self.tour("dialer_console_no", lang)
                self.assertFalse(self.attendances())
                self.assertFalse(self.customers[0].dialer_update_ids)
                self.end_session()

    def test_closing_the_question_is_no_answer(self):
        self.company.dial_active_whatsapp = True
        self.tour("dialer_console_close", "pt_BR")
        self.assertFalse(self.attendances())

    def test_a_shift_without_a_mouse(self):
        self.company.dial_active_whatsapp = True
        self.tour("dialer_console_keyboard")
        call = self.customers[1].dialer_attendance_ids
        self.assertEqual(call.note, "Pediu catálogo")
        self.assertTrue(call.next_contact_at)

    def test_a_wrong_result_is_corrected_without_a_mouse(self):
        self.tour("dialer_console_correct")
        call = self.customers[1].dialer_attendance_ids
        no_answer = self.env.ref("dialer_plinx_gate.result_no_answer")
        self.assertEqual(call.result_id, no_answer)
        self.assertEqual(call.correction_reason, "Wrong key")
        self.assertEqual(call.entry_id.state, "pending")

    def test_the_question_works_the_same_from_the_plain_form(self):
        self.company.dial_active_whatsapp = True
        session = self.env["dialer.session"].with_user(self.ana)
        session_id = session.start(self.campaign.id)["session_id"]
        self.tour("dialer_console_form", url=f"/odoo/dialer-sessions/{session_id}")
        self.assertFalse(self.attendances())


@tagged("post_install", "-at_install")
class TestSettingsTours(TourCase):
    def test_supervisor_ticks_the_parameter_in_dialer_management(self):
        for lang in ("en_US", "pt_BR"):
            with self.subTest(lang=lang):
                self.company.dial_active_whatsapp = False
                self.tour(
                    "dialer_parameter_supervisor",
                    lang,
                    url="/odoo/crm",
                    user=self.supervisor,
                    axe=lang == "en_US",
                )
                self.assertTrue(self.company.dial_active_whatsapp)
        self.report_examined()

    def test_agent_sees_no_parameter(self):
        self.tour("dialer_parameter_agent", url="/odoo/crm")


@tagged("post_install", "-at_install")
class TestWatch(TourCase):
    """The watch over the tours itself."""

    def test_a_tour_with_problems_fails_and_names_each(self):
        with self.assertRaises(AssertionError) as caught:
            self.tour("dialer_problems")
        for problem in (
            "console warning: a warning of ours",
            "HTTP 404: GET .*/dialer_plinx_gate/nothing",
            "error answer: /web/dataset/call_kw/dialer.session/no_such_method",
        ):
            self.assertRegex(str(caught.exception), problem)

    def test_a_problem_that_was_expected_must_occur(self):
        with self.assertRaises(AssertionError):
            self.check_problems([], expected=["HTTP 418"])
        self.check_problems(["HTTP 418: GET /tea"], expected=["HTTP 418"])

    def test_no_tour_goes_unwatched(self):
        package = import_module(__package__)
        for _name, module in inspect.getmembers(package, inspect.ismodule):
            for name, case in inspect.getmembers(module, inspect.isclass):
                ours = case.__module__ == module.__name__
                if ours and issubclass(case, HttpCase):
                    watched = issubclass(case, WatchedCase)
                    with self.subTest(case=name):
                        self.assertTrue(
                            watched or "start_tour" not in inspect.getsource(case)
                        )
