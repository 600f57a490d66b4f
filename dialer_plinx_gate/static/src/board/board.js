import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    reactive,
    useExternalListener,
    useState,
} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useBus, useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {Checklist} from "../checklist/checklist";
import {AgentRow} from "./agent_row/agent_row";
import {BoardModel} from "./board_model";
import {CampaignCard} from "./campaign_card/campaign_card";
import {GateCard} from "./gate_card/gate_card";
import {queueDomain} from "./queue_domain";
import {STATES} from "./states";

const CHANNEL = "dialer_plinx_gate.board";
const SIGNAL = "dialer_plinx_gate/board";

/** The room at a glance: agents, queues and the gate, live over the bus. */
export class Board extends Component {
    static template = "dialer_plinx_gate.Board";
    static components = {AgentRow, CampaignCard, Checklist, GateCard, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.bus = useService("bus_service");
        this.store = useService("mail.store");
        this.display = {controlPanel: {}};
        this.skew = 0;
        this.clock = reactive({now: Date.now()});
        this.state = useState({
            sessions: [],
            campaigns: [],
            gate: null,
            lost: false,
            filter: null,
            search: "",
            sort: "agent",
        });
        this.model = new BoardModel({
            fetch: (queues) =>
                this.orm.silent.call("dialer.session", "board_data", [queues]),
            apply: (data) => this.apply(data),
            onLost: (lost) => (this.state.lost = lost),
        });
        this.actions = this.makeActions();
        onWillStart(() => this.model.refresh(true));
        onMounted(() => this.listen());
        onWillUnmount(() => this.leave());
        useBus(this.bus, "BUS:DISCONNECT", () => (this.state.lost = true));
        useBus(this.bus, "BUS:RECONNECT", () => this.model.signal(0));
        useExternalListener(document, "visibilitychange", () => {
            if (!document.hidden) {
                this.model.wake();
            }
        });
    }

    listen() {
        this.onSignal = ({company_id}) => {
            if (user.activeCompanies.some((company) => company.id === company_id)) {
                this.model.signal();
            }
        };
        this.bus.subscribe(SIGNAL, this.onSignal);
        this.bus.addChannel(CHANNEL);
        this.ticker = browser.setInterval(() => this.tick(), 1000);
    }

    leave() {
        this.bus.unsubscribe(SIGNAL, this.onSignal);
        this.bus.deleteChannel(CHANNEL);
        browser.clearInterval(this.ticker);
        this.model.stop();
    }

    tick() {
        this.clock.now = Date.now() + this.skew;
    }

