import {Component, onMounted, onWillUnmount, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {formatInteger} from "@web/views/fields/formatters";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const CHANNEL = "dialer_plinx_gate.progress";
const SIGNAL = "dialer_plinx_gate/progress";
export const RELOAD_DELAY = 5000;

/** Hear of long work on the records of a model while the component is shown. */
export function useProgress(model, onProgress) {
    const bus = useService("bus_service");
    const listen = (progress) => {
        if (progress.model === model) {
            onProgress(progress);
        }
    };
    onMounted(() => {
        bus.subscribe(SIGNAL, listen);
        // The channel stays: the next screen listens before this one has left.
        bus.addChannel(CHANNEL);
    });
    onWillUnmount(() => bus.unsubscribe(SIGNAL, listen));
}

/** Read a list anew as work on its records goes on, not more often than needed. */
export function useListProgress(controller) {
    let last = 0;
    useProgress(controller.props.resModel, ({running}) => {
        const now = Date.now();
        const root = controller.model.root;
        if ((!running || !last || now - last >= RELOAD_DELAY) && !root.editedRecord) {
            last = now;
            root.load();
        }
    });
}

const WORK = {
    "dialer.campaign": {
        read: ({fill_requested_at, fill_added, fill_total}) => ({
            running: Boolean(fill_requested_at),
            done: fill_added,
            total: fill_total,
        }),
        text: (numbers) =>
            _t(
                "The queue is being filled: %(done)s of %(total)s customers added.",
                numbers
            ),
    },
    "dialer.list.import": {
        read: ({state, position, row_count, taken_count}) => ({
            running: state === "running",
            done: position,
            total: row_count,
            taken: taken_count,
        }),
        text: (numbers) =>
            _t(
                "The list is being imported: %(done)s of %(total)s rows read, %(taken)s imported.",
                numbers
            ),
    },
};

/** How far the work on this record is, live; the record is read anew at its end. */
export class Progress extends Component {
    static template = "dialer_plinx_gate.Progress";
    static props = {...standardWidgetProps};

    setup() {
        this.live = useState({progress: null});
        this.work = WORK[this.props.record.resModel];
        useProgress(this.props.record.resModel, (progress) =>
            this.onProgress(progress)
        );
    }

    get progress() {
        const {record} = this.props;
        const {progress} = this.live;
        return progress && progress.id === record.resId
            ? progress
            : this.work.read(record.data);
    }

    get percent() {
        const {done, total} = this.progress;
        return total ? Math.min(100, Math.floor((100 * done) / total)) : 0;
    }

    get text() {
        const {done, total, taken} = this.progress;
        return this.work.text({
            done: formatInteger(done),
            total: formatInteger(total),
            taken: formatInteger(taken || 0),
        });
    }

    async onProgress(progress) {
        const {record} = this.props;
        if (progress.id !== record.resId) {
            return;
        }
        this.live.progress = progress;
        // What is being typed is worth more than fresh numbers.
        if (!progress.running && !(await record.isDirty())) {
            await record.model.root.load();
            this.live.progress = null;
        }
    }
}

registry.category("view_widgets").add("dialer_progress", {component: Progress});
