import {ConnectionLostError} from "@web/core/network/rpc";
import {browser} from "@web/core/browser/browser";

/** Wait after a signal before asking: the server holds back further ones for less. */
export const REFRESH_DELAY = 1000;
/** Signals as close as this to the one before need no answer of their own. */
export const SAME_MOMENT = 200;
/** Whole queues are counted no more often than this. */
export const QUEUES_DELAY = 10000;
/** ... and no more often than this many times as long as counting them took. */
export const QUEUES_SHARE = 20;
/** What changes by time alone is asked for this often, while somebody looks. */
export const IDLE_DELAY = 60000;

/**
 * Keeps one board up to date: after each signal of the server it asks once, at the
 * earliest a second later, so that any number of signals become one request.
 */
export class BoardModel {
    /**
     * @param {Function} fetch (queues: boolean) => Promise<board data>
     * @param {Function} apply (data) => void, called with each answer
     * @param {Function} onLost (lost: boolean) => void, the connection's state
     */
    constructor({fetch, apply, onLost}) {
        Object.assign(this, {fetch, apply, onLost});
        this.askAfter = 0;
        this.queuesAt = 0;
        this.queuesDelay = QUEUES_DELAY;
        this.wantQueues = false;
        this.timer = null;
        this.timerAt = 0;
        this.loading = false;
        this.stopped = false;
    }

    /** Something changed: have an answer that was asked for after `delay`. */
    signal(delay = REFRESH_DELAY) {
        this.wantQueues = true;
        this.askAfter = Date.now() + delay;
        this.schedule();
    }

    schedule() {
        if (this.loading || this.stopped) {
            return;
        }
        const later = this.wantQueues ? this.queuesDelay : IDLE_DELAY;
        const at = this.askAfter || this.queuesAt + later;
        if (this.timer && this.timerAt <= at) {
            return;
        }
        browser.clearTimeout(this.timer);
        this.timerAt = at;
        const wait = Math.max(0, at - Date.now());
        this.timer = browser.setTimeout(() => this.onTimer(), wait);
    }

    async onTimer() {
        this.timer = null;
        if (document.hidden) {
            return; // asks again when it is looked at, see `wake`
        }
        await this.refresh();
    }

    /** The page is looked at again: what timers passed over is asked for now. */
    wake() {
        if (!this.timer) {
            this.signal(0);
        }
    }

    /**
     * Ask now.
     *
     * @param {boolean} [all] count the queues whatever their age
     */
    async refresh(all = false) {
        const askedAt = Date.now();
        const queues = all || askedAt - this.queuesAt >= this.queuesDelay - SAME_MOMENT;
        this.loading = true;
        try {
            const data = await this.fetch(queues);
            if (this.stopped) {
                return;
            }
            this.done(askedAt, queues);
            this.apply(data);
            this.onLost(false);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                this.stop();
                throw error;
            }
            this.done(askedAt, true);
            this.onLost(true);
        } finally {
            this.loading = false;
            this.schedule();
        }
    }

    done(askedAt, queues) {
        if (this.askAfter <= askedAt + SAME_MOMENT) {
            this.askAfter = 0;
        }
        if (queues) {
            const took = Date.now() - askedAt;
            this.queuesDelay = Math.max(QUEUES_DELAY, QUEUES_SHARE * took);
            this.queuesAt = askedAt;
            this.wantQueues = false;
        }
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.timer);
    }
}
