import {registry} from "@web/core/registry";
import {shows, words} from "./tour_words";
import {accessible} from "./test_actions";

const tours = registry.category("web_tour.tours");

const MENU = "[data-menu-xmlid='dialer_plinx_gate.dialer_settings_menu']";

tours.add("dialer_parameter_supervisor", {
    steps: () => [
        {
            content: "Open Configuration",
            trigger: "[data-menu-xmlid='crm.crm_menu_config']",
            run: "click",
        },
        {
            content: "Company Settings is a heading of the menu",
            trigger: ".o-dropdown--menu .dropdown-header",
            run: () => {
                const headings = [...document.querySelectorAll(".dropdown-header")];
                const texts = headings.map((heading) => heading.textContent.trim());
                if (!texts.includes(words().companySettings)) {
                    throw new Error(`No ${words().companySettings} in ${texts}`);
                }
            },
        },
        shows(MENU, () => words().management),
        {content: "Open it", trigger: MENU, run: "click"},
        shows(".o_form_view", () => words().parameter),
        accessible("settings page", ".o_action_manager"),
        {
            content: "Tick the parameter",
            trigger: ".o_field_widget[name=dial_active_whatsapp] input",
            run: "click",
        },
        {content: "Save", trigger: ".o_form_button_save:visible", run: "click"},
        {content: "Saved", trigger: ".o_form_saved, .o_form_button_save:not(:visible)"},
    ],
});

tours.add("dialer_parameter_agent", {
    steps: () => [
        {
            content: "The dialer's own menu is there",
            trigger: "[data-menu-xmlid='dialer_plinx_gate.dialer_menu']",
            run: "click",
        },
        {
            content: "Console is its first item, the parameter is nowhere",
            trigger: "[data-menu-xmlid='dialer_plinx_gate.dialer_console_menu']",
            run: () => {
                if (
                    document.querySelector(
                        `${MENU}, [data-menu-xmlid='crm.crm_menu_config']`
                    )
                ) {
                    throw new Error("An agent sees the configuration");
                }
            },
        },
    ],
});
