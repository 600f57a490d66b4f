import {registry} from "@web/core/registry";
import {inPhase, onScreen, press} from "./tour_words";
import {action} from "./test_actions";

const tours = registry.category("web_tour.tours");

/** The next customer is there with one answer; what comes after it is not waited for. */
const oneAnswer = (content, name, method) => [
    action("hold", "customer_panel"),
    action("mark"),
    press(content, "body", "Enter"),
    onScreen(name),
    action("sent", method, "customer_panel"),
    action("release", "customer_panel"),
];

/** What the console asks for when something is done, and when nothing is. */
tours.add("dialer_requests", {
    steps: () => [
        inPhase("idle"),
        action("quiet"),
        press("Start", "body", "Enter"),
        inPhase("preview"),
        action("quiet"),
        press("Dial", "body", "Enter"),
        inPhase("call"),
        action("quiet"),
        press("A sale", "body", "1"),
        inPhase("wrap_up"),
        action("quiet"),
        ...oneAnswer("Save", "Cliente 002", "register_result"),
        action("release_customer"),
        inPhase("ready"),
        ...oneAnswer("Next", "Cliente 002", "next_contact"),
        press("Pause", "body", "p"),
        inPhase("paused"),
        action("quiet"),
    ],
});

tours.add("dialer_board_requests", {
    steps: () => [
        {trigger: ".o_dialer_campaign:contains(Campanha)"},
        action("quiet_board"),
    ],
});
