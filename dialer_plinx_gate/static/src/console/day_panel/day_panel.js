import {Component} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {formatClock} from "../../clock";

const {DateTime} = luxon;

/** The agent's day so far, as the server last counted it. */
export class DayPanel extends Component {
    static template = "dialer_plinx_gate.DayPanel";
    static props = {
        totals: {type: [Object, {value: undefined}], optional: true},
        calls: Array,
        onCorrect: Function,
    };

    time({date}) {
        return deserializeDateTime(date).toLocaleString(DateTime.TIME_SIMPLE);
    }

    correctLabel({name}) {
        return _t("Correct the result of the call with %s", name);
    }

    get times() {
        const {totals} = this.props;
        const lines = [
            {key: "talking", name: _t("Talking")},
            {key: "wrap_up", name: _t("Wrap-up")},
            {key: "waiting", name: _t("Waiting")},
            {key: "paused", name: _t("Paused")},
        ];
        const whole = lines.reduce((sum, {key}) => sum + totals[key], 0) || 1;
        return lines.map((line) => ({
            ...line,
            text: formatClock(totals[line.key]),
            share: (100 * totals[line.key]) / whole,
        }));
    }
}
