# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The first steps of a company with the dialer."""

from odoo import api, models
from odoo.exceptions import UserError


class DialerChecklist(models.AbstractModel):
    _name = "dialer.checklist"
    _description = "First Steps with the Dialer"

    @api.model
    def get_steps(self):
        """Tell what is left to do before the current company can call.

        :return: None when the list was closed or the user is no supervisor, else
            ``company`` (its name), ``steps``: dicts with ``key`` (``connect``,
            ``parameter``, ``campaign``, ``agents``), ``done`` and ``allowed``
            (whether this user has the rights for it)
        :rtype: dict | None
        """
        company = self.env.company
        user = self.env.user
        supervisor = user.has_group("dialer_plinx_gate.group_dialer_supervisor")
        # sudo: whether a step is done shows nothing of what was entered
        known = company.sudo()
        if not supervisor or known.dialer_checklist_closed:
            return None
        campaigns = self.env["dialer.campaign"].search(
            [("company_id", "=", company.id)]
        )
        system = user.has_group("base.group_system")
        connected = bool(known.plinx_url and known.plinx_token_value)
        steps = (
            # a step is ticked by what it leads to, not by hand
            ("connect", connected, system),
            ("parameter", known.dialer_parameter_chosen, True),
            ("campaign", bool(campaigns), True),
            ("agents", self._has_agents(company, campaigns), True),
        )
        return {
            "company": company.name,
            "steps": [
                {"key": key, "done": done, "allowed": allowed}
                for key, done, allowed in steps
            ],
        }

    @api.model
    def choose(self, ask):
        """Decide what happens with customers in conversation.

        :param bool ask: ask the agent; False: skip the customer
        :return: the steps, see :meth:`get_steps`
        :raise AccessError: when the user is no supervisor
        :raise UserError: when it is neither
        """
        self.env["dialer.board"]._check_supervisor()
        if not isinstance(ask, bool):
            raise UserError(self.env._("Choose one of the two."))
        self.env.company.write({"dial_active_whatsapp": ask})
        return self.get_steps()

    @api.model
    def close(self):
        """Show the steps no more, to nobody of the current company.

        :raise AccessError: when the user is no supervisor
        """
        self.env["dialer.board"]._check_supervisor()
        # sudo: supervisors may close the list; it is no parameter of the company
        self.env.company.sudo().dialer_checklist_closed = True

    @api.model
    def _has_agents(self, company, campaigns):
        """Whether somebody is there to call: named in a campaign, or an agent."""
        if campaigns.agent_ids:
            return True
        agent = self.env.ref("dialer_plinx_gate.group_dialer_agent")
        supervisor = self.env.ref("dialer_plinx_gate.group_dialer_supervisor")
        # sudo: only whether there is one
        return bool(
            self.env["res.users"]
            .sudo()
            .search_count(
                [
                    ("company_ids", "in", company.id),
                    ("all_group_ids", "in", agent.id),
                    ("all_group_ids", "not in", supervisor.id),
                ],
                limit=1,
            )
        )
