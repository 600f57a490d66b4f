import {waitForChannels, waitNotifications} from "@bus/../tests/bus_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {click, edit, queryAllTexts} from "@odoo/hoot-dom";
import {advanceTime, animationFrame, delay, mockDate} from "@odoo/hoot-mock";
import {onRendered} from "@odoo/owl";
import {
    contains,
    getService,
    makeMockEnv,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import {ConnectionLostError} from "@web/core/network/rpc";
import {WebClient} from "@web/webclient/webclient";

import {AgentRow} from "@dialer_plinx_gate/board/agent_row/agent_row";
import {
    BoardModel,
    QUEUES_DELAY,
    REFRESH_DELAY,
} from "@dialer_plinx_gate/board/board_model";
import {queueDomain} from "@dialer_plinx_gate/board/queue_domain";
import {STATES} from "@dialer_plinx_gate/board/states";
import {formatClock} from "@dialer_plinx_gate/clock";

describe.current.tags("desktop");
defineMailModels();

const NOW = "2026-11-20 15:00:00";

const session = (id, values = {}) => ({
    id,
    user_id: 100 + id,
    agent: `Agent ${id}`,
    campaign: "Winter",
    status: "ready",
    since: NOW,
    detail: null,
    limit: 0,
    customer: null,
    attended: 0,
    skipped: 0,
    ...values,
});

const gate = (values = {}) => ({
    minutes: 15,
    verdicts: 30,
    active: 6,
    unknown: 3,
    p95_ms: 420,
    breaker: "ok",
    trouble: null,
    ...values,
});

const campaign = (id, values = {}) => ({
    id,
    name: `Campaign ${id}`,
    state: "running",
    company: "My Company",
    counts: {
        callable: 1500,
        callbacks: 2,
        conversation: 3,
        later: 4,
        held: 5,
        done: 6,
        exhausted: 0,
        invalid: 0,
        total: 1518,
    },
    ...values,
});

const boardOf = (sessions, values = {}) => ({
    now: NOW,
    sessions,
    campaigns: [campaign(1), campaign(2, {state: "paused"})],
    gate: gate(),
    ...values,
});

/** Open the board with this data; gives what the server answers with. */
async function openBoard(data) {
    mockDate(NOW, 0);
    const server = {data, asked: []};
    onRpc("dialer.session", "board_data", ({args}) => {
        server.asked.push(args[0]);
        const {now, sessions} = server.data;
        return args[0] ? server.data : {now, sessions};
    });
    onRpc("dialer.checklist", "get_steps", () => false);
    onRpc("has_group", () => true);
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "dialer_plinx_gate.board",
        name: "Operation",
    });
    await waitForChannels(["dialer_plinx_gate.board"]);
    await animationFrame();
    server.asked.length = 0;
    return server;
}

/** Have the server signal a change of a company, and wait until it arrived. */
async function signal(company_id = serverState.companies[0].id) {
    const [type, payload] = ["dialer_plinx_gate/board", {company_id}];
    MockServer.env["bus.bus"]._sendone("dialer_plinx_gate.board", type, payload);
    await waitNotifications([type, payload]);
}

describe("when to ask", () => {
    function makeModel(fetch = () => ({})) {
        const asked = [];
        const lost = [];
        const model = new BoardModel({
            fetch: async (queues) => {
                asked.push(queues);
                return fetch();
            },
            apply: () => {},
            onLost: (state) => lost.push(state),
        });
        return {model, asked, lost};
    }

    test("many signals within a second become one request", async () => {
        const {model, asked} = makeModel();
        await model.refresh(true);
        for (let i = 0; i < 20; i++) {
            model.signal();
        }
        expect(asked).toEqual([true]);
        await advanceTime(REFRESH_DELAY);
        expect(asked).toEqual([true, false]);
        await advanceTime(REFRESH_DELAY);
        expect(asked).toEqual([true, false]);
        model.stop();
    });

    test("a signal that comes while an answer is due is answered as well", async () => {
        const {model, asked} = makeModel();
        await model.refresh(true);
        model.signal();
        await advanceTime(REFRESH_DELAY - 100);
        model.signal();
        await advanceTime(100);
        expect(asked).toHaveLength(2);
        await advanceTime(REFRESH_DELAY);
        expect(asked).toHaveLength(3);
        model.stop();
    });

    test("queues are counted once in ten seconds, and after the last change", async () => {
        const {model, asked} = makeModel();
        await model.refresh(true);
        model.signal();
        await advanceTime(REFRESH_DELAY);
        expect(asked).toEqual([true, false]);
        await advanceTime(QUEUES_DELAY);
        expect(asked).toEqual([true, false, true]);
        await advanceTime(QUEUES_DELAY);
        expect(asked).toHaveLength(3);
        model.stop();
    });

    test("queues that take long to count are counted less often", async () => {
        let slow = true;
        const {model, asked} = makeModel(() => slow && delay(1000));
        const first = model.refresh(true);
        await advanceTime(1000);
        await first;
        slow = false;
        model.signal();
        await advanceTime(QUEUES_DELAY * 1.5);
        expect(asked).toEqual([true, false]);
        await advanceTime(QUEUES_DELAY * 4);
        expect(asked).toEqual([true, false, true]);
        model.stop();
    });

    test("a lost connection is shown, and asked again over", async () => {
        let fail = true;
        const {model, lost} = makeModel(() => {
            if (fail) {
                throw new ConnectionLostError("/");
            }
            return {};
        });
        await model.refresh();
        expect(lost).toEqual([true]);
        fail = false;
        model.signal(0);
        await advanceTime(0);
        expect(lost).toEqual([true, false]);
        model.stop();
    });

    test("a board that was left asks nothing", async () => {
        const {model, asked} = makeModel();
        model.signal();
        model.stop();
        await advanceTime(QUEUES_DELAY * 10);
        expect(asked).toEqual([]);
    });
});

