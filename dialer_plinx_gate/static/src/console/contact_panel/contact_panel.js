import {Component, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {deserializeDate, deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

const {DateTime} = luxon;

/** Who is on screen, and what happened with them so far. */
export class ContactPanel extends Component {
    static template = "dialer_plinx_gate.ContactPanel";
    static props = {
        entry: {type: [Object, {value: null}]},
        panel: {type: [Object, {value: null}]},
    };

    setup() {
        this.state = useState({now: Date.now()});
        const ticking = browser.setInterval(() => (this.state.now = Date.now()), 10000);
        onWillUnmount(() => browser.clearInterval(ticking));
    }

    get initials() {
        const words = this.props.entry.name.split(/\s+/).filter(Boolean);
        return [words[0], words.length > 1 ? words.at(-1) : ""]
            .map((word) => (word || "").charAt(0).toUpperCase())
            .join("");
    }

    get url() {
        const {panel} = this.props;
        return `/odoo/${panel.model}/${panel.res_id}`;
    }

    get subtitle() {
        const {entry, panel} = this.props;
        const company = entry.company_name === entry.name ? null : entry.company_name;
        return [company, panel?.place || entry.city].filter(Boolean).join(" · ");
    }

    get phones() {
        const {entry, panel} = this.props;
        return panel?.phones.length ? panel.phones : [entry.phone].filter(Boolean);
    }

    get localTime() {
        const local = DateTime.fromMillis(this.state.now, {
            zone: this.props.panel.timezone,
        });
        return {
            text: local.toLocaleString(DateTime.TIME_SIMPLE),
            isNight: local.hour < 8 || local.hour >= 20,
        };
    }

    day(text) {
        return deserializeDateTime(text).toLocaleString({
            day: "numeric",
            month: "short",
            hour: "numeric",
            minute: "numeric",
        });
    }

    deadline({deadline, state}) {
        if (state === "today") {
            return _t("Today");
        }
        return deserializeDate(deadline).toLocaleString({
            day: "numeric",
            month: "short",
        });
    }
}
