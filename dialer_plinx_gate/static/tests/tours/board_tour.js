import {registry} from "@web/core/registry";
import {shows, words} from "./tour_words";
import {accessible} from "./test_actions";

const tours = registry.category("web_tour.tours");

const PREVIEW = {en: "Preview", pt: "Preview"};
const PAUSED = {en: "Paused", pt: "Em pausa"};
const RESULTS = {en: "Results", pt: "Resultados"};
const ASK = {en: "Ask the agent", pt: "Perguntar ao atendente"};
const STEPS = {
    en: "First steps with the dialer",
    pt: "Primeiros passos com o discador",
};

const row = (status) => `.o_dialer_agent[data-status=${status}]:contains(Ana)`;

/** A supervisor sees an agent at work, pauses her, and sees her paused. */
tours.add("dialer_board", {
    steps: () => [
        {trigger: `${row("preview")}:contains(Cliente 000)`},
        shows(`${row("preview")} .o_dialer_agent_state`, () => words(PREVIEW)),
        {trigger: ".o_dialer_gate [data-figure=rate]"},
        {trigger: ".o_dialer_campaign:contains(Campanha)"},
        accessible("board", ".o_action_manager"),
        {trigger: `${row("preview")} .o_dialer_pause`, run: "click"},
        {trigger: `${row("paused")} .o_dialer_resume`},
        shows(`${row("paused")} .o_dialer_agent_state`, () => words(PAUSED)),
        accessible("board, an agent paused", ".o_action_manager"),
    ],
});

/** The dashboard shows numbers, and a figure leads to what it counts. */
tours.add("dialer_dashboard", {
    steps: () => [
        {trigger: `section[aria-label=${words(RESULTS)}] canvas:not(.d-none)`},
        {trigger: "[data-period=month]", run: "click"},
        {trigger: "[data-period=month][aria-pressed=true]"},
        accessible("dashboard", ".o_action_manager"),
        {trigger: "[data-figure=calls]", run: "click"},
        {trigger: ".o_list_view .o_data_row:contains(Cliente 000)"},
    ],
});

/** A supervisor decides about customers in conversation, and closes the list. */
tours.add("dialer_checklist", {
    steps: () => [
        shows(".o_dialer_checklist", () => words(STEPS)),
        {trigger: "[data-step=campaign][data-done=true]"},
        // the list around it is Odoo's own
        accessible("checklist", ".o_dialer_checklist"),
        {
            trigger: `[data-step=parameter] button:contains(${words(ASK)})`,
            run: "click",
        },
        {trigger: "[data-step=parameter][data-done=true]"},
        {trigger: ".o_dialer_checklist_close", run: "click"},
        {trigger: ".o_list_view:not(:has(.o_dialer_checklist))"},
    ],
});
