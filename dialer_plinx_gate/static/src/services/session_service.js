import {markRaw} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {Reactive} from "@web/core/utils/reactive";
import {Connection} from "./connection";
import {claimDial, emptyDraft, forgetDraft, readDraft, writeDraft} from "./draft";
import {phaseOf} from "./phase";
import {Timers} from "./timers";

const ATTENDANCES = "dialer.attendance";
// How many of the last calls are offered for correction, as the server does.
const RECENT_CALLS = 3;

/**
 * The agent's session as this tab knows it. The server has the truth; every request
 * names the customer it is about, so that a repeated one changes nothing.
 */
export class DialerSession extends Reactive {
    constructor(env, services) {
        super();
        this.setup(env, services);
    }

    setup(env, services) {
        this.env = markRaw(env);
        this.orm = markRaw(services.orm);
        this.action = markRaw(services.action);
        this.notification = markRaw(services.notification);
        this.timers = new Timers();
        this.connection = new Connection(services, this.timers, {
            news: () => this.refresh(),
            look: () => this.loaded && this.refresh(),
            leave: () => this.timers.endCountdown(),
            events: {
                "dialer_plinx_gate/session_changed": (payload) =>
                    this.sessionChanged(payload),
                "dialer_plinx_gate/conversation_opened": (payload) =>
                    this.conversationOpened(payload),
            },
        });
        this.tab = Math.random().toString(36).slice(2);
        this.consoles = 0;
        this.loaded = false;
        this.busy = null;
        this.session = null;
        this.campaigns = [];
        this.results = [];
        this.pauseReasons = [];
        this.daysOff = [];
        this.whatsappResultId = null;
        this.panel = null;
        this.recentCalls = [];
        this.counted = null;
        this.skipped = 0;
        this.skips = [];
        this.notice = null;
        this.banner = null;
        this.draft = emptyDraft();
        this.questionOpen = false;
        this.dismissed = null;
        this.stopped = null;
        this.clockOffset = 0;
        this.unanswered = null;
        this.correcting = false;
    }

    get phase() {
        return phaseOf(this);
    }

    get entry() {
        return this.session?.entry || null;
    }

    get online() {
        return this.connection.online;
    }

    /** When the countdown ends by this computer's clock, null while there is none. */
    get countdownEnd() {
        return this.timers.countdownEnd;
    }

    /** When Plinx is asked again by this computer's clock, null while it is not. */
    get nextTry() {
        return this.timers.nextTry;
    }

    // ---------------------------------------------------------------------
    // Consoles on screen
    // ---------------------------------------------------------------------

    /** A console is shown: from now on the server's events and this tab's count. */
    attach() {
        if (this.consoles++) {
            return;
        }
        this.connection.open();
        this.load();
    }

    /** The last console is left: nothing runs on behind the agent's back. */
    detach() {
        if (--this.consoles) {
            return;
        }
        this.connection.close();
        this.timers.stopAll();
        this.questionOpen = false;
        this.counted = null;
        this.loaded = false;
    }

    // ---------------------------------------------------------------------
    // Reading
    // ---------------------------------------------------------------------

    /** Read everything anew: at the start, and after a session ended. */
    async load() {
        const data = await this.connection.read("console_data");
        if (!data) {
            return;
        }
        this.campaigns = data.campaigns;
        this.results = data.results;
        this.pauseReasons = data.pause_reasons;
        this.daysOff = data.days_off;
        this.whatsappResultId = data.whatsapp_result_id;
        this.loaded = true;
        this.apply(data.session);
    }

    /** Show the truth of the server; changes nothing there. */
    async refresh() {
        if (!this.connection.isOpen || this.busy) {
            return;
        }
        if (!this.loaded || !this.session || this.session.state === "closed") {
            return this.load();
        }
        const id = this.session.session_id;
        const state = await this.connection.read("get_state", [[id]]);
        if (!state) {
            return;
        }
        this.apply(state);
        await this.settle();
        if (state.state === "closed") {
            await this.load();
        }
    }

