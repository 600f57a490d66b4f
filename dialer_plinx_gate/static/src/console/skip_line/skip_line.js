import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/** Skips are seen, not felt: one quiet line that unfolds to the names. */
export class SkipLine extends Component {
    static template = "dialer_plinx_gate.SkipLine";
    static props = {count: Number, names: Array};

    get text() {
        if (this.props.count === 1) {
            return _t("1 customer skipped: in conversation on WhatsApp");
        }
        return _t("%(count)s customers skipped: in conversation on WhatsApp", {
            count: this.props.count,
        });
    }

    get more() {
        const more = this.props.count - this.props.names.length;
        return more > 0 ? _t("and %(count)s more", {count: more}) : "";
    }
}
