import {markRaw} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {ConnectionLostError} from "@web/core/network/rpc";
import {Reactive} from "@web/core/utils/reactive";

const MODEL = "dialer.session";
const CHANNEL = "dialer_plinx_gate";
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 15000;
// A tab that was looked at a moment ago shows the truth already.
const FRESH = 2000;

/**
 * The way to the server and to this agent's other tabs: it asks, keeps trying while
 * nothing gets through, and hears what changed elsewhere.
 */
export class Connection extends Reactive {
    /**
     * @param {Object} services orm and bus_service
     * @param {Timers} timers
     * @param {Object} on what to do: `news` when something may have changed elsewhere,
     *  `look` when the agent comes back to this tab, `leave` when the agent looks away
     *  from it or the network is lost; by type, what to do with `events` of the server
     */
    constructor({orm, bus_service}, timers, on) {
        super();
        this.orm = markRaw(orm);
        this.bus = bus_service;
        this.timers = timers;
        this.on = markRaw(on);
        this.online = true;
        this.isOpen = false;
        this.requests = 0;
        this.readAt = 0;
        this.onLook = () => this.looked();
    }

    // ---------------------------------------------------------------------
    // Listening
    // ---------------------------------------------------------------------

    open() {
        this.isOpen = true;
        for (const [type, handler] of Object.entries(this.on.events)) {
            this.bus.subscribe(type, handler);
        }
        this.bus.addEventListener("BUS:RECONNECT", this.on.news);
        this.tabs = markRaw(new browser.BroadcastChannel(CHANNEL));
        this.tabs.onmessage = this.on.news;
        browser.addEventListener("online", this.on.news);
        browser.addEventListener("focus", this.onLook);
        document.addEventListener("visibilitychange", this.onLook);
        this.bus.start();
    }

    close() {
        this.isOpen = false;
        for (const [type, handler] of Object.entries(this.on.events)) {
            this.bus.unsubscribe(type, handler);
        }
        this.bus.removeEventListener("BUS:RECONNECT", this.on.news);
        this.tabs.close();
        browser.removeEventListener("online", this.on.news);
        browser.removeEventListener("focus", this.onLook);
        document.removeEventListener("visibilitychange", this.onLook);
    }

    /** The agent looks at this tab again, or away from it. */
    looked() {
        if (document.visibilityState === "hidden") {
            this.on.leave();
        } else if (Date.now() - this.readAt > FRESH) {
            this.on.look();
        }
    }

    /** This agent's other tabs show the truth too. */
    notifyTabs(sessionId) {
        this.tabs.postMessage(sessionId);
    }

    // ---------------------------------------------------------------------
    // Asking
    // ---------------------------------------------------------------------

    call(method, args = [], kwargs = {}) {
        return this.orm.silent.call(MODEL, method, args, kwargs);
    }

    /** What is being read is out of date: something is done meanwhile. */
    supersede() {
        this.requests++;
    }

    /**
     * Read, and keep trying while the network is away.
     *
     * @returns {Object|null} null when it could not be had, or is out of date
     */
    async read(method, args = []) {
        const request = ++this.requests;
        this.readAt = Date.now();
        const data = await this.attempt(method, args);
        if (data !== undefined) {
            this.wentOnline();
        }
        return this.isOpen && request === this.requests ? (data ?? null) : null;
    }

    /** Call; a lost network is noted, not thrown: the answer is undefined then. */
    async attempt(method, args, kwargs) {
        try {
            return await this.call(method, args, kwargs);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.wentOffline();
            return undefined;
        }
    }

    wentOffline() {
        if (!this.online || !this.isOpen) {
            return;
        }
        this.online = false;
        this.on.leave();
        this.retry(FIRST_RETRY);
    }

    wentOnline() {
        this.online = true;
        this.timers.stop("retry");
    }

    retry(delay) {
        this.timers.after("retry", delay, async () => {
            await this.on.news();
            if (!this.online) {
                this.retry(Math.min(delay * 1.5, LONGEST_RETRY));
            }
        });
    }
}
