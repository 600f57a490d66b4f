import { Component, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { formatClock } from "../states";

/** The time since a moment, ticking with the board's clock. */
export class Elapsed extends Component {
    static template = "dialer_plinx_gate.Elapsed";
    static props = {
        since: String,
        clock: { type: Object, shape: { now: Number } },
        limit: { type: Number, optional: true },
    };

    setup() {
        this.clock = useState(this.props.clock);
        this.begin(this.props);
        onWillUpdateProps((props) => this.begin(props));
    }

    /** Read the moment once: a room of agents ticks every second. */
    begin({ since }) {
        this.start = deserializeDateTime(since).toMillis();
    }

    get seconds() {
        return (this.clock.now - this.start) / 1000;
    }

    get text() {
        return formatClock(this.seconds);
    }

    get over() {
        return Boolean(this.props.limit) && this.seconds > this.props.limit;
    }
}
