import {_t} from "@web/core/l10n/translation";

/** How each state of an agent looks, in the order of the board's filters. */
export const STATES = {
    call: {label: _t("In call"), icon: "fa-phone", tone: "success"},
    wrap_up: {label: _t("Wrap-up"), icon: "fa-pencil", tone: "info"},
    preview: {label: _t("Preview"), icon: "fa-user", tone: "info"},
    question: {label: _t("Awaiting answer"), icon: "fa-whatsapp", tone: "primary"},
    searching: {label: _t("Searching"), icon: "fa-search", tone: "secondary"},
    ready: {label: _t("Ready"), icon: "fa-check", tone: "secondary"},
    empty: {label: _t("Nobody to call"), icon: "fa-inbox", tone: "secondary"},
    paused: {label: _t("Paused"), icon: "fa-pause", tone: "warning"},
    hold: {label: _t("Waiting for Plinx"), icon: "fa-plug", tone: "danger"},
};
