import {browser} from "@web/core/browser/browser";

const DRAFT_KEY = "dialer_plinx_gate.draft";
const DIAL_KEY = "dialer_plinx_gate.dial";

const ownerOf = (session) => `${session.session_id}.${session.entry.id}`;

/** A result form nobody has touched. */
export function emptyDraft() {
    return {resultId: null, note: "", nextContact: null, pauseAfter: false};
}

/**
 * What was entered about the customer on screen before a reload, or nothing.
 *
 * @param {Object} session state of the server with an entry
 */
export function readDraft(session) {
    const stored = browser.localStorage.getItem(DRAFT_KEY);
    const {owner, ...draft} = stored ? JSON.parse(stored) : {};
    return owner === ownerOf(session) ? draft : emptyDraft();
}

/** Keep the draft until it is saved; only one customer is on screen at a time. */
export function writeDraft(session, draft) {
    const stored = JSON.stringify({...draft, owner: ownerOf(session)});
    browser.localStorage.setItem(DRAFT_KEY, stored);
}

/** Forget what was entered: it is saved, or the session is over. */
export function forgetDraft() {
    browser.localStorage.removeItem(DRAFT_KEY);
}

/**
 * Let only one of several tabs of this browser dial by itself.
 *
 * @param {Object} entry the customer on screen
 * @param {string} tab this tab
 * @returns {boolean} whether this tab may
 */
export function claimDial(entry, tab) {
    const call = `${entry.id}.${entry.attempts}.`;
    const claimed = browser.localStorage.getItem(DIAL_KEY) || "";
    if (claimed.startsWith(call) && claimed !== call + tab) {
        return false;
    }
    browser.localStorage.setItem(DIAL_KEY, call + tab);
    return true;
}
