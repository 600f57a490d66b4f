import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {
    manuallyDispatchProgrammaticEvent,
    press,
    queryAllTexts,
    waitFor,
} from "@odoo/hoot-dom";
import {advanceTime, animationFrame, runAllTimers} from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeServerError,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import {browser} from "@web/core/browser/browser";
import {serializeDateTime} from "@web/core/l10n/dates";
import {WebClient} from "@web/webclient/webclient";

const {DateTime} = luxon;

describe.current.tags("desktop");
defineMailModels();

const RESULTS = [
    {id: 31, name: "Sale", code: "sale", effect: "done"},
    {id: 32, name: "Call back", code: "call_back", effect: "callback"},
    {id: 33, name: "Contact via WhatsApp", code: "whatsapp", effect: "callback"},
];
const ADA = {
    id: 5,
    name: "Ada",
    phone: "+5547988001000",
    state: "reserved",
    attempts: 0,
};
const BEA = {
    id: 6,
    name: "Bea",
    phone: "+5547988001001",
    state: "reserved",
    attempts: 0,
};
const BUSINESS_DAY = "2030-01-07 11:00:00";

let server;

/** What the server says: a running session with nobody on screen, unless told. */
function makeState(values = {}) {
    return {
        session_id: 7,
        state: "running",
        status: "ready",
        decision: null,
        entry: null,
        skipped: 0,
        message: null,
        campaign: {id: 1, name: "Winter", dial_mode: "preview"},
        question: null,
        hold: null,
        pause: null,
        countdown: null,
        now: serializeDateTime(DateTime.now()),
        ...values,
    };
}

const preview = (entry, values) =>
    makeState({entry, status: "preview", decision: "dial", ...values});

const paused = () =>
    makeState({state: "paused", status: "paused", pause: {since: null}});

const empty = () =>
    makeState({decision: "empty", status: "empty", message: "All done."});

const inCall = (entry, values) => {
    const dialed = {
        ...entry,
        state: "dialing",
        attempts: 1,
        dialed_at: serializeDateTime(DateTime.now()),
        ...values,
    };
    return preview(dialed, {status: dialed.hung_up_at ? "wrap_up" : "call"});
};

const HUNG_UP = {hung_up_at: serializeDateTime(DateTime.now())};

/** The server cannot be reached: what a proxy says then. */
const noAnswer = () => new Response("", {status: 502});

/** Answer every call of the console and note those that reach the server. */
function answer(method, reply) {
    onRpc("dialer.session", method, ({args, kwargs}) => {
        const words = Object.keys(kwargs).filter((name) => name !== "context");
        const values = words.map((name) => kwargs[name]);
        server.calls.push([method, ...args.flat(), ...values]);
        return typeof reply === "function" ? reply() : reply;
    });
}

async function openConsole(session = null) {
    server.data.session = session;
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "dialer_plinx_gate.console",
    });
    await runAllTimers();
    await animationFrame();
    server.calls = [];
}

const methods = () => server.calls.map(([method]) => method);

async function key(name) {
    await press(name);
    await animationFrame();
    await animationFrame();
}

beforeEach(() => {
    server = {
        calls: [],
        opened: [],
        recent: [],
        data: {
            campaigns: [
                {id: 1, name: "Winter", dial_mode: "preview", callable: 3},
                {id: 2, name: "Fair", dial_mode: "progressive", callable: 0},
            ],
            results: RESULTS,
            pause_reasons: [{id: 41, name: "Break"}],
            whatsapp_result_id: 33,
            days_off: ["2030-01-05", "2030-01-06"],
        },
    };
    onRpc("dialer.session", "console_data", () => ({...server.data}));
    onRpc("dialer.attendance", "recent_calls", () => server.recent);
    onRpc("dialer.session", "customer_panel", ({kwargs}) => ({
        entry_id: kwargs.entry_id,
        model: "res.partner",
        res_id: 3,
        timezone: "America/Sao_Paulo",
        phones: ["+55 47 98800-1000"],
        email: null,
        place: "Blumenau, SC",
        tags: [],
        attendances: [],
        opportunities: [],
        activities: [],
        note: null,
        next_business_day: BUSINESS_DAY,
    }));
    patchWithCleanup(HTMLIFrameElement.prototype, {
        set src(uri) {
            server.opened.push(uri);
        },
    });
});

