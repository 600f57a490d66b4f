import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatFloat} from "@web/views/fields/formatters";

/** The circuit breaker before Plinx, as supervisors speak of it. */
const BREAKER = {
    ok: {label: _t("Working"), tone: "success"},
    failing: {label: _t("Failing"), tone: "warning"},
    limited: {label: _t("Cooling down"), tone: "warning"},
    open: {label: _t("Not answering"), tone: "danger"},
    auth_error: {label: _t("Token refused"), tone: "danger"},
};

/** The health of the gate in the last minutes. */
export class GateCard extends Component {
    static template = "dialer_plinx_gate.GateCard";
    static props = {
        gate: Object,
        onOpen: Function,
    };

    /** Nothing is in order while there is a trouble that the breaker does not see. */
    get breaker() {
        const {breaker, trouble} = this.props.gate;
        return trouble && breaker === "ok" ? null : BREAKER[breaker];
    }

    get figures() {
        const {verdicts, active, unknown, p95_ms, minutes} = this.props.gate;
        const perMinute = verdicts / minutes;
        const digits = perMinute && perMinute < 10 ? 1 : 0;
        return [
            {
                key: "rate",
                label: _t("Verdicts per minute"),
                text: formatFloat(perMinute, {digits: [0, digits]}),
            },
            {
                key: "active",
                label: _t("In conversation"),
                text: this.share(active),
            },
            {
                key: "unknown",
                label: _t("Unknown"),
                text: this.share(unknown),
                tone: unknown ? "text-danger" : "",
            },
            {
                key: "p95",
                label: _t("95% answered within"),
                text: p95_ms === null ? "–" : _t("%(ms)s ms", {ms: p95_ms}),
            },
        ];
    }

    share(count) {
        const {verdicts} = this.props.gate;
        return verdicts
            ? _t("%(share)s%", {share: Math.round((100 * count) / verdicts)})
            : "–";
    }
}
