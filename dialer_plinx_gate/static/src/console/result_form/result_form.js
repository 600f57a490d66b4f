import {Component} from "@odoo/owl";
import {DateTimeInput} from "@web/core/datetime/datetime_input";
import {deserializeDateTime, serializeDateTime} from "@web/core/l10n/dates";
import {localization} from "@web/core/l10n/localization";
import {_t} from "@web/core/l10n/translation";

/** How the call ended: result, note and next contact, kept as a draft until saved. */
export class ResultForm extends Component {
    static template = "dialer_plinx_gate.ResultForm";
    static components = {DateTimeInput};
    static props = {store: Object};

    get store() {
        return this.props.store;
    }

    get draft() {
        return this.store.draft;
    }

    get result() {
        return this.store.results.find(({id}) => id === this.draft.resultId);
    }

    get hasNextContact() {
        return ["callback", "retry"].includes(this.result?.effect);
    }

    get nextContact() {
        const {nextContact} = this.draft;
        return nextContact ? deserializeDateTime(nextContact) : false;
    }

    /** Nobody promises a call to the second. */
    get format() {
        const {dateFormat, timeFormat} = localization;
        return `${dateFormat} ${timeFormat.replace(":ss", "")}`;
    }

    get isDayOff() {
        return Boolean(this.nextContact) && this.isOff(this.nextContact);
    }

    get nextBusinessDay() {
        const day = this.store.panel?.next_business_day;
        return day && day !== this.draft.nextContact
            ? deserializeDateTime(day).toLocaleString({
                  weekday: "long",
                  day: "numeric",
                  month: "long",
                  hour: "numeric",
                  minute: "numeric",
              })
            : null;
    }

    get hint() {
        if (this.isDayOff) {
            return _t("Not a business day.");
        }
        if (this.result?.effect === "retry" && !this.nextContact) {
            return _t("No date: the dialer tries again automatically.");
        }
        return "";
    }

    isOff(day) {
        return this.store.daysOff.includes(day.toISODate());
    }

    dayClass(day) {
        return this.isOff(day) ? "o_dialer_result_form_day_off" : "";
    }

    choose(result) {
        this.store.chooseResult(result.id);
    }

    onNote(ev) {
        this.store.updateDraft({note: ev.target.value});
    }

    onNextContact(moment) {
        this.store.updateDraft({
            nextContact: moment ? serializeDateTime(moment) : null,
        });
    }

    togglePauseAfter() {
        this.store.updateDraft({pauseAfter: !this.draft.pauseAfter});
    }

    takeNextBusinessDay() {
        this.store.updateDraft({nextContact: this.store.panel.next_business_day});
    }
}