test("Enter starts the chosen campaign and brings the first customer", async () => {
    answer("start", () => makeState());
    answer("next_contact", () => preview(ADA));
    await openConsole();
    expect(".o_dialer_console").toHaveAttribute("data-phase", "idle");
    await key("Enter");
    expect(server.calls).toEqual([
        ["start", 1],
        ["next_contact", 7],
    ]);
    expect(".o_dialer_contact_name").toHaveText("Ada");
    expect(".o_dialer_stage").toHaveText(/Call Ada\?/);
});

test("without a campaign the console says whom to ask", async () => {
    server.data.campaigns = [];
    await openConsole();
    expect(".o_dialer_stage_title").toHaveText("No campaign is running for you");
    expect(".o_dialer_stage button").toHaveCount(0);
});

test("Dial opens the link and the page stays", async () => {
    answer("dial", () => ({...inCall(ADA), uri: "tel:+5547988001000"}));
    await openConsole(preview(ADA));
    await key("Enter");
    expect(server.opened).toEqual(["tel:+5547988001000"]);
    expect(".o_dialer_console").toHaveAttribute("data-phase", "call");
});

test("the link does not leave the page, and one frame is enough", async () => {
    const left = [];
    const onUnload = () => left.push("beforeunload");
    browser.addEventListener("beforeunload", onUnload);
    answer("dial", () => ({...inCall(ADA), uri: "tel:+5547988001000"}));
    await openConsole(preview(ADA));
    await key("Enter");
    await contains(".o_dialer_stage_recall").click();
    await animationFrame();
    browser.removeEventListener("beforeunload", onUnload);
    expect(server.opened).toHaveLength(2);
    expect(left).toEqual([]);
    expect(document.querySelectorAll("iframe.o_dialer_telephone")).toHaveLength(1);
});

test("a customer in conversation meanwhile is passed over by itself", async () => {
    answer("dial", () => makeState({skipped: 1, message: "Was skipped."}));
    answer("next_contact", () => preview(BEA));
    await openConsole(preview(ADA));
    await key("Enter");
    await runAllTimers();
    await animationFrame();
    expect(methods()).toEqual(["dial", "next_contact"]);
    expect(server.opened).toEqual([]);
    expect(".o_dialer_contact_name").toHaveText("Bea");
    expect(".o_dialer_skips summary").toHaveText(
        "1 customer skipped: in conversation on WhatsApp"
    );
});

test("a result key ends the call, Ctrl+Enter saves once and goes on", async () => {
    const hungUp = {hung_up_at: serializeDateTime(DateTime.now())};
    answer("hang_up", () => inCall(ADA, hungUp));
    answer("register_result", () => preview(BEA, {attendance_id: 9}));
    await openConsole(inCall(ADA));
    await key("1");
    expect(".o_dialer_console").toHaveAttribute("data-phase", "wrap_up");
    await key("n");
    await contains("#o_dialer_note").edit("Wants linen", {confirm: false});
    await press(["ctrl", "Enter"]);
    await press(["ctrl", "Enter"]);
    await animationFrame();
    await animationFrame();
    expect(server.calls).toEqual([
        ["hang_up", 7],
        ["register_result", 7, 31, "Wants linen", null, 5, true],
    ]);
    expect(".o_dialer_contact_name").toHaveText("Bea");
});