    /** The answer to a request was lost: do what its answer would have led to. */
    async settle() {
        const method = this.unanswered;
        this.unanswered = null;
        if (method === "dial" && this.entry?.state === "dialing") {
            // the call is placed already; this gets the link that was not opened
            await this.dial();
        } else if (method === "register_result" && this.entry?.state !== "dialing") {
            forgetDraft();
        }
    }

    async loadPanel() {
        const {session_id, entry} = this.session;
        const panel = await this.connection.attempt("customer_panel", [[session_id]], {
            entry_id: entry.id,
        });
        if (panel && panel.entry_id === this.entry?.id) {
            this.panel = panel;
        }
    }

    /** The agent's last calls of today, whose results can be corrected. */
    async loadRecentCalls() {
        try {
            this.recentCalls = await this.orm.silent.call(ATTENDANCES, "recent_calls");
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.connection.wentOffline();
        }
    }

    /** The server says that a session changed elsewhere. */
    sessionChanged({session_id}) {
        if (session_id === this.session?.session_id) {
            this.refresh();
        }
    }

    // ---------------------------------------------------------------------
    // The server's answer
    // ---------------------------------------------------------------------

    /**
     * Show a state of the server, and do what follows from it by itself.
     *
     * @param {Object|null} state see `dialer.session.get_state`
     */
    apply(state) {
        const before = this.entry?.id;
        if (state) {
            this.followTotals(state);
        }
        this.session = state;
        if (!state) {
            return;
        }
        this.clockOffset = Date.now() - deserializeDateTime(state.now).toMillis();
        this.skipped += state.skipped;
        this.skips = [...this.skips, ...(state.skips || [])];
        // with these the card itself says it
        const told = this.entry || ["hold", "empty"].includes(state.decision);
        this.notice = told ? null : state.message;
        if (this.entry?.id !== before || this.panel?.entry_id !== this.entry?.id) {
            this.showEntry();
        }
        this.follow();
    }

    /**
     * A moment of the server in this computer's time, whatever its clock says.
     *
     * @param {string} moment UTC, as Odoo writes it
     * @returns {number} milliseconds
     */
    localTime(moment) {
        return deserializeDateTime(moment).toMillis() + this.clockOffset;
    }

    /** Another customer is on screen, or none. */
    showEntry() {
        this.panel = null;
        this.banner = null;
        this.stopped = null;
        this.dismissed = null;
        if (this.entry) {
            this.draft = readDraft(this.session);
            this.loadPanel();
        } else {
            this.draft = emptyDraft();
        }
    }

    follow() {
        const {decision, state, question, uri} = this.session;
        this.timers.endHold();
        this.followCountdown();
        this.followQuestion(question);
        if (uri) {
            this.openUri(uri);
        }
        if (state !== "running" || this.entry) {
            return;
        }
        if (decision === "hold") {
            this.timers.startHold(this.session.hold.retry_in, () => this.next());
        } else if (decision === "searching" || (!decision && this.session.skipped)) {
            this.timers.after("search", 0, () => this.next({goingOn: true}));
        }
    }

    /**
     * Keep the last calls in line with what was counted: a result saved here is known
     * already, one saved elsewhere is asked for.
     */
    followTotals(state) {
        const counted = state.totals ? JSON.stringify(state.totals.results) : null;
        if (!counted || counted === this.counted) {
            return;
        }
        this.counted = counted;
        const result = this.results.find(({id}) => id === this.draft.resultId);
        if (state.attendance_id && this.entry && result) {
            const call = {
                id: state.attendance_id,
                name: this.entry.name,
                result: result.name,
                date: state.now,
                corrected: false,
            };
            const others = this.recentCalls.filter(({id}) => id !== call.id);
            this.recentCalls = [call, ...others].slice(0, RECENT_CALLS);
        } else {
            this.loadRecentCalls();
        }
    }