    /** Take over an answer; rows that did not change stay the same objects. */
    apply({now, sessions, campaigns, gate}) {
        this.skew = deserializeDateTime(now).toMillis() - Date.now();
        this.tick();
        const known = new Map(this.state.sessions.map((row) => [row.id, row]));
        this.state.sessions = sessions.map((row) => {
            const old = known.get(row.id);
            return old && Object.keys(row).every((key) => row[key] === old[key])
                ? old
                : row;
        });
        if (campaigns) {
            this.state.campaigns = campaigns;
            this.state.gate = gate;
        }
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    /** The states with how many agents are in each, those without left out. */
    get tallies() {
        const counts = {};
        for (const {status} of this.state.sessions) {
            counts[status] = (counts[status] || 0) + 1;
        }
        return Object.entries(STATES)
            .map(([key, state]) => ({...state, key, count: counts[key] || 0}))
            .filter((tally) => tally.count || tally.key === this.state.filter);
    }

    get rows() {
        const {filter, search, sort, sessions} = this.state;
        const wanted = search.trim().toLowerCase();
        const rows = sessions.filter(
            (row) =>
                (!filter || row.status === filter) &&
                (!wanted ||
                    row.agent.toLowerCase().includes(wanted) ||
                    row.campaign.toLowerCase().includes(wanted))
        );
        if (sort === "agent") {
            rows.sort((a, b) => a.agent.localeCompare(b.agent));
        } else if (sort === "since") {
            rows.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
        } else if (sort === "status") {
            const order = Object.keys(STATES);
            rows.sort(
                (a, b) =>
                    order.indexOf(b.status) - order.indexOf(a.status) ||
                    (a.since < b.since ? -1 : 1)
            );
        } else if (sort === "attended") {
            rows.sort((a, b) => b.attended - a.attended);
        }
        return rows;
    }

    get columns() {
        return [
            {key: "agent", label: _t("Agent"), class: "ps-3 o_dialer_agents_name"},
            {key: "status", label: _t("State"), class: ""},
            {key: "since", label: _t("Time"), class: "text-end o_dialer_agents_short"},
            {
                key: null,
                label: _t("Campaign"),
                class: "d-none d-xxl-table-cell o_dialer_agents_name",
            },
            {
                key: "attended",
                label: _t("Contacts"),
                class: "text-end d-none d-xl-table-cell o_dialer_agents_short",
            },
        ];
    }

    /** What a screen reader is told when it changes: only what needs somebody. */
    get announcement() {
        const waiting = this.state.sessions.filter(
            (row) => row.status === "hold"
        ).length;
        return waiting
            ? _t("Agents waiting for Plinx: %(count)s.", {count: waiting})
            : "";
    }

    toggleFilter(key) {
        this.state.filter = this.state.filter === key ? null : key;
    }

    // ------------------------------------------------------------------
    // What is done
    // ------------------------------------------------------------------

    makeActions() {
        const change = (method) => (session) =>
            this.run("dialer.session", method, [[session.id]]);
        const campaign = (method) => (record) =>
            this.run("dialer.campaign", method, [[record.id]]);
        const release = change("board_release");
        const close = change("board_close");
        return {
            pause: change("board_pause"),
            resume: change("board_resume"),
            release: (session) =>
                this.confirm(
                    _t("Return the customer to the queue?"),
                    session.status === "call" || session.status === "wrap_up"
                        ? _t(
                              "%(agent)s is on a call with %(customer)s. The result will be lost, and the customer will go back to the queue.",
                              session
                          )
                        : _t(
                              "%(customer)s will leave the screen of %(agent)s and go back to the queue.",
                              session
                          ),
                    _t("Return to the queue"),
                    () => release(session)
                ),
            close: (session) =>
                this.confirm(
                    _t("End this session?"),
                    _t("%(agent)s will stop working on “%(campaign)s”.", session),
                    _t("End the session"),
                    () => close(session)
                ),
            message: (session) => this.store.openChat({userId: session.user_id}),
            open: (session) => this.openRecord("dialer.session", session.id),
            openCampaign: (record) => this.openRecord("dialer.campaign", record.id),
            openQueue: (record, part) => this.openQueue(record, part),
            pauseCampaign: campaign("action_pause"),
            startCampaign: campaign("action_start"),
            move: (record, offset) =>
                this.run("dialer.campaign", "board_move", [[record.id], offset]),
        };
    }

    async run(model, method, args) {
        try {
            await this.orm.call(model, method, args);
        } finally {
            await this.model.refresh(model === "dialer.campaign");
        }
    }

    confirm(title, body, confirmLabel, confirm) {
        this.dialog.add(ConfirmationDialog, {
            title,
            body,
            confirmLabel,
            confirm,
            cancel: () => {},
        });
    }

    openRecord(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openQueue(campaign, part) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: campaign.name,
            res_model: "dialer.queue.entry",
            domain: queueDomain(campaign.id, part),
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    openGate() {
        return this.action.doAction("dialer_plinx_gate.dialer_gate_event_action");
    }

    openCampaigns() {
        return this.action.doAction("dialer_plinx_gate.dialer_campaign_action");
    }
}

registry.category("actions").add("dialer_plinx_gate.board", Board);