describe("the room", () => {
    test("each agent is shown with state, customer and time", async () => {
        await openBoard(
            boardOf([
                session(1, {
                    status: "call",
                    customer: "Malharia",
                    since: "2026-11-20 14:55:55",
                }),
                session(2, {status: "hold", detail: "Plinx is down."}),
            ])
        );
        expect(".o_dialer_agent").toHaveCount(2);
        expect(".o_dialer_agent:first .o_dialer_agent_state").toHaveText("In call");
        expect(".o_dialer_agent:first").toHaveText(/Malharia/);
        expect(".o_dialer_agent:first .o_dialer_elapsed").toHaveText("4:05");
        expect(".o_dialer_agent:last").toHaveText(/Plinx is down\./);
    });

    test("time ticks without asking the server", async () => {
        const server = await openBoard(boardOf([session(1)]));
        expect(".o_dialer_elapsed").toHaveText("0:00");
        await advanceTime(3000);
        await animationFrame();
        expect(".o_dialer_elapsed").toHaveText(/^0:0[23]$/);
        expect(server.asked).toEqual([]);
    });

    test("a pause over its limit stands out", async () => {
        await openBoard(
            boardOf([
                session(1, {status: "paused", limit: 60, since: "2026-11-20 14:59:01"}),
            ])
        );
        expect(".o_dialer_elapsed_over_limit").toHaveCount(0);
        await advanceTime(2000);
        await animationFrame();
        expect(".o_dialer_elapsed_over_limit").toHaveCount(1);
    });

    test("filter by state and search by name", async () => {
        await openBoard(
            boardOf([
                session(1, {status: "call"}),
                session(2, {status: "call"}),
                session(3, {status: "paused"}),
            ])
        );
        expect(queryAllTexts(".o_dialer_tally")).toEqual(["In call2", "Paused1"]);
        await contains(".o_dialer_tally[data-status=call]").click();
        expect(".o_dialer_agent").toHaveCount(2);
        expect(".o_dialer_tally[data-status=call]").toHaveAttribute(
            "aria-pressed",
            "true"
        );
        await contains(".o_dialer_tally[data-status=call]").click();
        await click(".o_searchview_input");
        await edit("agent 3");
        await animationFrame();
        expect(queryAllTexts(".o_dialer_agent th")).toEqual(["Agent 3"]);
    });

    test("an empty room says what to do", async () => {
        await openBoard(boardOf([], {campaigns: []}));
        expect(".o_dialer_empty").toHaveText(/No agents are working/);
        expect(".o_dialer_agents").toHaveCount(0);
    });

    test("a signal brings the new state", async () => {
        const server = await openBoard(boardOf([session(1)]));
        server.data = boardOf([session(1, {status: "paused", detail: "Lunch"})]);
        await signal();
        await advanceTime(REFRESH_DELAY);
        await animationFrame();
        expect(".o_dialer_agent_state").toHaveText("Paused");
        expect(server.asked).toEqual([false]);
    });

    test("a signal of a company that is not active asks nothing", async () => {
        const server = await openBoard(boardOf([session(1)]));
        await signal(99);
        await advanceTime(REFRESH_DELAY);
        expect(server.asked).toEqual([]);
    });

    test("of 200 agents only the one that changed is drawn again", async () => {
        const drawn = [];
        patchWithCleanup(AgentRow.prototype, {
            setup() {
                super.setup(...arguments);
                onRendered(() => drawn.push(this.props.session.id));
            },
        });
        const room = (status) =>
            Array.from({length: 200}, (_, id) =>
                session(id + 1, id === 41 ? {status} : {})
            );
        const server = await openBoard(boardOf(room("ready")));
        expect(".o_dialer_agent").toHaveCount(200);
        drawn.length = 0;
        server.data = boardOf(room("call"));
        await signal();
        await advanceTime(REFRESH_DELAY);
        await animationFrame();
        expect(drawn).toEqual([42]);
    });
});

