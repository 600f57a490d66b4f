import {markRaw} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {Reactive} from "@web/core/utils/reactive";

/** What happens on this screen without the agent: the countdown, the next try. */
export class Timers extends Reactive {
    constructor() {
        super();
        this.running = markRaw({});
        this.countdownEnd = null;
        this.nextTry = null;
    }

    /**
     * Do something later; what was to be done under this name is not done.
     *
     * @param {string} name
     * @param {number} delay milliseconds
     * @param {Function} callback
     */
    after(name, delay, callback) {
        this.stop(name);
        this.running[name] = browser.setTimeout(callback, delay);
    }

    stop(name) {
        browser.clearTimeout(this.running[name]);
    }

    stopAll() {
        Object.keys(this.running).forEach((name) => this.stop(name));
        this.countdownEnd = null;
        this.nextTry = null;
    }

    /**
     * Count down; a countdown that has begun goes on.
     *
     * @param {number} seconds
     * @param {Function} callback
     */
    startCountdown(seconds, callback) {
        if (this.countdownEnd) {
            return;
        }
        this.countdownEnd = Date.now() + seconds * 1000;
        this.after("countdown", seconds * 1000, () => {
            this.countdownEnd = null;
            callback();
        });
    }

    endCountdown() {
        this.stop("countdown");
        this.countdownEnd = null;
    }

    /**
     * Try again later, and show when.
     *
     * @param {number} seconds
     * @param {Function} callback
     */
    startHold(seconds, callback) {
        this.nextTry = Date.now() + seconds * 1000;
        this.after("hold", seconds * 1000, callback);
    }

    endHold() {
        this.stop("hold");
        this.nextTry = null;
    }
}
