import {markRaw} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {Reactive} from "@web/core/utils/reactive";
import {claimDial, emptyDraft, forgetDraft, readDraft, writeDraft} from "./draft";
import {phaseOf} from "./phase";

const MODEL = "dialer.session";
const ATTENDANCES = "dialer.attendance";
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 15000;
// A tab that was looked at a moment ago shows the truth already.
const FRESH = 2000;

/**
 * The agent's session as this tab knows it. The server has the truth; every request
 * names the customer it is about, so that a repeated one changes nothing.
 */
export class DialerSession extends Reactive {
    constructor(env, services) {
        super();
        this.setup(env, services);
    }

    setup(env, {orm, bus_service, action, notification}) {
        this.env = markRaw(env);
        this.orm = markRaw(orm);
        this.bus = bus_service;
        this.action = markRaw(action);
        this.notification = markRaw(notification);
        this.tab = Math.random().toString(36).slice(2);
        this.consoles = 0;
        this.loaded = false;
        this.online = true;
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
        this.countdownEnd = null;
        this.nextTry = null;
        this.questionOpen = false;
        this.dismissed = null;
        this.stopped = null;
        this.clockOffset = 0;
        this.requests = 0;
        this.refreshedAt = 0;
        this.unanswered = null;
        this.correcting = false;
        this.timers = markRaw({});
        this.onSessionChanged = ({session_id}) => {
            if (session_id === this.session?.session_id) {
                this.refresh();
            }
        };
        this.onConversationOpened = (payload) => this.conversationOpened(payload);
        this.onLook = () => this.looked();
        this.onReconnect = () => this.refresh();
    }

    get phase() {
        return phaseOf(this);
    }

    get entry() {
        return this.session?.entry || null;
    }

    // ---------------------------------------------------------------------
    // Consoles on screen
    // ---------------------------------------------------------------------

    /** A console is shown: from now on the server's events and this tab's count. */
    attach() {
        if (this.consoles++) {
            return;
        }
        this.bus.subscribe("dialer_plinx_gate/session_changed", this.onSessionChanged);
        this.bus.subscribe(
            "dialer_plinx_gate/conversation_opened",
            this.onConversationOpened
        );
        this.bus.addEventListener("BUS:RECONNECT", this.onReconnect);
        this.tabs = markRaw(new browser.BroadcastChannel("dialer_plinx_gate"));
        this.tabs.onmessage = () => this.refresh();
        browser.addEventListener("online", this.onReconnect);
        browser.addEventListener("focus", this.onLook);
        document.addEventListener("visibilitychange", this.onLook);
        this.bus.start();
        this.load();
    }

    /** The last console is left: nothing runs on behind the agent's back. */
    detach() {
        if (--this.consoles) {
            return;
        }
        this.bus.unsubscribe(
            "dialer_plinx_gate/session_changed",
            this.onSessionChanged
        );
        this.bus.unsubscribe(
            "dialer_plinx_gate/conversation_opened",
            this.onConversationOpened
        );
        this.bus.removeEventListener("BUS:RECONNECT", this.onReconnect);
        this.tabs.close();
        browser.removeEventListener("online", this.onReconnect);
        browser.removeEventListener("focus", this.onLook);
        document.removeEventListener("visibilitychange", this.onLook);
        this.stopTimers();
        this.questionOpen = false;
        this.counted = null;
        this.loaded = false;
    }

    /** The agent looks at this tab again, or away from it. */
    looked() {
        if (document.visibilityState === "hidden") {
            this.endCountdown();
        } else if (this.loaded && Date.now() - this.refreshedAt > FRESH) {
            this.refresh();
        }
    }

    // ---------------------------------------------------------------------
    // Reading
    // ---------------------------------------------------------------------