test("pause after this call: the next customer is not fetched", async () => {
    answer("register_result", () => makeState({attendance_id: 9}));
    answer("pause", paused);
    answer("hang_up", () => inCall(ADA));
    await openConsole(inCall(ADA));
    await key("a");
    expect(".o_dialer_save").toHaveText(/Save and pause/);
    await key("1");
    await key("Enter");
    expect(methods()).toEqual(["hang_up", "register_result", "pause"]);
    expect(".o_dialer_console").toHaveAttribute("data-phase", "paused");
});

test("a pause with a limit says until when, and stands out once it is over", async () => {
    const pause = {since: serializeDateTime(DateTime.now()), limit: 60};
    await openConsole(makeState({state: "paused", status: "paused", pause}));
    expect(".o_dialer_limit").toHaveText(/Time limit: 1 min, until/);
    expect(".o_dialer_timer").not.toHaveClass("o_dialer_timer_over_limit");
    await advanceTime(61 * 1000);
    expect(".o_dialer_timer").toHaveClass("o_dialer_timer_over_limit");
});

test("a pause without a limit promises nothing", async () => {
    const pause = {since: serializeDateTime(DateTime.now()), limit: 0};
    await openConsole(makeState({state: "paused", status: "paused", pause}));
    expect(".o_dialer_limit").toHaveCount(0);
    expect(".o_dialer_timer_over_limit").toHaveCount(0);
});

test("what was entered survives a reload, and is forgotten once it is saved", async () => {
    const draft = {resultId: 32, note: "Linen", nextContact: BUSINESS_DAY};
    browser.localStorage.setItem(
        "dialer_plinx_gate.draft",
        JSON.stringify({...draft, pauseAfter: false, owner: "7.5"})
    );
    answer("register_result", () => preview(BEA, {attendance_id: 9}));
    await openConsole(inCall(ADA, {hung_up_at: serializeDateTime(DateTime.now())}));
    expect("#o_dialer_note").toHaveValue("Linen");
    await key("Enter");
    expect(server.calls[0]).toEqual([
        "register_result",
        7,
        32,
        "Linen",
        BUSINESS_DAY,
        5,
        true,
    ]);
    expect(browser.localStorage.getItem("dialer_plinx_gate.draft")).toBe(null);
});

test("the draft of another customer is not shown", async () => {
    const draft = {resultId: 32, note: "Linen", nextContact: null, pauseAfter: false};
    browser.localStorage.setItem(
        "dialer_plinx_gate.draft",
        JSON.stringify({...draft, owner: "7.6"})
    );
    await openConsole(inCall(ADA));
    expect("#o_dialer_note").toHaveValue("");
});

test("a callback is offered the next business day; days off are told", async () => {
    answer("hang_up", () => inCall(ADA));
    await openConsole(inCall(ADA));
    await key("2");
    expect(getService("dialer_plinx_gate.session").draft.nextContact).toBe(
        BUSINESS_DAY
    );
    getService("dialer_plinx_gate.session").updateDraft({
        nextContact: "2030-01-05 15:00:00",
    });
    await animationFrame();
    expect(".o_dialer_result_form [role=status]").toHaveText("Not a business day.");
    await contains(".o_dialer_business_day").click();
    expect(getService("dialer_plinx_gate.session").draft.nextContact).toBe(
        BUSINESS_DAY
    );
});

test("lost while saving: the truth is read again, and nothing is repeated", async () => {
    answer("register_result", noAnswer);
    answer("get_state", () => makeState());
    const wrapUp = {hung_up_at: serializeDateTime(DateTime.now())};
    await openConsole(inCall(ADA, wrapUp));
    await key("1");
    await key("Enter");
    expect(".o_dialer_offline").toHaveCount(1);
    expect(".o_dialer_save").not.toBeEnabled();
    await advanceTime(2100);
    await animationFrame();
    expect(methods()).toEqual(["register_result", "get_state"]);
    expect(".o_dialer_console").toHaveAttribute("data-phase", "ready");
    expect(browser.localStorage.getItem("dialer_plinx_gate.draft")).toBe(null);
});

