import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {CampaignPicker} from "../campaign_picker/campaign_picker";
import {ResultForm} from "../result_form/result_form";
import {SkipLine} from "../skip_line/skip_line";
import {Timer} from "../timer/timer";
import {describe} from "../../services/phase";

const {DateTime} = luxon;

/** Where the dialer stands, with one obvious next action. */
export class DialerStage extends Component {
    static template = "dialer_plinx_gate.DialerStage";
    static components = {CampaignPicker, ResultForm, SkipLine, Timer};
    static props = {store: Object};

    get store() {
        return this.props.store;
    }

    get phase() {
        return this.store.phase;
    }

    get look() {
        return describe(this.phase, this.store);
    }

    /** Where the phone number is what the agent looks for. */
    get showsPhone() {
        return ["preview", "countdown", "dialing"].includes(this.phase);
    }

    get phone() {
        return this.store.panel?.phones[0] || this.store.entry.phone;
    }

    get canRecall() {
        return this.phase === "call" && this.store.online;
    }

    /** The moment that this phase is timed from, in this computer's own time. */
    get since() {
        const {session, entry} = this.store;
        const moments = {
            call: entry?.dialed_at,
            wrap_up: entry?.hung_up_at,
            paused: session?.pause?.since,
            hold: session?.hold?.since,
        };
        const moment = moments[this.phase];
        return moment ? this.store.localTime(moment) : null;
    }

    /** How long this pause may last in seconds, 0 for as long as need be. */
    get limit() {
        return (this.phase === "paused" && this.store.session.pause?.limit) || 0;
    }

    get limitText() {
        return _t("Time limit: %(minutes)s min, until %(time)s.", {
            minutes: this.limit / 60,
            time: DateTime.fromMillis(this.since + this.limit * 1000).toLocaleString(
                DateTime.TIME_SIMPLE
            ),
        });
    }

    /** The one obvious next action; the console runs it on Enter as well. */
    get primary() {
        return primaryAction(this.store);
    }

    /** Once a result is chosen, to save it is what comes next. */
    get isNext() {
        return this.phase !== "call" || !this.store.draft.resultId;
    }

    get bannerText() {
        const {attendant} = this.store.banner;
        return attendant
            ? _t(
                  "The customer just started a WhatsApp conversation with %(attendant)s.",
                  {
                      attendant,
                  }
              )
            : _t("The customer just started a WhatsApp conversation.");
    }
}

/**
 * The next action of each phase that has one.
 *
 * @param {Object} store see `DialerSession`
 * @returns {{name: string, label: string, run: Function}|null}
 */
export function primaryAction(store) {
    const actions = {
        ready: {label: _t("Next customer"), run: () => store.next()},
        preview: {label: _t("Dial"), icon: "fa-phone", run: () => store.dial()},
        countdown: {label: _t("Dial now"), icon: "fa-phone", run: () => store.dial()},
        call: {label: _t("End call"), run: () => store.hangUp()},
        paused: {label: _t("Resume"), icon: "fa-play", run: () => store.resume()},
        hold: {label: _t("Try now"), run: () => store.next()},
        empty: {label: _t("Check again"), run: () => store.next()},
        question: {label: _t("Answer the question"), run: () => store.openQuestion()},
        offline: {label: _t("Try now"), run: () => store.refresh()},
    };
    const action = actions[store.phase];
    return action ? {name: store.phase, icon: null, ...action} : null;
}
