import {Component, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {formatInteger} from "@web/views/fields/formatters";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {formatClock} from "../clock";
import {ChartCard} from "./chart_card/chart_card";

const EVENTS = "dialer.gate.event";
const ATTENDANCES = "dialer.attendance";

/** How each number reads, what it lists, and whether more of it is good news. */
const FIGURES = {
    calls: {
        label: _t("Calls"),
        format: formatInteger,
        model: ATTENDANCES,
        domain: "calls",
    },
    collisions: {
        label: _t("Collisions avoided"),
        format: formatInteger,
        model: EVENTS,
        domain: "collisions",
    },
    yes: {
        label: _t("Answered Yes"),
        format: (value) => _t("%(share)s%", {share: value}),
        model: EVENTS,
        domain: "asked",
    },
    talk: {
        label: _t("Average call"),
        format: formatClock,
        model: ATTENDANCES,
        domain: "calls",
    },
};

export class Dashboard extends Component {
    static template = "dialer_plinx_gate.Dashboard";
    static components = {ChartCard, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = {controlPanel: {}};
        this.periods = [
            {key: "today", label: _t("Today")},
            {key: "week", label: _t("7 days")},
            {key: "month", label: _t("30 days")},
            {key: "quarter", label: _t("90 days")},
        ];
        this.state = useState({period: "week", data: null});
        onWillStart(() => this.load(this.props.state?.period || "week"));
    }

    async load(period) {
        const data = await this.orm.call("dialer.dashboard", "get_data", [period]);
        Object.assign(this.state, {data, period, charts: this.makeCharts(data.charts)});
    }

    get figures() {
        return this.state.data.figures.map(({key, value, before}) => {
            const known = FIGURES[key];
            const none = value === null || value === false;
            return {
                key,
                ...known,
                text: none ? "–" : known.format(value),
                before:
                    before === null || before === false ? "–" : known.format(before),
            };
        });
    }

    makeCharts(charts) {
        const one = (name, model, label = "") => ({label, bars: charts[name], model});
        return [
            {
                key: "time",
                title: _t("Calls and collisions avoided"),
                type: "bar",
                size: "col-12 col-lg-8",
                series: [
                    one("calls", ATTENDANCES, _t("Calls")),
                    one("collisions", EVENTS, _t("Collisions avoided")),
                ],
            },
            {
                key: "results",
                title: _t("Results"),
                type: "ranking",
                series: [one("results", ATTENDANCES)],
            },
            {
                key: "campaigns",
                title: _t("Collisions avoided by campaign"),
                type: "ranking",
                series: [one("campaigns", EVENTS)],
            },
            {
                key: "agents",
                title: _t("Collisions avoided by agent"),
                type: "ranking",
                series: [one("agents", EVENTS)],
            },
            {
                key: "answers",
                title: _t("Answers"),
                type: "doughnut",
                series: [one("answers", EVENTS)],
            },
            {
                key: "hours",
                title: _t("Collisions avoided by hour of the day"),
                type: "bar",
                size: "col-12",
                series: [one("hours", EVENTS)],
            },
        ];
    }

    openFigure(figure) {
        return this.open(
            figure.model,
            figure.label,
            this.state.data.domains[figure.domain]
        );
    }

    open(model, name, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            domain,
            views: [
                [false, "list"],
                [false, "pivot"],
                [false, "graph"],
                [false, "form"],
            ],
        });
    }
}

registry.category("actions").add("dialer_plinx_gate.dashboard", Dashboard);
