import {registry} from "@web/core/registry";
import {inPhase, press, shows, startSteps, words} from "./tour_words";

const tours = registry.category("web_tour.tours");

const onScreen = (name) => ({
    content: `${name} is on screen`,
    trigger: `.o_dialer_name:contains(${name})`,
});

const asked = () => [
    {
        content: "The question is asked in a popup",
        trigger: ".modal .o_dialer_question",
        run: ({anchor}) => {
            if (anchor.textContent.trim() !== words().question) {
                throw new Error(`The question is not worded so: ${anchor.textContent}`);
            }
            if (document.activeElement.matches("button")) {
                throw new Error("The focus is on a button of the question");
            }
        },
    },
    shows(".modal button[name=action_yes]", () => words().yes),
    shows(".modal button[name=action_no]", () => words().no),
    {
        content: "Who holds the conversation is shown",
        trigger: ".modal .o_field_widget[name=attendant]:contains(Bia)",
    },
];

const closed = {content: "The popup is gone", trigger: "body:not(:has(.modal))"};

tours.add("dialer_console_skip", {
    steps: () => [
        ...startSteps(),
        inPhase("preview"),
        onScreen("Cliente 001"),
        {
            content: "Unfold who was skipped",
            trigger: ".o_dialer_skips summary:contains(1)",
            run: "click",
        },
        {content: "The name", trigger: ".o_dialer_skips li:contains(Cliente 000)"},
    ],
});

tours.add("dialer_console_yes", {
    steps: () => [
        ...startSteps(),
        ...asked(),
        {content: "Yes", trigger: ".modal button[name=action_yes]", run: "click"},
        inPhase("paused"),
        closed,
        onScreen("Cliente 001"),
        {
            content: "Resume",
            trigger: ".o_dialer_primary[data-action=paused]",
            run: "click",
        },
        inPhase("preview"),
        onScreen("Cliente 001"),
    ],
});

tours.add("dialer_console_no", {
    steps: () => [
        ...startSteps(),
        ...asked(),
        {content: "No", trigger: ".modal button[name=action_no]", run: "click"},
        inPhase("preview"),
        closed,
        onScreen("Cliente 001"),
    ],
});

tours.add("dialer_console_close", {
    steps: () => [
        ...startSteps(),
        ...asked(),
        press("Close without an answer", ".modal .o_dialer_question", "Escape"),
        closed,
        inPhase("question"),
        onScreen("Cliente 000"),
        {
            content: "Open the question again",
            trigger: ".o_dialer_primary[data-action=question]",
            run: "click",
        },
        ...asked(),
        press("No, by its key", ".modal .o_dialer_question", "n"),
        onScreen("Cliente 001"),
    ],
});

tours.add("dialer_console_keyboard", {
    steps: () => [
        ...startSteps().slice(0, 2),
        press("Start", "body", "Enter"),
        ...asked(),
        press("Yes, by the Portuguese key", ".modal .o_dialer_question", "s"),
        inPhase("paused"),
        closed,
        press("Resume", "body", "p"),
        inPhase("preview"),
        press("Dial", "body", "Enter"),
        inPhase("call"),
        press("The third result calls back", "body", "3"),
        inPhase("wrapup"),
        {
            content: "The next contact is filled in",
            trigger: "#o_dialer_next_contact",
            run: ({anchor}) => {
                if (!anchor.value) {
                    throw new Error("No next business day was offered");
                }
            },
        },
        press("To the note", "body", "n"),
        {
            content: "Write the note",
            trigger: "#o_dialer_note:focus",
            run: "edit Pediu catálogo",
        },
        press("Save", "#o_dialer_note", "Control+Enter"),
        onScreen("Cliente 002"),
        inPhase("preview"),
        press("Pause", "body", "p"),
        inPhase("paused"),
        press("The keys", "body", "?"),
        {content: "They are shown", trigger: ".modal .o_dialer_keys"},
        press("Close them", ".modal", "Escape"),
        closed,
    ],
});

tours.add("dialer_console_form", {
    steps: () => [
        {
            content: "Next, from the plain form",
            trigger: "button[name=action_next_contact]",
            run: "click",
        },
        ...asked(),
        {content: "No", trigger: ".modal button[name=action_no]", run: "click"},
        closed,
        {content: "The next can be dialed", trigger: "button[name=action_dial]"},
    ],
});

/** Let axe-core look at what is on screen. */
const accessible = (what, trigger = ".o_dialer_console .o_content") => ({
    content: `${what} is accessible`,
    trigger,
    run: async ({anchor}) => {
        const {violations} = await window.axe.run(anchor, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
        });
        if (violations.length) {
            const found = violations.map(
                ({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(" | ")}`
            );
            throw new Error(`${what}: ${found.join("\n")}`);
        }
    },
});

tours.add("dialer_console_axe", {
    steps: () => [
        ...startSteps().slice(0, 2),
        accessible("Choosing a campaign"),
        ...startSteps().slice(2),
        ...asked(),
        accessible("The question", ".modal"),
        {content: "No", trigger: ".modal button[name=action_no]", run: "click"},
        inPhase("preview"),
        closed,
        {content: "The history is there", trigger: ".o_dialer_section"},
        accessible("Preview"),
        {
            content: "Dial",
            trigger: ".o_dialer_primary[data-action=preview]:enabled",
            run: "click",
        },
        inPhase("call"),
        accessible("In call"),
        {
            content: "Call ended",
            trigger: ".o_dialer_primary[data-action=call]:enabled",
            run: "click",
        },
        inPhase("wrapup"),
        press("Call back", "body", "3"),
        {content: "Next contact", trigger: "#o_dialer_next_contact"},
        accessible("Wrap-up"),
        {content: "Save", trigger: ".o_dialer_save:enabled", run: "click"},
        inPhase("preview"),
        press("Pause", "body", "p"),
        inPhase("paused"),
        accessible("Paused"),
        press("The keys", "body", "?"),
        {content: "They are shown", trigger: ".modal .o_dialer_keys"},
        accessible("The keys", ".modal .modal-body"),
    ],
});
