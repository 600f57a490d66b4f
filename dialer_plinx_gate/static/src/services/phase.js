import {_t} from "@web/core/l10n/translation";

/** The agent is in a call, or has to say how it ended. */
export const CALL_PHASES = ["call", "wrap_up"];

/**
 * What the console shows: the status that the server gives the session, apart from
 * what this tab itself is doing (a request on its way, a countdown, no network).
 *
 * @param {Object} store see `DialerSession`
 * @returns {string} loading, offline, idle, starting, dialing, countdown, or a status
 *  of the server: searching, ready, question, preview, call, wrap_up, paused, hold or
 *  empty
 */
export function phaseOf(store) {
    const status = store.session?.status;
    if (CALL_PHASES.includes(status)) {
        return status;
    }
    if (!store.online) {
        return "offline";
    }
    if (!store.loaded) {
        return "loading";
    }
    if (store.busy === "start") {
        return "starting";
    }
    if (!status || status === "closed") {
        return "idle";
    }
    if (store.busy === "dial") {
        return "dialing";
    }
    if (store.busy === "next_contact" && status !== "hold") {
        return "searching";
    }
    return status === "preview" && store.countdownEnd ? "countdown" : status;
}

/**
 * How each phase looks and what it says: icon and tone of the card, its short name,
 * and the sentence that is read out when the phase begins.
 *
 * @param {string} phase see `phaseOf`
 * @param {Object} store see `DialerSession`
 * @returns {{icon: string, tone: string, label: string, title: string, text: string}}
 */
export function describe(phase, store) {
    const {session} = store;
    const name = session?.entry?.name || "";
    const build = DESCRIPTIONS[phase];
    return {text: "", ...build({name, session, store})};
}

const DESCRIPTIONS = {
    loading: () => ({
        icon: "fa-circle-o-notch fa-spin",
        tone: "secondary",
        label: _t("Opening"),
        title: _t("Opening the console"),
    }),
    offline: () => ({
        icon: "fa-plug",
        tone: "danger",
        label: _t("No connection"),
        title: _t("The connection is lost"),
        text: _t("The console reconnects automatically. Nothing you entered is lost."),
    }),
    idle: ({store}) =>
        store.campaigns.length
            ? {
                  icon: "fa-headphones",
                  tone: "primary",
                  label: _t("Not started"),
                  title: _t("Which campaign will you work on today?"),
                  text: _t(
                      "When you start, the first customer appears on your screen."
                  ),
              }
            : {
                  icon: "fa-coffee",
                  tone: "secondary",
                  label: _t("Not started"),
                  title: _t("No campaign is running for you"),
                  text: _t(
                      "Ask your supervisor to start a campaign and add you to it."
                  ),
              },
    starting: () => ({
        icon: "fa-circle-o-notch fa-spin",
        tone: "primary",
        label: _t("Starting"),
        title: _t("Starting your session"),
        text: _t("The first customer is on the way."),
    }),
    searching: () => ({
        icon: "fa-search",
        tone: "primary",
        label: _t("Searching"),
        title: _t("Looking for the next customer"),
        text: _t("Asking Plinx which customers can be called."),
    }),
    ready: () => ({
        icon: "fa-headphones",
        tone: "primary",
        label: _t("Ready"),
        title: _t("Ready for the next customer"),
        text: _t("There is no customer on your screen."),
    }),
    question: ({session}) => ({
        icon: session.question?.active ? "fa-whatsapp" : "fa-question",
        tone: "warning",
        label: _t("Your answer is needed"),
        title: session.question?.text || "",
        text: session.question?.active ? "" : session.question?.reason || "",
    }),
    preview: ({name}) => ({
        icon: "fa-user",
        tone: "primary",
        label: _t("Preview"),
        title: _t("Call %(customer)s?", {customer: name}),
        text: _t("Take a look at the customer, then dial."),
    }),
    countdown: ({name}) => ({
        icon: "fa-clock-o",
        tone: "info",
        label: _t("Countdown"),
        title: _t("Calling %(customer)s in a moment", {customer: name}),
        text: _t("Press Esc to stop and look first."),
    }),
    dialing: ({name}) => ({
        icon: "fa-phone",
        tone: "success",
        label: _t("Dialing"),
        title: _t("Dialing %(customer)s", {customer: name}),
        text: _t("Your phone app will open in a moment."),
    }),
    call: ({name}) => ({
        icon: "fa-volume-control-phone",
        tone: "success",
        label: _t("In call"),
        title: _t("On a call with %(customer)s", {customer: name}),
    }),
    wrap_up: ({name}) => ({
        icon: "fa-pencil-square-o",
        tone: "info",
        label: _t("Wrap-up"),
        title: _t("How did the call with %(customer)s end?", {customer: name}),
    }),
    paused: ({session, name}) => ({
        icon: "fa-pause",
        tone: "warning",
        label: _t("Paused"),
        title: session.pause?.reason
            ? _t("The dialer is paused: %(reason)s", {reason: session.pause.reason})
            : _t("The dialer is paused"),
        text: name
            ? _t("%(customer)s is next. Resume when you are ready.", {customer: name})
            : _t("Resume when you are ready."),
    }),
    hold: ({session}) => ({
        icon: "fa-hourglass-half",
        tone: "warning",
        label: _t("On hold"),
        title: _t("Dialing is on hold until Plinx answers"),
        text: session.hold?.reason || "",
    }),
    empty: ({session}) => ({
        icon: "fa-check-circle-o",
        tone: "secondary",
        label: _t("Nobody to call"),
        title: _t("There is nobody to call right now"),
        text: session.message || "",
    }),
};

/** All that a console can show. */
export const PHASES = Object.keys(DESCRIPTIONS);