test("lost while dialing: the link is opened once the call is known", async () => {
    let tries = 0;
    answer("dial", () =>
        tries++ ? {...inCall(ADA), uri: "tel:+5547988001000"} : noAnswer()
    );
    answer("get_state", () => inCall(ADA));
    await openConsole(preview(ADA));
    await key("Enter");
    expect(".o_dialer_console").toHaveAttribute("data-phase", "offline");
    await advanceTime(2100);
    await animationFrame();
    expect(methods()).toEqual(["dial", "get_state", "dial"]);
    expect(server.opened).toEqual(["tel:+5547988001000"]);
});

test("progressive: the countdown dials by itself", async () => {
    answer("dial", () => inCall(ADA));
    answer("next_contact", () => preview(ADA, {countdown: 5}));
    await openConsole(makeState());
    await key("Enter");
    expect(".o_dialer_console").toHaveAttribute("data-phase", "countdown");
    await advanceTime(4000);
    expect(methods()).toEqual(["next_contact"]);
    await advanceTime(1100);
    expect(methods()).toEqual(["next_contact", "dial"]);
});

test("Esc stops the countdown, and it does not begin anew", async () => {
    answer("next_contact", () => preview(ADA, {countdown: 5}));
    answer("get_state", () => preview(ADA, {countdown: 5}));
    await openConsole(makeState());
    await key("Enter");
    await key("Escape");
    expect(".o_dialer_console").toHaveAttribute("data-phase", "preview");
    await getService("dialer_plinx_gate.session").refresh();
    await advanceTime(10000);
    expect(methods()).toEqual(["next_contact", "get_state"]);
});

test("of two tabs that count down only one dials", async () => {
    answer("next_contact", () => preview(ADA, {countdown: 5}));
    await openConsole(makeState());
    await key("Enter");
    browser.localStorage.setItem("dialer_plinx_gate.dial", "5.0.another tab");
    await advanceTime(6000);
    expect(methods()).toEqual(["next_contact"]);
});

test("saved while Plinx is silent: the console holds, and tries again", async () => {
    const hold = {
        reason: "Plinx does not answer.",
        since: serializeDateTime(DateTime.now()),
        retry_in: 10,
    };
    answer("register_result", () =>
        makeState({attendance_id: 9, decision: "hold", status: "hold", hold})
    );
    answer("next_contact", () => preview(BEA));
    await openConsole(inCall(ADA, HUNG_UP));
    await key("1");
    await key("Enter");
    expect(".o_dialer_console").toHaveAttribute("data-phase", "hold");
    await advanceTime(10100);
    await animationFrame();
    expect(methods()).toEqual(["register_result", "next_contact"]);
    expect(".o_dialer_contact_name").toHaveText("Bea");
});

test("hold says why and tries again by itself", async () => {
    const hold = {
        reason: "Plinx does not answer.",
        since: serializeDateTime(DateTime.now()),
        retry_in: 10,
    };
    let tries = 0;
    answer("next_contact", () =>
        tries++ ? preview(ADA) : makeState({decision: "hold", status: "hold", hold})
    );
    await openConsole(makeState());
    await key("Enter");
    expect(".o_dialer_stage_text").toHaveText("Plinx does not answer.");
    await advanceTime(9000);
    expect(methods()).toEqual(["next_contact"]);
    await advanceTime(1100);
    await animationFrame();
    expect(methods()).toEqual(["next_contact", "next_contact"]);
    expect(".o_dialer_contact_name").toHaveText("Ada");
});