    followCountdown() {
        const {countdown} = this.session;
        const wanted = countdown && this.entry && this.stopped !== this.entry.id;
        if (!wanted || document.visibilityState === "hidden") {
            this.timers.endCountdown();
        } else {
            this.timers.startCountdown(countdown, () => this.dialByItself());
        }
    }

    followQuestion(question) {
        if (!question) {
            this.closeQuestion();
        } else if (this.dismissed !== this.entry.id) {
            this.openQuestion();
        }
    }

    // ---------------------------------------------------------------------
    // What the agent does
    // ---------------------------------------------------------------------

    /**
     * Ask the server to do something, once; while it does, nothing else is asked.
     *
     * @returns {Object|null} the new state, null when it could not be had
     */
    async perform(method, args = [], kwargs = {}) {
        if (this.busy || !this.online) {
            return null;
        }
        this.busy = method;
        this.connection.supersede();
        this.timers.endCountdown();
        const ids = method === "start" ? [] : [[this.session.session_id]];
        try {
            const state = await this.connection.call(method, [...ids, ...args], kwargs);
            this.busy = null;
            this.apply(state);
            this.connection.notifyTabs(state.session_id);
            return state;
        } catch (error) {
            this.busy = null;
            this.unanswered = error instanceof ConnectionLostError ? method : null;
            this.failed(error);
            return null;
        }
    }

    /** Say what went wrong and show how things stand now. */
    failed(error) {
        if (error instanceof ConnectionLostError) {
            this.connection.wentOffline();
            return;
        }
        this.refresh();
        if (!error.exceptionName?.startsWith("odoo.exceptions.")) {
            throw error;
        }
        this.notification.add(error.data.message, {type: "danger"});
    }

    resetSkips() {
        this.skipped = 0;
        this.skips = [];
        this.notice = null;
    }

    async start(campaignId) {
        this.resetSkips();
        const state = await this.perform("start", [campaignId]);
        if (state?.state === "running" && !state.entry && !state.decision) {
            await this.next();
        }
    }

    async next({goingOn = false} = {}) {
        if (!goingOn) {
            this.resetSkips();
        }
        return this.perform("next_contact");
    }

    async dial() {
        // a second click, after the customer has left the screen, calls nobody else
        return this.perform("dial", [], {entry_id: this.entry?.id});
    }

    /** The countdown ran out: dial, unless another tab of this browser does. */
    async dialByItself() {
        if (claimDial(this.entry, this.tab)) {
            await this.dial();
        }
    }

    /** Stop the countdown: this customer waits for Dial. */
    stopCountdown() {
        this.stopped = this.entry?.id;
        this.timers.endCountdown();
    }

    async hangUp() {
        return this.perform("hang_up");
    }

    /** Choose a result; a call that still goes on has ended with it. */
    async chooseResult(resultId) {
        const result = this.results.find(({id}) => id === resultId);
        const nextContact =
            result.effect === "callback"
                ? this.draft.nextContact || this.panel?.next_business_day || null
                : null;
        this.updateDraft({resultId, nextContact});
        if (this.phase === "call") {
            await this.hangUp();
        }
    }

    updateDraft(values) {
        Object.assign(this.draft, values);
        writeDraft(this.session, this.draft);
    }

    /** Save the result once, and go on: the answer has the next customer already. */
    async save() {
        const {resultId, note, nextContact, pauseAfter} = this.draft;
        if (!resultId) {
            return false;
        }
        this.resetSkips();
        const state = await this.perform("register_result", [resultId], {
            note: note.trim() || null,
            next_contact_at: nextContact,
            entry_id: this.entry.id,
            go_on: !pauseAfter,
        });
        if (!state?.attendance_id) {
            return false;
        }
        forgetDraft();
        if (state.moved) {
            // the message itself is not shown where the next customer is
            this.notification.add(state.moved, {type: "info"});
        }
        if (pauseAfter && state.state === "running") {
            await this.pause();
        }
        return true;
    }

