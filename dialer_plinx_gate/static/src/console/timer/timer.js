import {Component, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {formatClock} from "../../clock";

/** Seconds since a moment, or until one; it counts by itself, without a request. */
export class Timer extends Component {
    static template = "dialer_plinx_gate.Timer";
    static props = {
        since: {type: Number, optional: true},
        until: {type: Number, optional: true},
        limit: {type: Number, optional: true},
        plain: {type: Boolean, optional: true},
    };

    setup() {
        this.state = useState({now: Date.now()});
        const ticking = browser.setInterval(() => (this.state.now = Date.now()), 250);
        onWillUnmount(() => browser.clearInterval(ticking));
    }

    /** Whether more seconds than allowed have passed; none are counted without one. */
    get isOver() {
        const {since, limit} = this.props;
        return Boolean(limit) && this.state.now - since > limit * 1000;
    }

    get text() {
        const {since, until, plain} = this.props;
        if (since !== undefined) {
            return formatClock((this.state.now - since) / 1000);
        }
        const left = Math.max(0, Math.ceil((until - this.state.now) / 1000));
        return plain ? String(left) : formatClock(left);
    }
}
