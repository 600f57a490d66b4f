import {
    Component,
    onMounted,
    onPatched,
    onWillUpdateProps,
    reactive,
    status,
    useRef,
} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {formatClock} from "../../clock";

/**
 * The time since a moment, ticking with the board's clock. A room of agents ticks every
 * second, so the text is written by hand: only the limit draws the component anew.
 */
export class Elapsed extends Component {
    static template = "dialer_plinx_gate.Elapsed";
    static props = {
        since: String,
        clock: {type: Object, shape: {now: Number}},
        limit: {type: Number, optional: true},
    };

    setup() {
        this.root = useRef("text");
        this.clock = reactive(this.props.clock, () => this.tick());
        this.begin(this.props);
        this.drawnOver = this.over;
        onWillUpdateProps((props) => this.begin(props));
        onMounted(() => this.tick());
        onPatched(() => this.tick());
    }

    /** Read the moment once, not every second. */
    begin({since}) {
        this.start = deserializeDateTime(since).toMillis();
    }

    get seconds() {
        return (this.clock.now - this.start) / 1000;
    }

    get over() {
        return Boolean(this.props.limit) && this.seconds > this.props.limit;
    }

    /** Show the time; to read the clock is also to be told of its next tick. */
    tick() {
        if (status(this) !== "mounted") {
            return;
        }
        const {el} = this.root;
        const text = formatClock(this.seconds);
        if (el.textContent !== text) {
            el.textContent = text;
        }
        if (this.over !== this.drawnOver) {
            this.drawnOver = this.over;
            this.render();
        }
    }
}
