import {registry} from "@web/core/registry";
import {inPhase, onScreen, press} from "./tour_words";
import {world} from "./world";

const tours = registry.category("web_tour.tours");

/** The next customer is there with one answer; what comes after it is not waited for. */
const oneAnswer = (content, name, method) => [
    world("hold", "customer_panel"),
    world("mark"),
    press(content, "body", "Enter"),
    onScreen(name),
    world("sent", method, "customer_panel"),
    world("release", "customer_panel"),
];

/** What the console asks for when something is done, and when nothing is. */
tours.add("dialer_requests", {
    steps: () => [
        inPhase("idle"),
        world("quiet"),
        press("Start", "body", "Enter"),
        inPhase("preview"),
        world("quiet"),
        press("Dial", "body", "Enter"),
        inPhase("call"),
        world("quiet"),
        press("A sale", "body", "1"),
        inPhase("wrapup"),
        world("quiet"),
        ...oneAnswer("Save", "Cliente 002", "register_result"),
        world("release_customer"),
        inPhase("ready"),
        ...oneAnswer("Next", "Cliente 002", "next_contact"),
        press("Pause", "body", "p"),
        inPhase("paused"),
        world("quiet"),
    ],
});

tours.add("dialer_board_requests", {
    steps: () => [
        {trigger: ".o_dialer_campaign:contains(Campanha)"},
        world("quiet_board"),
    ],
});
