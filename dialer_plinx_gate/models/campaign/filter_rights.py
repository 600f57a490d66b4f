# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""With whose rights a campaign's filters choose: of who looks, or of who saved them."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .filters import CHOICES, FILTERS, SUPERVISOR, FiltersError

# Written by the dialer alone.
OWN_FIELDS = frozenset({"filter_user_id", "fill_user_id", "fill_error"})
# Each filter names so many records at most.
MAX_CHOICES = 1_000


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    filter_user_id = fields.Many2one(
        "res.users",
        string="Filters set by",
        readonly=True,
        copy=False,
        tracking=True,
        help="The person who last saved the filters. The queue is filled with the "
        "customers that this person may see.",
    )

    def _init_column(self, column_name):
        """Campaigns from before have the rights of who made them.

        Those made by the system stay without anybody if something was typed into them
        since: a supervisor has to answer for it.
        """
        if column_name != "filter_user_id":
            return super()._init_column(column_name)
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_campaign SET filter_user_id = create_uid
                 WHERE filter_user_id IS NULL
                   AND (create_uid != %s OR COALESCE(domain, '[]') = '[]')
                """,
                SUPERUSER_ID,
            )
        )
        return None

    @api.model
    def _sign_filters(self, vals, is_new=False):
        """Values to write, with who answers for the filters among them.

        :param dict vals: values of a create or a write
        :param bool is_new: whether the filters not named get their defaults
        :rtype: dict
        :raise AccessError: when a person writes what the dialer alone writes
        """
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(
                self.env._("Only the dialer itself records who set the filters.")
            )
        if is_new or not vals.keys().isdisjoint(FILTERS):
            vals = {**vals, "filter_user_id": self.env.uid, "fill_error": False}
        return vals

    def _person_may_set(self, name, value):
        """Whoever saves filters answers for them: see :meth:`_sign_filters`."""
        signed = {"filter_user_id": self.env.uid, "fill_error": False}
        return (name in signed and value == signed[name]) or super()._person_may_set(
            name, value
        )

    def _filter_person(self):
        """Who answers for the saved filters.

        :rtype: res.users
        :raise UserError: a sentence, when nobody does any more
        """
        person = self.filter_user_id
        if problem := self._person_problem(person):
            raise FiltersError(problem)
        return person

    def _person_problem(self, person):
        """Why the filters cannot have this person's rights.

        :return: a sentence, or None
        """
        # sudo: res.users - whether somebody left is not theirs to hide
        person = person.sudo()
        if person.id == SUPERUSER_ID:
            # OdooBot made it: demo and other data; nobody can log in as it
            return None
        user = {"user": person.name or ""}
        if not person:
            problem = self.env._("Nobody is responsible for the filters any more.")
        elif not person.active:
            problem = self.env._("%(user)s, who set the filters, is archived.", **user)
        elif self.company_id not in person.company_ids:
            problem = self.env._(
                "%(user)s, who set the filters, no longer belongs to the company.",
                **user,
            )
        elif not person.has_group(SUPERVISOR):
            problem = self.env._(
                "%(user)s, who set the filters, is no longer a supervisor.", **user
            )
        else:
            return None
        return self.env._(
            "%(problem)s Check the filters of “%(campaign)s” and press Fill the "
            "queue: from then on you are responsible for them.",
            problem=problem,
            campaign=self.name or "",
        )

    def _take_over(self):
        """Let whoever presses the button answer for filters that nobody answers for."""
        for campaign in self:
            if self.env.uid != SUPERUSER_ID and campaign._person_problem(
                campaign.filter_user_id
            ):
                campaign._plan(self.env.user)
                # sudo: the dialer notes it; nobody writes it
                campaign.sudo().filter_user_id = self.env.user

    def _as_person(self, person, model):
        """An empty recordset in this person's environment, whatever the caller's is.

        The context is made anew: a caller's may widen a search.
        """
        # sudo: res.users - preferences of who set the filters
        known = person.sudo()
        context = {
            "lang": known.lang,
            "tz": known.tz,
            "allowed_company_ids": self.company_id.ids,
        }
        env = self.env(user=person.id, context=context, su=person.id == SUPERUSER_ID)
        return env[model]

    def _forget_choices(self):
        """Read the choices anew: those in the cache are what the caller may see."""
        self.filtered("id").invalidate_recordset(CHOICES)

    def _chosen(self, person, name):
        """The records that a filter chooses, for this person.

        :rtype: odoo.models.BaseModel
        :raise UserError: when the person may not see one, or there are too many
        """
        # sudo: a filter that whoever presses the button cannot see is still a filter
        ids = self.sudo()[name].ids
        if len(ids) > MAX_CHOICES:
            raise FiltersError(
                self.env._(
                    "“%(field)s” may contain at most %(most)s records.",
                    field=self._label(name),
                    most=f"{MAX_CHOICES:,}",
                )
            )
        records = self._as_person(person, self._fields[name].comodel_name)
        records = records.browse(ids).with_context(active_test=False)
        if ids and records.search_count([("id", "in", ids)]) < len(ids):
            raise self._unseen(name)
        return records

    def _label(self, name):
        return self._fields[name].get_description(self.env, ["string"])["string"]

    def _unseen(self, name):
        return FiltersError(
            self.env._(
                "“%(field)s” contains records that you may not see.",
                field=self._label(name),
            )
        )
