# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the one reader read in the phone fields of contacts and leads, row by row.

Whatever compares numbers in SQL joins these rows, so that a number is the same for
every rule however it was typed.
"""

from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx import phone

# The column that says whose a row is, by model of the customer.
COLUMNS = {"res.partner": "partner_id", "crm.lead": "lead_id"}
# The country of a company that has none, as the numbering plans call it.
NO_COUNTRY = "ZZ"
# Where a number could also be somebody's in Brazil, it is not read as a foreign one.
CAREFUL_COUNTRY = "BR"


class Written(NamedTuple):
    """What stands in the phone fields of one customer.

    ``texts`` are in the order of the fields; ``country`` is the ISO code of the
    customer's own country; ``company`` is the id of the customer's company.
    """

    customer: int
    texts: tuple
    country: str | None
    company: int | None


class Part(NamedTuple):
    """Numbers that a customer has: its own, or those of somebody it stands for.

    ``customer`` is the customer's id and ``joins`` lead to it from a number;
    ``distance`` orders the parts.
    """

    kind: str
    distance: int
    customer: SQL
    joins: SQL = SQL()


_COMPANY = SQL(
    """
    JOIN res_partner contact ON contact.id = number.partner_id AND contact.active
    JOIN res_partner company ON company.id = contact.parent_id AND company.is_company
    """
)
PARTS = (
    Part("res.partner", 0, SQL("number.partner_id")),
    Part("res.partner", 1, SQL("company.id"), _COMPANY),
    Part("crm.lead", 0, SQL("number.lead_id")),
    Part(
        "crm.lead",
        1,
        SQL("lead.id"),
        SQL("JOIN crm_lead lead ON lead.partner_id = number.partner_id"),
    ),
    Part(
        "crm.lead",
        2,
        SQL("lead.id"),
        SQL("%s JOIN crm_lead lead ON lead.partner_id = company.id", _COMPANY),
    ),
)


class DialerNumber(models.Model):
    """A number of a contact or a lead, or a text in which none could be read.

    A customer with a country of its own is read once. One without is read by the
    country of each company that may call it, once per country: the rows of a company
    are those without ``company_country``, and those with its own.
    """

    _name = "dialer.number"
    _description = "Number of a customer, as it was read"
    _log_access = False
    _order = "partner_id, lead_id, sequence, id"
    _rec_name = "key"

    partner_id = fields.Many2one(
        "res.partner", string="Contact", ondelete="cascade", index="btree_not_null"
    )
    lead_id = fields.Many2one("crm.lead", ondelete="cascade", index="btree_not_null")
    sequence = fields.Integer(
        required=True, aggregator=None, help="0 is the number to dial first."
    )
    key = fields.Char(
        index="btree_not_null",
        help="Digits of the number in the form in use today: the same however it was "
        "typed.",
    )
    e164 = fields.Char(
        string="Number to dial", compute="_compute_e164", help="For example +5547..."
    )
    unread = fields.Char(
        string="Unread text",
        help="Text that holds a number which could not be read. The customer is not "
        "called before somebody mends it.",
    )
    company_country = fields.Char(
        string="Read by the rules of",
        help="ISO code of the company's country by which it was read; ZZ: a company "
        "without country. Empty: it is the same for every company.",
    )

    # few: what supervisors have to mend
    _with_unread = models.Index("(partner_id, lead_id) WHERE unread IS NOT NULL")
    _one_customer = models.Constraint(
        "CHECK(num_nonnulls(partner_id, lead_id) = 1)",
        "A number is one contact's, or one lead's.",
    )
    _read_or_not = models.Constraint(
        "CHECK(num_nonnulls(key, unread) = 1)",
        "A number was read, or it was not.",
    )

    @api.depends("key")
    def _compute_e164(self):
        for number in self:
            number.e164 = number.key and f"+{number.key}"

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    @api.model
    def _read_customers(self, customers):
        """Bring the rows in line with the phone fields of these customers.

        :param customers: contacts or leads that are in the database
        """
        names = customers._dialer_stored_phone_fields()
        written = [
            Written(
                customer.id,
                tuple(customer[name] for name in names),
                customer.country_id.code,
                customer.company_id.id or None,
            )
            for customer in customers
        ]
        column = COLUMNS[customers._name]
        mine = SQL("%s = ANY(%s)", SQL.identifier(column), list(customers.ids))
        self._store(column, written, mine)
        customers.invalidate_recordset(["dialer_number_ids"], flush=False)
        if column == "partner_id" and self._has_companies(customers):
            # a company's country is that of its contact
            self.env["dialer.number.reading"]._wake()

    @api.model
    def _has_companies(self, partners):
        """Whether one of these contacts stands for a company of Odoo.

        :rtype: bool
        """
        # sudo: res.company - a number is read alike, whoever typed it
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return bool(companies.search([("partner_id", "in", partners.ids)], limit=1))

    @api.model
    def _store(self, column, written, where):
        """Replace the rows under a condition by what is read now; what is the same
        stays. A few statements, however many customers.

        Whom nobody could call for want of a number that can be read waits in line
        again.

        :param str column: ``partner_id`` or ``lead_id``
        :param list[Written] written: of all the customers that may keep rows
        :param SQL where: condition on dialer_number: the rows of these customers
        """
        wanted = dict.fromkeys(self._prepare_rows(written))
        gone, gone_of = [], []
        for number, *row in self.env.execute_query(self._rows_sql(column, where)):
            # a second one of the same, which a merge of customers leaves, goes too
            if tuple(row) in wanted:
                del wanted[tuple(row)]
            else:
                gone.append(number)
                gone_of.append(row[0])
        if gone:
            self.env.cr.execute(
                SQL("DELETE FROM dialer_number WHERE id = ANY(%s)", gone)
            )
        if wanted:
            self.env.cr.execute(self._insert_sql(column, list(wanted)))
        if gone or wanted:
            self.invalidate_model(flush=False)
            changed = [row[0] for row in wanted] + gone_of
            self.env["dialer.queue.entry"]._mend(column, sorted(set(changed)))

    @api.model
    def _rows_sql(self, column, where):
        return SQL(
            "SELECT id, %s, sequence, key, unread, company_country"
            " FROM dialer_number WHERE %s",
            SQL.identifier(column),
            where,
        )

    @api.model
    def _insert_sql(self, column, rows):
        customers, sequences, keys, unread, countries = map(
            list, zip(*rows, strict=True)
        )
        return SQL(
            """
            INSERT INTO dialer_number (%s, sequence, key, unread, company_country)
            SELECT * FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::varchar[],
                                 %s::varchar[])
            """,
            SQL.identifier(column),
            customers,
            sequences,
            keys,
            unread,
            countries,
        )

    @api.model
    def _prepare_rows(self, written):
        """Read texts into rows: customer, sequence, key, unread text, country.

        :param list[Written] written: of any number of customers
        :rtype: list[tuple[int, int, str | None, str | None, str | None]]
        """
        written = [one for one in written if any(one.texts)]
        if not written:
            return []
        countries = self._company_countries()
        return [
            (one.customer, sequence, key, unread, country)
            for one in written
            for country, reading in self._readings(one, countries[one.company])
            for sequence, (key, unread) in enumerate(
                [
                    *((key, None) for key in reading.keys),
                    *((None, text) for text in reading.unread),
                ]
            )
        ]

    @api.model
    def _readings(self, written, countries):
        """Read one customer for all the companies that may call it.

        :param Written written: the customer
        :param countries: ISO codes of these companies' countries
        :return: pairs of ``company_country`` and reading
        :rtype: list[tuple[str | None, phone.Reading]]
        """
        if written.country:
            careful = CAREFUL_COUNTRY if CAREFUL_COUNTRY in countries else None
            return [(None, phone.read_all(written.texts, written.country, careful))]
        return [(code, phone.read_all(written.texts, None, code)) for code in countries]

    @api.model
    def _company_countries(self):
        """The countries of the companies that may call a customer.

        A company's customers are those of its branches too.

        :return: ISO codes in their order, by company id; None: all companies'
        :rtype: dict[int | None, list[str]]
        """
        # sudo: res.company - a number is read alike, whoever typed it
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        found = defaultdict(set)
        for company in companies.search([("id", "!=", False)]):
            code = company.country_id.code or NO_COUNTRY
            parents = map(int, (company.parent_path or "").split("/")[:-1])
            for company_id in (None, company.id, *parents):
                found[company_id].add(code)
        return {key: sorted(codes) for key, codes in found.items()}

    # -------------------------------------------------------------------------
    # Statements
    # -------------------------------------------------------------------------

    @api.model
    def _flush_numbers(self):
        """Write what is still to be written before SQL joins these rows."""
        self.env["res.partner"].flush_model(
            ["dialer_number_ids", "parent_id", "is_company", "active"]
        )
        self.env["crm.lead"].flush_model(["dialer_number_ids", "partner_id"])

    @api.model
    def _keys_of_customers_sql(self, companies=None, kind=None, customer=None):
        """All the numbers of all customers, as a SELECT to be joined.

        A company contact has its active contacts' numbers too; a lead has its
        contact's. The same key can come more than once. Columns:

        ``kind``, ``customer_id``: the model, ``res.partner`` or ``crm.lead``, and id;
        ``key``: the number; ``distance``: 0 the customer's own, 1 a lead's contact's
        or a company's contact's, 2 a contact's of a lead's company;
        ``partner_id``, ``lead_id``, ``sequence``: where it stands. In the order of
        ``distance, partner_id, sequence`` the first is the number to dial.
        ``company_country``: as in the table.

        To join it to very many, join it by ``customer_id``. To join it to some, put
        it behind ``LATERAL`` with ``customer``: PostgreSQL walks along the indexes
        then. :meth:`_flush_numbers` belongs before it.

        :param res.company companies: read as for one of these; None: as for any
        :param str kind: only customers of this model
        :param SQL customer: id of the one customer, for example a column of the query
            around it; with ``kind``
        :rtype: SQL
        """
        return self._of_customers_sql(SQL.identifier("key"), companies, kind, customer)

    @api.model
    def _unread_sql(self, companies=None, kind=None, customer=None):
        """All the texts of all customers in which a number could not be read.

        As :meth:`_keys_of_customers_sql`, with ``unread`` instead of ``key``:
        ``partner_id`` or ``lead_id`` is the record to mend.

        :rtype: SQL
        """
        column = SQL.identifier("unread")
        return self._of_customers_sql(column, companies, kind, customer)

    @api.model
    def _customers_of_keys_sql(self, keys, companies=None, kind=None):
        """The customers who have one of these numbers, as a SELECT.

        Columns ``kind``, ``customer_id`` and ``key``, each once.
        :meth:`_flush_numbers` belongs before it.

        :param list[str] keys: as the reader gives them
        :param res.company companies: read as for one of these; None: as for any
        :param str kind: only customers of this model
        :rtype: SQL
        """
        return SQL(
            "SELECT DISTINCT kind, customer_id, key FROM (%s) number"
            " WHERE key = ANY(%s)",
            self._keys_of_customers_sql(companies, kind),
            list(keys),
        )

    @api.model
    def _customers_of_keys(self, keys, companies=None, kind=None):
        """The customers who have one of these numbers.

        :return: ids by model and key, for example ``{("crm.lead", "55..."): {7}}``
        :rtype: dict[tuple[str, str], set[int]]
        """
        found = defaultdict(set)
        if keys:
            self._flush_numbers()
            query = self._customers_of_keys_sql(keys, companies, kind)
            for model, customer_id, key in self.env.execute_query(query):
                found[model, key].add(customer_id)
        return dict(found)

    @api.model
    def _keys_of(self, customers, companies=None):
        """The numbers of these customers, the one to dial first.

        :param customers: contacts or leads
        :return: keys by id of the customer; nothing for who has none
        :rtype: dict[int, list[str]]
        """
        found = defaultdict(dict)
        if customers:
            self._flush_numbers()
            query = SQL(
                """
                SELECT customer_id, key FROM (%s) number WHERE customer_id = ANY(%s)
              ORDER BY distance, partner_id, sequence
                """,
                self._keys_of_customers_sql(companies, customers._name),
                list(customers.ids),
            )
            for customer_id, key in self.env.execute_query(query):
                found[customer_id].setdefault(key)
        return {customer_id: list(keys) for customer_id, keys in found.items()}

    @api.model
    def _of_customers_sql(self, column, companies, kind, customer):
        """The rows of all customers that have a value in a column."""
        condition = SQL("number.%s IS NOT NULL", column)
        if companies:
            codes = {one.country_id.code or NO_COUNTRY for one in companies.sudo()}
            condition = SQL(
                "%s AND (number.company_country IS NULL"
                " OR number.company_country = ANY(%s))",
                condition,
                sorted(codes),
            )
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT %(kind)s::text AS kind, %(customer)s AS customer_id,
                       %(distance)s AS distance, number.partner_id, number.lead_id,
                       number.sequence, number.%(column)s, number.company_country
                  FROM dialer_number number %(joins)s
                 WHERE %(customer)s %(one)s AND %(condition)s
                """,
                column=column,
                condition=condition,
                one=SQL("= %s", customer) if customer else SQL("IS NOT NULL"),
                **part._asdict(),
            )
            for part in PARTS
            if kind in (None, part.kind)
        )
