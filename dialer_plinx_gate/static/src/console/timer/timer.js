import {Component, onWillUnmount, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";

/**
 * Time as a stopwatch shows it.
 *
 * @param {number} seconds
 * @returns {string} `1:05`, or `1:02:05` from an hour on
 */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = `${hours ? pad(minutes) : minutes}:${pad(whole % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
}

/** Seconds since a moment, or until one; it counts by itself, without a request. */
export class Timer extends Component {
    static template = "dialer_plinx_gate.Timer";
    static props = {
        since: {type: Number, optional: true},
        until: {type: Number, optional: true},
        limit: {type: Number, optional: true},
        label: {type: String, optional: true},
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
            return clock((this.state.now - since) / 1000);
        }
        const left = Math.max(0, Math.ceil((until - this.state.now) / 1000));
        return plain ? String(left) : clock(left);
    }
}
