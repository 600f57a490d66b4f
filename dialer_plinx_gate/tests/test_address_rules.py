# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ipaddress

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import address
from odoo.addons.dialer_plinx_gate.plinx.address import AddressError, check_base_url

SANDBOX = ("127.0.0.1:8099", "[::1]:8099", "Sandbox.Local:80")


@tagged("post_install", "-at_install")
class TestAddressRules(BaseCase):
    def test_an_address_has_one_form(self):
        for given_url, kept in (
            ("https://api.plinx.example", "https://api.plinx.example"),
            ("https://API.Plinx.example:443/", "https://api.plinx.example"),
            ("https://api.plinx.example/v1/", "https://api.plinx.example"),
            ("https://api.plinx.example:8443/t/7/", "https://api.plinx.example:8443/t/7"),
            ("https://8.8.8.8/x", "https://8.8.8.8/x"),
            ("http://127.0.0.1:8099/", "http://127.0.0.1:8099"),
            ("https://127.0.0.1:8099", "https://127.0.0.1:8099"),
            ("http://[::1]:8099", "http://[::1]:8099"),
            ("http://sandbox.local", "http://sandbox.local"),
        ):  # fmt: skip
            with self.subTest(url=given_url):
                self.assertEqual(check_base_url(given_url, SANDBOX), kept)
                self.assertEqual(check_base_url(kept, SANDBOX), kept)

    def test_addresses_that_cannot_be_used_say_why(self):
        for url, code in (
            (None, "empty"), ("", "empty"), ("  ", "empty"), (7, "empty"),
            ("api.plinx.example", "not_https"), ("ftp://a.example", "not_https"),
            ("http://api.plinx.example", "not_https"), ("file:///etc/x", "not_https"),
            ("http://127.0.0.1:8098", "not_https"), ("http://127.0.0.1", "not_https"),
            ("https://", "unreadable"), ("https:///x", "unreadable"),
            ("https://a.example\\@b.example", "unreadable"),
            ("https://a.exam ple", "unreadable"), ("https://a.example\n", "unreadable"),
            ("https://a.example:99999", "unreadable"), ("https://[::1", "unreadable"),
            ("https://a.example/../x", "unreadable"), ("https://a..b/", "unreadable"),
            ("https://a.example/" + "x" * 2000, "unreadable"),
            ("https://u:p@a.example", "credentials"),
            ("https://@a.example", "credentials"),
            ("https://a.example/?x=1", "query"), ("https://a.example/?", "query"),
            ("https://a.example/#x", "query"), ("https://a.example#", "query"),
            ("https://localhost", "private"), ("https://10.0.0.5", "private"),
            ("https://[::1]:8443", "private"), ("https://169.254.169.254", "private"),
            ("https://[::ffff:10.0.0.1]", "private"),
        ):  # fmt: skip
            with self.subTest(url=url), self.assertRaises(AddressError) as caught:
                check_base_url(url, SANDBOX)
            self.assertEqual(caught.exception.code, code, url)
            self.assertTrue(str(caught.exception).endswith("."))

    def test_disguised_addresses_are_refused_when_they_are_written(self):
        for url, code in (
            ("https://127.1", "private"), ("https://0x7f.1", "private"),
            ("https://127.0.1", "private"), ("https://2130706433", "private"),
            ("https://0x7f000001", "private"), ("https://017700000001", "private"),
            ("https://0177.0.0.1", "private"), ("https://127.0.0.0x1", "private"),
            ("https://127.0.0.1.", "private"), ("https://10.1:8443", "private"),
            ("https://[::ffff:127.0.0.1]", "private"), ("https://[::]", "private"),
            ("https://[fe80::1%25eth0]", "private"), ("https://localhost.", "private"),
            ("https://LOCALHOST", "private"), ("https://x.localhost.", "private"),
            ("https://plinx", "private"), ("https://plinx.local", "private"),
            ("https://metadata.internal", "private"), ("https://0", "private"),
            ("https://134744072", "unreadable"), ("https://8.8.2056", "unreadable"),
            ("https://08.8.8.8", "unreadable"), ("https://1.2.3.4.5", "unreadable"),
            ("https://256.1.1.1", "unreadable"), ("https://0x", "unreadable"),
            ("https://api.plinx.example.", "unreadable"),
            ("https://.plinx.example", "unreadable"),
            ("https://-a.example", "unreadable"),
            ("https://127%2e0.0.1.example", "unreadable"),
            ("https://a.example:0", "unreadable"),
            ("https://a.example:-1", "unreadable"),
            ("https://a.example:65536", "unreadable"),
            ("https://\uff11\uff12\uff17.0.0.1", "not_plain"),
            ("https://127\u30020\u30020\u30021", "not_plain"),
            ("https://\u24dbocalhost", "not_plain"),
            ("https://\u0430pi.example", "not_plain"),
            ("https://api.plinx.example\u202e/x", "not_plain"),
            ("https://api.plinx.example/\u200b", "not_plain"),
            ("https://localhost@a.example", "credentials"),
            ("https://a.example%40b@c.example", "credentials"),
        ):  # fmt: skip
            with self.subTest(url=url), self.assertRaises(AddressError) as caught:
                check_base_url(url, SANDBOX)
            self.assertEqual(caught.exception.code, code, url)

    def test_names_in_their_xn_form_are_addresses(self):
        url = "https://xn--plnx-7va.example/t"
        self.assertEqual(check_base_url(url), url)

    def test_peers_of_the_public_internet_are_allowed(self):
        for ip in ("8.8.8.8", "200.147.3.157", "2606:4700:4700::1111", "172.32.0.1"):
            with self.subTest(ip=ip):
                self.assertTrue(address.peer_allowed(ip))

    def test_peers_inside_or_hidden_in_another_address_are_refused(self):
        for ip in (
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8",
            "169.254.169.254", "172.16.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
            "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
            "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::127.0.0.1", "fe80::1%eth0",
            "fec0::1", "fc00::1", "fd12::1", "ff02::1", "64:ff9b::8.8.8.8",
            "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::",
            "2001:0:7f00:1::", "2001:db8::1", "3fff::1", "100::1", "", "localhost",
            "2130706433", "127.1",
        ):  # fmt: skip
            with self.subTest(ip=ip):
                self.assertFalse(address.peer_allowed(ip))

    @given(st.ip_addresses(v=4))
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_no_wrapping_makes_any_address_pass(self, ip):
        number = int(ip)
        for wrapped in (
            ipaddress.IPv6Address(0xFFFF << 32 | number),
            ipaddress.IPv6Address((0x64FF9B << 96) | number),
            ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
            ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
        ):
            self.assertFalse(address.peer_allowed(str(wrapped)), wrapped)

    @given(st.text(max_size=60) | st.text("htps:/@?#.[]%a1-", max_size=40))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_any_text_is_a_usable_address_or_a_clear_refusal(self, text):
        for url in (text, "https://" + text, "https://a.example/" + text):
            try:
                kept = check_base_url(url, SANDBOX)
            except AddressError:
                continue
            self.assertEqual(check_base_url(kept, SANDBOX), kept)
            self.assertTrue(kept.startswith("https://"))