    /** Read everything anew: at the start, and after a session ended. */
    async load() {
        const data = await this.read(() => this.call("console_data"));
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
        if (!this.consoles || this.busy) {
            return;
        }
        if (!this.loaded || !this.session || this.session.state === "closed") {
            return this.load();
        }
        const id = this.session.session_id;
        const state = await this.read(() => this.call("get_state", [[id]]));
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

    /** Read, and keep trying while the network is away. */
    async read(fetch) {
        const request = ++this.requests;
        this.refreshedAt = Date.now();
        try {
            const data = await fetch();
            this.found();
            return request === this.requests && this.consoles ? data : null;
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.lost();
            return null;
        }
    }

    async loadPanel() {
        const {session_id, entry} = this.session;
        try {
            const panel = await this.call("customer_panel", [[session_id]], {
                entry_id: entry.id,
            });
            if (panel?.entry_id === this.entry?.id) {
                this.panel = panel;
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.lost();
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
            this.lost();
        }
    }

    call(method, args = [], kwargs = {}) {
        return this.orm.silent.call(MODEL, method, args, kwargs);
    }

    // ---------------------------------------------------------------------
    // Network
    // ---------------------------------------------------------------------

    lost() {
        if (!this.online || !this.consoles) {
            return;
        }
        this.online = false;
        this.endCountdown();
        this.retry(FIRST_RETRY);
    }

    retry(delay) {
        this.after("retry", delay, async () => {
            await this.refresh();
            if (!this.online) {
                this.retry(Math.min(delay * 1.5, LONGEST_RETRY));
            }
        });
    }

    found() {
        this.online = true;
        browser.clearTimeout(this.timers.retry);
    }

    after(name, delay, callback) {
        browser.clearTimeout(this.timers[name]);
        this.timers[name] = browser.setTimeout(callback, delay);
    }

    stopTimers() {
        Object.values(this.timers).forEach((timer) => browser.clearTimeout(timer));
        this.countdownEnd = null;
        this.nextTry = null;
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
        this.session = state;
        if (!state) {
            return;
        }
        this.followTotals(state.totals);
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
        this.nextTry = null;
        browser.clearTimeout(this.timers.hold);
        this.followCountdown();
        this.followQuestion(question);
        if (uri) {
            this.openUri(uri);
        }
        if (state !== "running" || this.entry) {
            return;
        }
        if (decision === "hold") {
            const wait = this.session.hold.retry_in * 1000;
            this.nextTry = Date.now() + wait;
            this.after("hold", wait, () => this.next());
        } else if (decision === "searching" || (!decision && this.session.skipped)) {
            this.after("search", 0, () => this.next({goingOn: true}));
        }
    }

    /** What was counted anew has another last call, too. */
    followTotals(totals) {
        const counted = totals ? JSON.stringify(totals.results) : this.counted;
        if (counted !== this.counted) {
            this.counted = counted;
            this.loadRecentCalls();
        }
    }

    followCountdown() {
        const {countdown} = this.session;
        const wanted = countdown && this.entry && this.stopped !== this.entry.id;
        if (!wanted || document.visibilityState === "hidden") {
            this.endCountdown();
        } else if (!this.countdownEnd) {
            this.countdownEnd = Date.now() + countdown * 1000;
            this.after("countdown", countdown * 1000, () => this.dialByItself());
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
        this.requests++;
        this.endCountdown();
        const ids = method === "start" ? [] : [[this.session.session_id]];
        try {
            const state = await this.call(method, [...ids, ...args], kwargs);
            this.busy = null;
            this.apply(state);
            this.tellTabs();
            return state;
        } catch (error) {
            this.busy = null;
            this.unanswered = error instanceof ConnectionLostError ? method : null;
            this.failed(error);
            return null;
        }
    }

    /** This agent's other tabs show the truth too. */
    tellTabs() {
        this.tabs.postMessage(this.session.session_id);
    }

    /** Say what went wrong and show how things stand now. */
    failed(error) {
        if (error instanceof ConnectionLostError) {
            this.lost();
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
        return this.perform("dial");
    }

    /** The countdown ran out: dial, unless another tab of this browser does. */
    async dialByItself() {
        this.countdownEnd = null;
        if (claimDial(this.entry, this.tab)) {
            await this.dial();
        }
    }

    /** Stop the countdown: this customer waits for Dial. */
    stopCountdown() {
        this.stopped = this.entry?.id;
        this.endCountdown();
    }

    endCountdown() {
        browser.clearTimeout(this.timers.countdown);
        this.countdownEnd = null;
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
            const popup = await this.call("action_answer", [[id]]);
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
            this.requests++;
            this.resetSkips();
            this.apply(infos.state);
            this.tellTabs();
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
            this.tellTabs();
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
        this.endCountdown();
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