describe("what supervisors do", () => {
    async function record(data) {
        const calls = [];
        onRpc("dialer.session", "*", ({method, args}) => {
            if (method.startsWith("board_") && method !== "board_data") {
                calls.push([method, ...args]);
                return true;
            }
        });
        onRpc("dialer.campaign", "*", ({method, args}) => {
            calls.push([method, ...args]);
            return true;
        });
        await openBoard(data);
        return calls;
    }

    test("pause and resume at once", async () => {
        const calls = await record(
            boardOf([session(1, {status: "call"}), session(2, {status: "paused"})])
        );
        await contains(".o_dialer_pause").click();
        await contains(".o_dialer_resume").click();
        expect(calls).toEqual([
            ["board_pause", [1]],
            ["board_resume", [2]],
        ]);
    });

    test("giving a customer back and ending a session are confirmed", async () => {
        const calls = await record(
            boardOf([session(1, {status: "call", customer: "Malharia"})])
        );
        await contains(".o_dialer_release").click();
        expect(".modal").toHaveText(/The result will be lost/);
        await contains(".modal .btn-secondary").click();
        expect(calls).toEqual([]);
        await contains(".o_dialer_release").click();
        await contains(".modal .btn-primary").click();
        await contains(".o_dialer_close").click();
        await contains(".modal .btn-primary").click();
        expect(calls).toEqual([
            ["board_release", [1]],
            ["board_close", [1]],
        ]);
    });

    test("nobody on screen: nobody to give back", async () => {
        await record(boardOf([session(1)]));
        expect(".o_dialer_release").not.toBeEnabled();
    });

    test("campaigns are paused, started and moved", async () => {
        const calls = await record(boardOf([]));
        await contains(".o_dialer_campaign:first [aria-label='Move down']").click();
        await contains("[aria-label='Pause the campaign']").click();
        await contains("[aria-label='Start the campaign']").click();
        expect(calls).toEqual([
            ["board_move", [1], 1],
            ["action_pause", [1]],
            ["action_start", [2]],
        ]);
        expect(".o_dialer_campaign:first [aria-label='Move up']").not.toBeEnabled();
        expect(".o_dialer_campaign:last [aria-label='Move down']").not.toBeEnabled();
    });
});

describe("numbers", () => {
    test("the gate's health in shares and time", async () => {
        await openBoard(boardOf([]));
        expect("[data-figure=rate] dd").toHaveText("2.0");
        expect("[data-figure=active] dd").toHaveText("20%");
        expect("[data-figure=unknown] dd").toHaveText("10%");
        expect("[data-figure=p95] dd").toHaveText("420 ms");
        expect(".o_dialer_gate .alert").toHaveCount(0);
    });

    test("a breaker in order is said to be", async () => {
        await openBoard(boardOf([]));
        expect(".o_dialer_breaker").toHaveText("Working");
    });

    test("an open breaker is named", async () => {
        const open = gate({breaker: "open", trouble: "No answer in 2.5 s."});
        await openBoard(boardOf([], {gate: open}));
        expect(".o_dialer_breaker").toHaveText("Not answering");
    });

    test("nothing is in order while there is a trouble", async () => {
        await openBoard(boardOf([], {gate: gate({trouble: "Not connected."})}));
        expect(".o_dialer_breaker").toHaveCount(0);
    });

    test("trouble with Plinx is said in words", async () => {
        await openBoard(boardOf([], {gate: gate({trouble: "Plinx is down."})}));
        expect(".o_dialer_gate .alert").toHaveText("Plinx is down.");
    });

    test("a gate that was not asked shows no shares", async () => {
        await openBoard(
            boardOf([], {
                gate: gate({verdicts: 0, active: 0, unknown: 0, p95_ms: null}),
            })
        );
        expect(queryAllTexts(".o_dialer_gate dd")).toEqual(["0", "–", "–", "–"]);
    });

    test("a queue's parts are counted, and grouped digits are readable", async () => {
        await openBoard(boardOf([]));
        expect(".o_dialer_campaign:first li:first").toHaveText("Callable now\n1,500");
        expect(".o_dialer_campaign:first").toHaveText(/Callbacks due/);
        expect(".o_dialer_campaign:first .progress-bar").toHaveCount(9);
    });

    test("each number of a queue lists its own entries", () => {
        mockDate(NOW, 0);
        expect(queueDomain(7, "done")).toEqual([
            ["campaign_id", "=", 7],
            ["state", "=", "done"],
        ]);
        expect(queueDomain(7, "conversation")).toEqual([
            ["campaign_id", "=", 7],
            ["state", "=", "pending"],
            ["next_call_at", ">", NOW],
            ["wait_reason", "=", "conversation"],
        ]);
        expect(queueDomain(7, "held")[1]).toEqual([
            "state",
            "in",
            ["reserved", "asking", "dialing"],
        ]);
    });

    test("clocks", () => {
        expect([0, 59.9, 245, 3845].map(formatClock)).toEqual([
            "0:00",
            "0:59",
            "4:05",
            "1:04:05",
        ]);
        expect(formatClock(-3)).toBe("0:00");
    });

    test("every state has a name, an icon and a tone", async () => {
        await makeMockEnv();
        for (const state of Object.values(STATES)) {
            expect(String(state.label)).not.toBe("");
            expect(state.icon).toMatch(/^fa-/);
            expect(state.tone).not.toBe(undefined);
        }
    });
});
