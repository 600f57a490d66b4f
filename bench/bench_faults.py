"""What an agent sees of every fault of Plinx, and how long the agent waits for it."""

from __future__ import annotations

import argparse
import time

import world

from plinx_sandbox import SandboxServer

TAG = "bench-faults"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    registry = world.registry()
    # Only now is the folder with the addon known to Odoo.
    from odoo.addons.dialer_plinx_gate.tests.fault_cases import FAULT_CASES

    # A sandbox of our own: some faults close the door on whoever switches them off.
    with SandboxServer(token=world.TOKEN) as sandbox:
        world.SANDBOX = sandbox.url
        world.allow(sandbox.url)
        with world.environment(registry) as env:
            world.forget(env, TAG)
            company = world.make_company(env)
            company.plinx_failure_policy = "hold"
            agent = world.make_agents(env, company, 1)
            world.make_customers(env, company, 3, TAG)
            campaign = world.make_campaign(env, company, TAG)
            rows = [("fault", "reason", "decision", "waits", "what the agent sees")]
            for case in FAULT_CASES:
                rows.append(play(env, sandbox, campaign, agent, case))
            world.forget(env, TAG)
    world.table("Failure policy hold, time limit 2.5 s", rows)


def play(env, sandbox, campaign, agent, case) -> tuple:
    """Ask for the next contact with this fault on; give a row of the table."""
    sandbox.clear()
    company = campaign.company_id
    company.plinx_timeout = 2.5
    env["plinx.connection"]._of(company)._reset()
    if case.talks:
        sandbox.open_conversation(f"55479{80000001}")
    sessions = env["dialer.session"].with_user(agent)
    session = sessions.browse(sessions.start(campaign.id)["session_id"])
    sandbox.set_fault(case.fault)
    begin = time.perf_counter()
    state = session.next_contact()
    spent = time.perf_counter() - begin
    reason = session.sudo().event_id.reason
    assert reason == case.reason, (case.name, reason)
    session.close()
    sees = state["message"] or f"{state['entry']['name']} on screen"
    return case.name, reason, state["decision"], f"{spent:.2f} s", sees


if __name__ == "__main__":
    main()
