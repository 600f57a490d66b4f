import { registry } from "@web/core/registry";

const row = (status) => `.o_dialer_agent[data-status=${status}]:contains(Ana)`;

/** A supervisor sees an agent at work, pauses her, and sees her paused. */
registry.category("web_tour.tours").add("dialer_board", {
    steps: () => [
        { trigger: `${row("preview")}:contains(Cliente 000)` },
        { trigger: ".o_dialer_gate [data-figure=rate]" },
        { trigger: ".o_dialer_campaign:contains(Campanha)" },
        { trigger: `${row("preview")} .o_dialer_pause`, run: "click" },
        { trigger: `${row("paused")} .o_dialer_resume` },
    ],
});

/** The dashboard shows numbers, and a figure leads to what it counts. */
registry.category("web_tour.tours").add("dialer_dashboard", {
    steps: () => [
        { trigger: "section[aria-label=Results] canvas:not(.d-none)" },
        { trigger: "[data-period=month]", run: "click" },
        { trigger: "[data-period=month][aria-pressed=true]" },
        { trigger: "[data-figure=calls]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Cliente 000)" },
    ],
});

/** A supervisor decides about customers in conversation, and closes the list. */
registry.category("web_tour.tours").add("dialer_checklist", {
    steps: () => [
        { trigger: "[data-step=campaign][data-done=true]" },
        {
            trigger: "[data-step=parameter] button:contains(Ask the agent)",
            run: "click",
        },
        { trigger: "[data-step=parameter][data-done=true]" },
        { trigger: ".o_dialer_checklist_close", run: "click" },
        { trigger: ".o_list_view:not(:has(.o_dialer_checklist))" },
    ],
});
