import {Component} from "@odoo/owl";
import {Elapsed} from "../elapsed/elapsed";
import {STATES} from "../states";

/** One agent at work: what they do, since when, and what can be done about it. */
export class AgentRow extends Component {
    static template = "dialer_plinx_gate.AgentRow";
    static components = {Elapsed};
    static props = {
        session: Object,
        clock: Object,
        actions: Object,
    };

    get state() {
        return STATES[this.props.session.status];
    }

    get paused() {
        return this.props.session.status === "paused";
    }

    get detail() {
        const {detail, customer} = this.props.session;
        return [detail, customer].filter(Boolean).join(" · ");
    }
}