test("searching goes on until somebody is found; the skips add up and unfold", async () => {
    let tries = 0;
    const skip = (id, name) => ({skipped: 1, skips: [{id, name}]});
    answer("next_contact", () =>
        tries++
            ? preview(ADA, skip(82, "Dora"))
            : makeState({
                  decision: "searching",
                  status: "searching",
                  ...skip(81, "Cleo"),
              })
    );
    await openConsole(makeState());
    await key("Enter");
    await advanceTime(10);
    await animationFrame();
    expect(methods()).toEqual(["next_contact", "next_contact"]);
    expect(".o_dialer_skips summary").toHaveText(
        "2 customers skipped: in conversation on WhatsApp"
    );
    await key("k");
    expect(queryAllTexts(".o_dialer_skips li")).toEqual(["Cleo", "Dora"]);
});

test("the question opens by itself; closed without an answer it can be reopened", async () => {
    const asked = makeState({
        decision: "ask",
        status: "question",
        entry: {...ADA, state: "asking"},
        question: {active: true, text: "Pause the dialer?"},
    });
    const popups = [];
    answer("action_answer", {
        res_model: "dialer.pause.confirm",
        res_id: 1,
        context: {},
    });
    await openConsole(makeState());
    patchWithCleanup(getService("action"), {
        doAction(action, options) {
            popups.push([action, options]);
        },
    });
    answer("next_contact", () => asked);
    await key("Enter");
    expect(popups.length).toBe(1);
    expect(popups[0][0].context).toEqual({dialer_console: true});
    popups[0][1].onClose();
    await animationFrame();
    expect(".o_dialer_stage_title").toHaveText("Pause the dialer?");
    expect(".o_dialer_primary").toHaveText(/Answer/);
    await key("Enter");
    expect(popups.length).toBe(2);
    popups[1][1].onClose({state: preview(BEA)});
    await animationFrame();
    expect(".o_dialer_contact_name").toHaveText("Bea");
    expect(methods()).toEqual(["next_contact", "action_answer", "action_answer"]);
});

test("a question answered elsewhere closes here", async () => {
    const actions = [];
    answer("action_answer", {
        res_model: "dialer.pause.confirm",
        res_id: 1,
        context: {},
    });
    answer("get_state", () => preview(BEA));
    await openConsole(makeState());
    patchWithCleanup(getService("action"), {
        doAction(action) {
            actions.push(action.type || action.res_model);
        },
    });
    const store = getService("dialer_plinx_gate.session");
    store.apply(
        makeState({
            status: "question",
            entry: {...ADA, state: "asking"},
            question: {active: true, text: "?"},
        })
    );
    await animationFrame();
    await store.refresh();
    expect(actions.at(-1)).toBe("ir.actions.act_window_close");
});

test("a conversation that opens in call: banner, and WhatsApp is offered", async () => {
    await openConsole(inCall(ADA));
    MockServer.env["bus.bus"]._sendone(
        serverState.partnerId,
        "dialer_plinx_gate/conversation_opened",
        {entry_id: 5, conversation: {assignee: "Bia"}}
    );
    await waitFor(".o_dialer_banner");
    expect(".o_dialer_banner").toHaveText(/with Bia\./);
    expect("input[data-code=whatsapp]").toBeChecked();
});

test("a conversation of somebody else changes nothing", async () => {
    await openConsole(inCall(ADA));
    getService("dialer_plinx_gate.session").conversationOpened({entry_id: 99});
    await animationFrame();
    expect(".o_dialer_banner").toHaveCount(0);
});

test("what a supervisor or another tab did is shown", async () => {
    answer("get_state", paused);
    await openConsole(preview(ADA));
    MockServer.env["bus.bus"]._sendone(
        serverState.partnerId,
        "dialer_plinx_gate/session_changed",
        {session_id: 7, change: "pause"}
    );
    await waitFor(".o_dialer_console[data-phase=paused]");
    expect(methods()).toEqual(["get_state"]);
});

const IDLE = {
    idle: () => null,
    ready: () => makeState(),
    preview: () => preview(ADA),
    call: () => inCall(ADA),
    wrap_up: () => inCall(ADA, HUNG_UP),
    paused: paused,
    empty: empty,
};

