import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {queryAllTexts} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
    preloadBundle,
} from "@web/../tests/web_test_helpers";
import {WebClient} from "@web/webclient/webclient";

import {Checklist} from "@dialer_plinx_gate/checklist/checklist";
import {ChartCard, wrapName} from "@dialer_plinx_gate/dashboard/chart_card/chart_card";

describe.current.tags("desktop");
defineMailModels();
preloadBundle("web.chartjs_lib");

const bar = (label, value) => ({label, value, domain: [["label", "=", label]]});

const dashboard = (calls) => ({
    since: "2026-11-14 03:00:00",
    figures: [
        {key: "calls", value: calls, before: 1234},
        {key: "talk", value: 125, before: 0},
        {key: "collisions", value: 7, before: 3},
        {key: "yes", value: null, before: 50},
    ],
    charts: {
        calls: [bar("20 Nov", 4), bar("21 Nov", 6)],
        collisions: [bar("20 Nov", 1), bar("21 Nov", 0)],
        hours: [],
        results: [bar("Sale", 3)],
        answers: [],
        campaigns: [bar("Winter", 7)],
        agents: [bar("Ana", 7)],
    },
    domains: {
        calls: [["channel", "=", "phone"]],
        collisions: [["verdict", "=", "active"]],
        asked: [["decision", "=", "ask"]],
        attendances: [],
    },
});

async function openDashboard() {
    const asked = [];
    onRpc("dialer.dashboard", "get_data", ({args}) => {
        asked.push(args[0]);
        return dashboard(args[0] === "week" ? 10 : 20);
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "dialer_plinx_gate.dashboard",
        name: "Dashboard",
    });
    await animationFrame();
    return asked;
}

describe("dashboard", () => {
    test("figures are shown beside those of the period before", async () => {
        await openDashboard();
        expect("[data-figure=calls]").toHaveText("Calls\n10\nPrevious period: 1,234");
        expect("[data-figure=talk]").toHaveText(
            "Average call\n2:05\nPrevious period: 0:00"
        );
        expect("[data-figure=yes]").toHaveText("Answered Yes\n–\nPrevious period: 50%");
    });

    test("another period is asked for once", async () => {
        const asked = await openDashboard();
        await contains("[data-period=month]").click();
        expect(asked).toEqual(["week", "month"]);
        expect("[data-figure=calls]").toHaveText(/20/);
        expect("[data-period=month]").toHaveAttribute("aria-pressed", "true");
        expect("[data-period=week]").toHaveAttribute("aria-pressed", "false");
    });

    test("a figure opens what it counts", async () => {
        await openDashboard();
        const actions = [];
        getService("action").doAction = (action) => actions.push(action);
        await contains("[data-figure=collisions]").click();
        expect(actions).toHaveLength(1);
        expect(actions[0].res_model).toBe("dialer.gate.event");
        expect(actions[0].domain).toEqual([["verdict", "=", "active"]]);
    });

    test("charts without numbers say so, the others are described in words", async () => {
        await openDashboard();
        expect("section[aria-label=Answers]").toHaveText(/No data for this period/);
        expect("section[aria-label=Results] canvas").toHaveAttribute(
            "aria-label",
            "Results. Sale: 3"
        );
    });

    test("long names take some lines, and only what is longer still is cut", () => {
        expect(wrapName("Winter", 12, 2)).toEqual(["Winter"]);
        expect(wrapName("Winter collection for shops", 18, 2)).toEqual([
            "Winter collection",
            "for shops",
        ]);
        expect(wrapName("Winter collection for shops of the south", 18, 2)).toEqual([
            "Winter collection",
            "for shops of the…",
        ]);
        expect(wrapName("Winter collection for shops of the south", 18, 3)).toEqual([
            "Winter collection",
            "for shops of the",
            "south",
        ]);
        expect(wrapName("Winterwarenhandelsgesellschaft", 12, 2)).toEqual([
            "Winterwaren…",
        ]);
    });

    test("a click on a bar opens what it counts", async () => {
        const opened = [];
        patchChart();
        const card = await mountWithCleanup(ChartCard, {
            props: {
                title: "Calls",
                type: "bar",
                series: [{label: "Calls", bars: [bar("Monday", 2)], model: "a.model"}],
                onOpen: (...args) => opened.push(args),
            },
        });
        card.onClick([{datasetIndex: 0, index: 0}]);
        card.onClick([]);
        expect(opened).toEqual([
            ["a.model", "Calls: Monday", [["label", "=", "Monday"]]],
        ]);
    });

    function patchChart() {
        onRpc("/web/bundle/web.chartjs_lib", () => []);
    }
});

describe("first steps", () => {
    const list = (done = {}) => ({
        company: "Tecelagem",
        steps: ["connect", "parameter", "campaign", "agents"].map((key) => ({
            key,
            done: Boolean(done[key]),
            allowed: key !== "connect",
        })),
    });

    async function openChecklist(steps) {
        onRpc("has_group", () => true);
        onRpc("dialer.checklist", "get_steps", () => steps);
        await mountWithCleanup(Checklist);
    }

    test("what is done is ticked, and what needs an administrator says so", async () => {
        await openChecklist(list({campaign: true}));
        expect("[data-step=campaign]").toHaveAttribute("data-done", "true");
        expect("[data-step=agents]").toHaveAttribute("data-done", "false");
        expect("[data-step=connect]").toHaveText(/Ask an administrator/);
        expect("[data-step=connect] button").toHaveCount(0);
        expect("h2").toHaveText(/1 of 4 done/);
    });

    test("the parameter is decided on the spot", async () => {
        const chosen = [];
        onRpc("dialer.checklist", "choose", ({args}) => {
            chosen.push(args[0]);
            return list({parameter: true});
        });
        await openChecklist(list());
        expect(queryAllTexts("[data-step=parameter] button")).toEqual([
            "Skip them",
            "Ask the agent",
        ]);
        await contains("[data-step=parameter] button:last").click();
        expect(chosen).toEqual([true]);
        expect("[data-step=parameter]").toHaveAttribute("data-done", "true");
    });

    test("each step leads where it is done", async () => {
        const actions = [];
        mockService("action", {doAction: (action) => actions.push(action)});
        await openChecklist(list());
        await contains("[data-step=campaign] button").click();
        expect(actions[0].res_model).toBe("dialer.campaign");
    });

    test("closing an unfinished list is confirmed, and final", async () => {
        let closed = 0;
        onRpc("dialer.checklist", "close", () => {
            closed++;
            return true;
        });
        await openChecklist(list());
        await contains(".o_dialer_checklist_close").click();
        expect(closed).toBe(0);
        await contains(".modal .btn-primary").click();
        await animationFrame();
        expect(closed).toBe(1);
        expect(".o_dialer_checklist").toHaveCount(0);
    });

    test("a closed list shows nothing", async () => {
        await openChecklist(false);
        expect(".o_dialer_checklist").toHaveCount(0);
    });
});