    async pause(reasonId = null) {
        return this.perform("pause", [reasonId]);
    }

    async resume() {
        this.resetSkips();
        return this.perform("resume");
    }

    async close() {
        const state = await this.perform("close");
        if (state) {
            forgetDraft();
            this.resetSkips();
            await this.load();
        }
    }

    /**
     * Open the link that places the call, in a hidden frame: from the page itself, by
     * an anchor too, the browser announces that the page is left each time, or shows an
     * error where no telephone is set up.
     */
    openUri(uri) {
        document.querySelector("iframe.o_dialer_telephone")?.remove();
        const frame = document.createElement("iframe");
        frame.className = "o_dialer_telephone d-none";
        frame.title = _t("Telephone");
        frame.src = uri;
        document.body.append(frame);
    }

    // ---------------------------------------------------------------------
    // The question
    // ---------------------------------------------------------------------

    /** Open the popup over the console. */
    async openQuestion() {
        if (this.questionOpen) {
            return;
        }
        this.questionOpen = true;
        this.dismissed = null;
        try {
            const id = this.session.session_id;
            const popup = await this.connection.call("action_answer", [[id]]);
            if (popup.res_model !== "dialer.pause.confirm" || !this.session.question) {
                this.questionOpen = false;
                this.refresh();
                return;
            }
            await this.action.doAction(
                {...popup, context: {...popup.context, dialer_console: true}},
                {onClose: (infos) => this.questionClosed(infos)}
            );
        } catch (error) {
            this.questionOpen = false;
            this.dismissed = this.entry?.id;
            this.failed(error);
        }
    }

    /** The popup is gone: answered, closed without an answer, or settled elsewhere. */
    questionClosed(infos) {
        this.questionOpen = false;
        if (infos?.state) {
            this.connection.supersede();
            this.resetSkips();
            this.apply(infos.state);
            this.connection.notifyTabs(infos.state.session_id);
        } else if (this.session?.question) {
            this.dismissed = this.entry.id;
        }
    }

    closeQuestion() {
        if (this.questionOpen) {
            this.action.doAction({type: "ir.actions.act_window_close"});
        }
    }

    // ---------------------------------------------------------------------
    // A wrong result
    // ---------------------------------------------------------------------

    /**
     * Open the popup that corrects the result of a call.
     *
     * @param {number} attendanceId one of `recentCalls`
     */
    async correct(attendanceId) {
        if (this.correcting || !this.online) {
            return;
        }
        this.correcting = true;
        try {
            const popup = await this.orm.call(ATTENDANCES, "action_correct_result", [
                [attendanceId],
            ]);
            await this.action.doAction(popup, {onClose: () => this.corrected()});
        } catch (error) {
            this.failed(error);
        } finally {
            this.correcting = false;
        }
    }

    /** The popup is gone: the day, and maybe the screen, is another. */
    async corrected() {
        await Promise.all([this.loadRecentCalls(), this.refresh()]);
        if (this.session) {
            this.connection.notifyTabs(this.session.session_id);
        }
    }

    // ---------------------------------------------------------------------
    // Plinx
    // ---------------------------------------------------------------------

    /** Plinx says that the customer on screen is in conversation since now. */
    conversationOpened({entry_id, conversation}) {
        if (entry_id !== this.entry?.id) {
            return;
        }
        this.banner = {attendant: conversation?.assignee || null};
        this.timers.endCountdown();
        this.stopped = entry_id;
        if (this.entry.state === "dialing" && !this.draft.resultId) {
            this.updateDraft({
                resultId: this.whatsappResultId,
                nextContact: this.panel?.next_business_day || null,
            });
        }
    }
}

export const dialerSessionService = {
    dependencies: ["orm", "bus_service", "action", "notification"],
    start(env, services) {
        return new DialerSession(env, services);
    },
};

registry.category("services").add("dialer_plinx_gate.session", dialerSessionService);