for (const [phase, session] of Object.entries(IDLE)) {
    test(`${phase}: an idle console sends nothing`, async () => {
        await openConsole(session());
        expect(".o_dialer_console").toHaveAttribute("data-phase", phase);
        onRpc("*", ({model, method}) => {
            server.calls.push([`${model}.${method}`]);
        });
        await advanceTime(60000);
        expect(methods()).toEqual([]);
    });
}

test("looked at again, the console shows the truth", async () => {
    answer("get_state", empty);
    await openConsole(preview(ADA));
    await advanceTime(5000);
    await manuallyDispatchProgrammaticEvent(window, "focus");
    await animationFrame();
    expect(methods()).toEqual(["get_state"]);
    expect(".o_dialer_stage_text").toHaveText("All done.");
});

test("a refusal of the server is said, and the truth is shown", async () => {
    answer("dial", () => {
        throw makeServerError({message: "The supervisor has stopped it."});
    });
    answer("get_state", () => makeState({decision: "empty", status: "empty"}));
    await openConsole(preview(ADA));
    await key("Enter");
    await animationFrame();
    expect(".o_notification_content").toHaveText("The supervisor has stopped it.");
    expect(methods()).toEqual(["dial", "get_state"]);
});

test("? shows the keys, and Enter there does not dial", async () => {
    await openConsole(preview(ADA));
    await key("?");
    expect(".o_dialer_keys dt").toHaveCount(13);
    await key("Escape");
    expect(methods()).toEqual([]);
});

test("a key that stands for nothing now does nothing", async () => {
    await openConsole(preview(ADA));
    for (const name of ["Escape", "n", "d", "a", "k", "c", "5", "x"]) {
        await key(name);
    }
    expect(".o_dialer_console").toHaveAttribute("data-phase", "preview");
    expect(".o_dialog").toHaveCount(0);
    expect(methods()).toEqual([]);
});

test("in call with WhatsApp offered, to save is the one next step", async () => {
    await openConsole(inCall(ADA));
    expect(".o_dialer_stage .btn-primary").toHaveText(/End call/);
    getService("dialer_plinx_gate.session").conversationOpened({
        entry_id: 5,
        conversation: {assignee: "Bia"},
    });
    await animationFrame();
    expect(".o_dialer_stage .btn-primary").toHaveText(/Save and next/);
});

test("state changes are announced", async () => {
    answer("next_contact", () => preview(ADA));
    await openConsole(makeState());
    await key("Enter");
    expect(".o_dialer_console [aria-live=polite]").toHaveText(/Call Ada\?/);
});

const DAY = {
    calls: 1,
    collisions_avoided: 0,
    talking: 60,
    wrap_up: 10,
    waiting: 5,
    paused: 0,
    results: [{id: 31, name: "Sale", count: 1}],
};

test("C opens the correction of the last call, and the button that of any", async () => {
    server.recent = [
        {id: 91, name: "Ada", result: "Sale", date: BUSINESS_DAY, corrected: false},
        {id: 90, name: "Bea", result: "Sale", date: BUSINESS_DAY, corrected: true},
    ];
    const asked = [];
    answer("get_state", () => makeState({totals: DAY}));
    onRpc("dialer.attendance", "action_correct_result", ({args}) => {
        asked.push(...args[0]);
        return {type: "ir.actions.act_window_close"};
    });
    await openConsole(makeState({totals: DAY}));
    expect(queryAllTexts(".o_dialer_recent li span.text-break")).toEqual([
        "Ada",
        "Bea",
    ]);
    await key("c");
    await contains(".o_dialer_correct:eq(1)").click();
    await animationFrame();
    expect(asked).toEqual([91, 90]);
});

test("without a call today there is nothing to correct", async () => {
    await openConsole(makeState({totals: DAY}));
    expect(".o_dialer_recent").toHaveCount(0);
    await key("c");
    expect(".modal").toHaveCount(0);
});
