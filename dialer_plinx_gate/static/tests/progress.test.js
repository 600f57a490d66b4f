import {waitForChannels, waitNotifications} from "@bus/../tests/bus_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {describe, expect, test} from "@odoo/hoot";
import {queryAllTexts} from "@odoo/hoot-dom";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    MockServer,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

import {RELOAD_DELAY} from "@dialer_plinx_gate/progress/progress";

describe.current.tags("desktop");
defineMailModels();

const CHANNEL = "dialer_plinx_gate.progress";
const SIGNAL = "dialer_plinx_gate/progress";

class ListImport extends models.Model {
    _name = "dialer.list.import";

    name = fields.Char();
    state = fields.Selection({
        selection: [
            ["draft", "New"],
            ["running", "Being imported"],
            ["done", "Done"],
        ],
    });
    position = fields.Integer();
    row_count = fields.Integer();
    taken_count = fields.Integer();

    _records = [
        {id: 1, name: "a.csv", state: "running", position: 0, row_count: 2000},
        {id: 2, name: "b.csv", state: "draft", position: 0, row_count: 0},
    ];
    _views = {
        form: `
            <form>
                <field name="name"/>
                <field name="state" invisible="1"/>
                <field name="position" invisible="1"/>
                <field name="row_count" invisible="1"/>
                <field name="taken_count"/>
                <widget name="dialer_progress"/>
            </form>`,
        list: `<list js_class="dialer_list_import_list"><field name="name"/></list>`,
    };
}

defineModels([ListImport]);

async function tell(values) {
    const payload = {
        model: "dialer.list.import",
        id: 1,
        running: true,
        total: 2000,
        ...values,
    };
    MockServer.env["bus.bus"]._sendone(CHANNEL, SIGNAL, payload);
    await waitNotifications([SIGNAL, payload]);
    await animationFrame();
}

const texts = () => queryAllTexts(".o_dialer_progress_text");

describe("a form", () => {
    test("shows the numbers as they come and reads the record at the end", async () => {
        onRpc("dialer.list.import", "web_read", () => expect.step("read"));
        await mountView({type: "form", resModel: "dialer.list.import", resId: 1});
        await waitForChannels([CHANNEL]);
        expect(texts()).toEqual([
            "The list is being imported: 0 of 2,000 rows read, 0 imported.",
        ]);
        await tell({done: 500, taken: 420});
        expect(texts()).toEqual([
            "The list is being imported: 500 of 2,000 rows read, 420 imported.",
        ]);
        expect(".progress-bar").toHaveAttribute("style", "width: 25%");
        expect.verifySteps(["read"]);
        MockServer.env["dialer.list.import"].write([1], {
            state: "done",
            taken_count: 1800,
        });
        await tell({running: false, done: 2000, taken: 1800});
        expect.verifySteps(["read"]);
        expect(texts()).toEqual([]);
        expect("[name=taken_count] input").toHaveValue("1,800");
    });

    test("leaves alone what is being typed, and other records", async () => {
        await mountView({type: "form", resModel: "dialer.list.import", resId: 2});
        await waitForChannels([CHANNEL]);
        await tell({done: 500});
        expect(texts()).toEqual([]);
        await contains("[name=name] input").edit("new name", {confirm: false});
        await tell({id: 2, running: false, done: 9, total: 9});
        expect("[name=name] input").toHaveValue("new name");
    });
});

test("a list is read again now and then, and at the end", async () => {
    onRpc("dialer.list.import", "web_search_read", () => expect.step("read"));
    await mountView({type: "list", resModel: "dialer.list.import"});
    await waitForChannels([CHANNEL]);
    expect.verifySteps(["read"]);
    await tell({done: 1});
    expect.verifySteps(["read"]);
    await tell({done: 2});
    expect.verifySteps([]);
    await advanceTime(RELOAD_DELAY);
    await tell({done: 3});
    expect.verifySteps(["read"]);
    await tell({running: false, done: 4});
    expect.verifySteps(["read"]);
});
