import {registry} from "@web/core/registry";
import {asked, closed, inPhase, onScreen, press, startSteps} from "./tour_words";

const tours = registry.category("web_tour.tours");

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
        inPhase("idle"),
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
        inPhase("wrap_up"),
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

tours.add("dialer_console_correct", {
    steps: () => [
        ...startSteps(),
        inPhase("preview"),
        onScreen("Cliente 001"),
        press("Dial", "body", "Enter"),
        inPhase("call"),
        press("The first result", "body", "1"),
        inPhase("wrap_up"),
        press("Save", "body", "Enter"),
        onScreen("Cliente 002"),
        {
            content: "The call is offered for correction",
            trigger: ".o_dialer_recent li:contains(Cliente 001) .o_dialer_correct",
        },
        press("Correct it by its key", "body", "c"),
        {
            content: "The popup opens",
            trigger: ".modal .o_field_widget[name=result_id] input",
            run: "click",
        },
        {
            content: "Nobody answered",
            trigger: ".dropdown-item:contains(No answer)",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Wrong key",
        },
        {
            content: "Correct",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        closed,
        {
            content: "The day follows",
            trigger: ".o_dialer_recent li:contains(Cliente 001):contains(No answer)",
        },
        onScreen("Cliente 002"),
    ],
});
