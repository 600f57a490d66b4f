import {Component, onWillStart, useState} from "@odoo/owl";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

const STEPS = {
    connect: {
        title: _t("Connect Plinx"),
        text: _t("Enter the address and the token, and test the connection."),
        locked: _t("Ask an administrator to enter the address and the token."),
        button: _t("Connect"),
    },
    parameter: {
        title: _t("Customers in conversation"),
        text: _t("What should happen to customers who are chatting on WhatsApp?"),
    },
    campaign: {
        title: _t("Create a campaign"),
        text: _t("Choose who to call, and at what times."),
        button: _t("New campaign"),
    },
    agents: {
        title: _t("Add agents"),
        text: _t("Give users the Agent role, or add them to a campaign."),
        button: _t("Add agents"),
    },
};

/** The first steps after installation; gone for good once they are closed. */
export class Checklist extends Component {
    static template = "dialer_plinx_gate.Checklist";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.state = useState({list: null});
        onWillStart(() => this.load());
    }

    async load() {
        this.state.list = await this.orm.call("dialer.checklist", "get_steps", []);
    }

    get steps() {
        return this.state.list.steps.map((step) => ({...step, ...STEPS[step.key]}));
    }

    get doneCount() {
        return this.state.list.steps.filter((step) => step.done).length;
    }

    get finished() {
        return this.doneCount === this.state.list.steps.length;
    }

    open(step) {
        const options = {onClose: () => this.load()};
        if (step.key === "campaign") {
            return this.action.doAction({
                type: "ir.actions.act_window",
                res_model: "dialer.campaign",
                views: [[false, "form"]],
            });
        }
        if (step.key === "agents") {
            return this.openAgents();
        }
        return this.action.doAction(
            "dialer_plinx_gate.dialer_settings_action",
            options
        );
    }

    async openAgents() {
        if (user.isAdmin) {
            return this.action.doAction("base.action_res_users");
        }
        return this.action.doAction("dialer_plinx_gate.dialer_campaign_action");
    }

    async choose(ask) {
        this.state.list = await this.orm.call("dialer.checklist", "choose", [ask]);
    }

    close() {
        const close = async () => {
            await this.orm.call("dialer.checklist", "close", []);
            this.state.list = null;
        };
        if (this.finished) {
            return close();
        }
        this.dialog.add(ConfirmationDialog, {
            title: _t("Hide the first steps?"),
            body: _t("Nobody at %(company)s will see them again.", {
                company: this.state.list.company,
            }),
            confirmLabel: _t("Hide"),
            confirm: close,
            cancel: () => {},
        });
    }
}
