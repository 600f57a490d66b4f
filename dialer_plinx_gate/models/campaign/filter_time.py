# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How long the statements made of filters may take, and how they are run."""

from contextlib import contextmanager

import psycopg2.errors

from odoo import models

from .filters import FiltersTakeTooLong


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    @contextmanager
    def _limited(self, seconds):
        """Give each statement so many seconds; what was cancelled leaves no trace.

        :raise FiltersTakeTooLong: when one needed more
        """
        cr = self.env.cr
        self.env.flush_all()
        try:
            with cr.savepoint(flush=False):
                cr.execute(
                    "SELECT current_setting('statement_timeout'),"
                    " set_config('statement_timeout', %s, TRUE)",
                    [str(max(1, int(seconds * 1000)))],
                )
                before = cr.fetchone()[0]
                yield
                cr.execute("SELECT set_config('statement_timeout', %s, TRUE)", [before])
        except psycopg2.errors.QueryCanceled as error:
            raise FiltersTakeTooLong(
                self.env._(
                    "The filters of “%(campaign)s” take too long: more than "
                    "%(seconds)s seconds. Choose fewer or simpler ones.",
                    campaign=self.name or self.env._("New"),
                    seconds=seconds,
                )
            ) from error

    def _run(self, statement):
        """Run a statement made of filters; what PostgreSQL refuses is not logged.

        :return: its rows
        :rtype: list[tuple]
        """
        self.env.flush_query(statement)
        self.env.cr.execute(statement, log_exceptions=False)
        return self.env.cr.fetchall()
