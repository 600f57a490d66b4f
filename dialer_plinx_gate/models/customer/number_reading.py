# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reading the phone fields of everybody: at installation, and when the way in which
they are read changes."""

import json

import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.faults import kept_apart
from .number import COLUMNS, Written

# Customers read between two commits, in a second or less: their rows are locked.
BATCH = 5_000


class DialerNumberReading(models.Model):
    """How far the reading of all contacts, or of all leads, has come."""

    _name = "dialer.number.reading"
    _description = "Reading of all customers' numbers"
    _rec_name = "model"

    model = fields.Selection(
        [("res.partner", "Contacts"), ("crm.lead", "Leads")], required=True
    )
    read_with = fields.Text(
        string="Read with",
        help="Phone fields and companies' countries that the numbers were read with.",
    )
    position = fields.Integer(
        string="Read up to",
        aggregator=None,
        help="Id of the last customer that was read.",
    )
    done = fields.Boolean()

    _once = models.UniqueIndex("(model)", "There is one reading of each kind.")

    # -------------------------------------------------------------------------
    # When
    # -------------------------------------------------------------------------

    @api.model
    def _read_all(self):
        """Read what is not read yet, in this transaction, in bounded memory."""
        for reading in self._readings():
            while not reading.done:
                reading._read_batch(BATCH)

    @api.model
    def _read_again(self):
        """Read everybody again, in the background, from the beginning.

        For what the dialer cannot notice: rows written by other programs, or a
        version that reads differently.
        """
        self._readings().write({"position": 0, "done": False})
        self._wake()

    @api.model
    def _wake(self):
        """Have the job look whether numbers are to be read again."""
        job = self.env.ref(
            "dialer_plinx_gate.ir_cron_read_numbers", raise_if_not_found=False
        )
        if job:
            # sudo: ir.cron - waking the job is all that is done with it
            job.sudo()._trigger()

    @api.model
    def _cron_read(self, batch=BATCH):
        """Read again after a change of phone fields or of companies' countries.

        Each batch is committed; a run that is interrupted goes on where it stopped.

        :param int batch: customers between two commits
        """
        cron = self.env["ir.cron"]
        waiting = self._readings().filtered(lambda reading: not reading.done)
        cron._commit_progress(remaining=len(waiting))
        for reading in waiting:
            with kept_apart(reading, "reading of numbers", commits=True):
                while not reading.done:
                    reading._try_batch(batch)
                    if not cron._commit_progress():
                        return
            if not cron._commit_progress(1):
                return

    def _try_batch(self, batch):
        """Read a batch; once more later if somebody edited one of them meanwhile."""
        try:
            with self.env.cr.savepoint():
                self._read_batch(batch)
        except psycopg2.errors.SerializationFailure:
            self.invalidate_recordset()

    # -------------------------------------------------------------------------
    # How
    # -------------------------------------------------------------------------

    @api.model
    def _readings(self):
        """The readings of contacts and of leads; back at the beginning if what they
        read with has changed since.

        :rtype: dialer.number.reading
        """
        # sudo: how far the dialer is, whoever caused it to read
        readings = self.sudo().search([("model", "in", list(COLUMNS))])
        missing = COLUMNS.keys() - set(readings.mapped("model"))
        readings += readings.create([{"model": model} for model in sorted(missing)])
        for reading in readings:
            now = reading._signature()
            if reading.read_with != now:
                reading.write({"read_with": now, "position": 0, "done": False})
        return readings

    def _signature(self):
        """What the numbers of this model's customers are read with, to compare.

        :rtype: str
        """
        countries = self.env["dialer.number"]._company_countries()
        names = self.env[self.model]._dialer_stored_phone_fields()
        return json.dumps([names, sorted(countries.items(), key=str)])

    def _read_batch(self, limit):
        """Read some customers more, in the order of their ids.

        :param int limit: customers at the most
        """
        self.ensure_one()
        numbers = self.env["dialer.number"]
        numbers._flush_numbers()
        # an edit at the same time waits for this, or makes it begin anew
        rows = self.env.execute_query(self._batch_sql(limit))
        written = [Written(one, tuple(texts), *rest) for one, texts, *rest in rows]
        done = len(rows) < limit
        column = SQL.identifier(COLUMNS[self.model])
        where = SQL("%s > %s", column, self.position)
        if not done:
            where = SQL("%s AND %s <= %s", where, column, written[-1].customer)
        numbers._store(COLUMNS[self.model], written, where)
        last = written[-1].customer if written else self.position
        self.write({"position": last, "done": done})

    def _batch_sql(self, limit):
        """The next customers with a text in a phone field, locked against edits."""
        customers = self.env[self.model]
        names = customers._dialer_stored_phone_fields()
        texts = [SQL("customer.%s", SQL.identifier(name)) for name in names]
        return SQL(
            """
            SELECT customer.id, ARRAY[%(texts)s]::varchar[], country.code,
                   customer.company_id
              FROM %(table)s customer
         LEFT JOIN res_country country ON country.id = customer.country_id
             WHERE customer.id > %(position)s
               AND num_nonnulls(%(texts)s) > 0
          ORDER BY customer.id
             LIMIT %(limit)s
               FOR NO KEY UPDATE OF customer
            """,
            texts=SQL(", ").join(texts),
            table=SQL.identifier(customers._table),
            position=self.position,
            limit=limit,
        )
