"""A skipped test fails: Odoo skips browser tests silently when there is no browser."""

import pytest


def _count_as_failed(report) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A skipped test counts as failed. {report.longrepr}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_logreport(report):
    """Change the outcome before anybody counts it."""
    _count_as_failed(report)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collectreport(report):
    """Do the same for a whole file that skips itself."""
    _count_as_failed(report)
    return (yield)
