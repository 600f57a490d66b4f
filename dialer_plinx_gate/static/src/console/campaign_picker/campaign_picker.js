import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

// The server counts up to this many callable customers.
const MAX_COUNTED = 1000;

/** Choose the campaign to work; a campaign with nobody to call now can be chosen too. */
export class CampaignPicker extends Component {
    static template = "dialer_plinx_gate.CampaignPicker";
    static props = {campaigns: Array, busy: Boolean, onStart: Function};

    setup() {
        this.state = useState({chosen: this.props.campaigns[0]?.id});
    }

    waiting({callable}) {
        if (callable >= MAX_COUNTED) {
            return _t("More than %(count)s to call now", {count: MAX_COUNTED});
        }
        return callable
            ? _t("%(count)s to call now", {count: callable})
            : _t("Nobody to call now");
    }

    mode({dial_mode}) {
        return dial_mode === "progressive" ? _t("Progressive") : _t("Preview");
    }

    start() {
        this.props.onStart(this.state.chosen);
    }
}
