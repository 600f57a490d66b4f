import {
    Component,
    onMounted,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {CALL_PHASES, describe} from "../services/phase";
import {ContactPanel} from "./contact_panel/contact_panel";
import {DayPanel} from "./day_panel/day_panel";
import {DialerStage, primaryAction} from "./dialer_stage/dialer_stage";
import {KeyHelp} from "./key_help/key_help";

/** The agent's workplace: the customer, the dialer, the day. */
export class Console extends Component {
    static template = "dialer_plinx_gate.Console";
    static components = {
        ContactPanel,
        DayPanel,
        DialerStage,
        Dropdown,
        DropdownItem,
        Layout,
    };
    static props = {...standardActionServiceProps};
    static path = "dialer-console";
    static displayName = _t("Dialer Console");

    setup() {
        this.store = useState(useService("dialer_plinx_gate.session"));
        this.ui = useService("ui");
        this.dialog = useService("dialog");
        this.root = useRef("root");
        this.display = {controlPanel: {}};
        this.env.config.setDisplayName(_t("Dialer Console"));
        useExternalListener(document, "keydown", (ev) => this.onKeydown(ev));
        onMounted(() => this.store.attach());
        onWillUnmount(() => this.store.detach());
    }

    get phase() {
        return this.store.phase;
    }

    get announcement() {
        const {title, text} = describe(this.phase, this.store);
        return [title, text, this.store.notice].filter(Boolean).join(" ");
    }

    get isOpen() {
        const {session} = this.store;
        return Boolean(session && session.state !== "closed");
    }

    get lastCall() {
        return this.isOpen && this.store.recentCalls[0];
    }

    get inCall() {
        return CALL_PHASES.includes(this.phase);
    }

    get canPause() {
        return this.store.session.state === "running" && !this.inCall;
    }

    // ---------------------------------------------------------------------
    // Keys
    // ---------------------------------------------------------------------

    onKeydown(ev) {
        const busy = this.ui.isBlocked || this.ui.activeElement !== document;
        if (busy || ev.repeat || ev.isComposing || ev.altKey) {
            return;
        }
        if (ev.ctrlKey || ev.metaKey) {
            if (ev.key === "Enter" && this.inCall) {
                ev.preventDefault();
                this.store.save();
            }
            return;
        }
        if (isWriting(ev.target)) {
            if (ev.key === "Escape") {
                ev.target.blur();
            }
            return;
        }
        if (this.press(ev.key, ev.target)) {
            ev.preventDefault();
        }
    }

    /** Do what a key stands for; tell whether it stands for anything now. */
    press(key, target) {
        if (key === "Enter") {
            return this.pressEnter(target);
        }
        if (/^[1-9]$/.test(key)) {
            return this.pressResult(Number(key) - 1);
        }
        const actions = {
            Escape: this.phase === "countdown" && (() => this.store.stopCountdown()),
            "?": () => this.dialog.add(KeyHelp, {}),
            n: this.inCall && (() => this.focusOn("#o_dialer_note")),
            d: this.inCall && (() => this.focusOn("#o_dialer_next_contact")),
            a: this.inCall && (() => this.togglePauseAfter()),
            p: this.isOpen && (() => this.togglePause()),
            k: this.store.skipped && (() => this.toggleSkips()),
            c: this.lastCall && (() => this.store.correct(this.lastCall.id)),
        };
        const action = actions[key.length === 1 ? key.toLowerCase() : key];
        if (!action) {
            return false;
        }
        action();
        return true;
    }

    pressEnter(target) {
        if (target.closest("a, button, summary")) {
            return false;
        }
        if (this.phase === "idle" && this.store.campaigns.length) {
            this.root.el.querySelector(".o_dialer_campaign_picker").requestSubmit();
            return true;
        }
        if (this.inCall && this.store.draft.resultId) {
            this.store.save();
            return true;
        }
        const action = primaryAction(this.store);
        action?.run();
        return Boolean(action);
    }

    pressResult(index) {
        const result = this.store.results[index];
        if (!result || !this.inCall) {
            return false;
        }
        this.store.chooseResult(result.id);
        return true;
    }

    focusOn(selector) {
        this.root.el.querySelector(selector)?.focus();
    }

    toggleSkips() {
        const details = this.root.el.querySelector(".o_dialer_skips");
        details.open = !details.open;
    }

    togglePauseAfter() {
        this.store.updateDraft({pauseAfter: !this.store.draft.pauseAfter});
    }

    togglePause() {
        if (this.store.session.state === "paused") {
            this.store.resume();
        } else if (this.canPause) {
            this.store.pause();
        } else {
            this.togglePauseAfter();
        }
    }

    // ---------------------------------------------------------------------
    // Head
    // ---------------------------------------------------------------------

    showKeys() {
        this.dialog.add(KeyHelp, {});
    }

    endSession() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("End the session"),
            body: _t(
                "End your session? A customer on your screen goes back to the queue."
            ),
            confirmLabel: _t("End the session"),
            confirm: () => this.store.close(),
            cancel: () => {},
        });
    }
}

/** Whether keys belong to what is being written. */
function isWriting(target) {
    return target.matches(
        "textarea, select, [contenteditable=true], input:not([type=radio], [type=checkbox])"
    );
}

registry.category("actions").add("dialer_plinx_gate.console", Console);
