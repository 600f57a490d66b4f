import {registry} from "@web/core/registry";
import {asked, closed, inPhase, onScreen, press, shows, words} from "./tour_words";
import {state} from "./states";
import {accessible, action, reload} from "./test_actions";

const tours = registry.category("web_tour.tours");

const BANNER = {
    en: "The customer just started a WhatsApp conversation with Bia.",
    pt: "O cliente começou uma conversa no WhatsApp agora, com Bia.",
};
const FOR_WHATSAPP = {en: "WhatsApp conversation", pt: "Conversa no WhatsApp"};
const FOR_AWAY = {en: "Agent away", pt: "Atendente ausente"};
const SAVE = {en: "Save and next", pt: "Salvar e próximo"};
const FOR_NOW = {en: "1 done", pt: "1 concluídos"};
const YES = {en: "y", pt: "s"};

/** Plinx says that who is on screen is in conversation now. */
const banner = shows(".o_dialer_banner", () => words(BANNER));

/** Fail unless a field of the page has this value. */
const holds = (selector, wanted) => ({
    content: `${selector} holds ${wanted}`,
    trigger: selector,
    run: ({anchor}) => {
        if (anchor.value !== wanted) {
            throw new Error(`${selector} holds “${anchor.value}”`);
        }
    },
});

const click = (selector) => ({content: selector, trigger: selector, run: "click"});

/** Plinx reports conversations of who is on screen, and of who is in call. */
const conversationsOpen = () => [
    action("open_conversation", 2),
    banner,
    state("preview", {name: "Cliente 002"}),
    press("Dial", "body", "Enter"),
    ...asked(),
    press("Yes, in this language", ".modal .o_dialer_question", words(YES)),
    closed,
    state("paused", {
        words: "paused_for",
        name: "Cliente 003",
        reason: words(FOR_WHATSAPP),
    }),
    press("Resume", "body", "p"),
    inPhase("preview"),
    onScreen("Cliente 003"),
    press("Dial", "body", "Enter"),
    inPhase("call"),
    action("open_conversation", 3),
    banner,
    {
        content: "Contact via WhatsApp is offered",
        trigger: "input[data-code=whatsapp]:checked",
    },
    state("call", {name: "Cliente 003", action: words(SAVE)}),
    action("close_conversations"),
    press("Save", "body", "Enter"),
];

/** From the door to the end of the queue: what an agent meets on a usual day. */
tours.add("dialer_states_day", {
    steps: () => [
        inPhase("idle"),
        action("hold", "console_data"),
        reload("Open the console anew"),
        state("loading"),
        action("release", "console_data"),
        state("idle"),
        action("hold", "start"),
        action("hold", "next_contact"),
        press("Start", "body", "Enter"),
        state("starting"),
        action("release", "start"),
        state("searching"),
        action("release", "next_contact"),
        ...asked(),
        accessible("popup", ".modal"),
        press("Close without an answer", ".modal .o_dialer_question", "Escape"),
        closed,
        state("question"),
        press("Open it again", "body", "Enter"),
        ...asked(),
        press("No", ".modal .o_dialer_question", "n"),
        closed,
        state("preview", {name: "Cliente 001"}),
        action("hold", "dial"),
        press("Dial", "body", "Enter"),
        state("dialing", {name: "Cliente 001"}),
        action("release", "dial"),
        state("call", {name: "Cliente 001"}),
        press("To the note", "body", "n"),
        {content: "A note", trigger: "#o_dialer_note:focus", run: "edit Quer catálogo"},
        reload("Load the page in the middle of the call"),
        state("call", {name: "Cliente 001"}),
        holds("#o_dialer_note", "Quer catálogo"),
        press("The third result calls back", "body", "3"),
        state("wrap_up", {name: "Cliente 001"}),
        reload("Load the page in the middle of the wrap-up"),
        state("wrap_up", {name: "Cliente 001"}),
        holds("#o_dialer_note", "Quer catálogo"),
        {
            content: "The result is still chosen",
            trigger: "input[data-code=call_back]:checked",
        },
        press("Pause after this call", "body", "a"),
        press("Save", "body", "Enter"),
        state("paused"),
        press("The keys", "body", "?"),
        accessible("keys", ".modal .o_dialer_keys"),
        press("Close them", ".modal", "Escape"),
        closed,
        press("Resume", "body", "Enter"),
        inPhase("preview"),
        onScreen("Cliente 002"),
        ...conversationsOpen(),
        inPhase("preview"),
        onScreen("Cliente 000"),
        press("Dial", "body", "Enter"),
        inPhase("call"),
        press("A sale", "body", "1"),
        inPhase("wrap_up"),
        press("Save", "body", "Enter"),
        state("empty", {begins: true}),
        shows(".o_dialer_stage_text", () => words(FOR_NOW)),
        press("Check again", "body", "Enter"),
        inPhase("empty"),
        click(".o_dialer_end:enabled"),
        accessible("end", ".modal .modal-content"),
        click(".modal footer .btn-primary"),
        closed,
        inPhase("idle"),
    ],
});

/** Many are skipped; then Plinx is ill, and well again by itself. */
const plinxFails = () => [
    inPhase("idle"),
    action("hold", "next_contact", 1),
    press("Start", "body", "Enter"),
    {content: "Two were skipped", trigger: ".o_dialer_skips summary:contains(2)"},
    state("searching"),
    press("Who was skipped", "body", "k"),
    {content: "The name", trigger: ".o_dialer_skips li:contains(Cliente 000)"},
    accessible("skips", ".o_dialer_skips"),
    action("release", "next_contact"),
    state("preview", {name: "Cliente 002"}),
    press("Pause", "body", "p"),
    inPhase("paused"),
    action("fault", "http-500"),
    press("Resume", "body", "p"),
    state("hold"),
    {content: "When it tries again", trigger: ".o_dialer_stage .text-muted time"},
    action("fault", "none"),
    state("preview", {name: "Cliente 002"}),
];

/** The network goes away, and answers are lost on the way; nothing happens twice. */
const networkFails = () => [
    action("network", true),
    press("Dial", "body", "Enter"),
    state("offline"),
    press("Try now", "body", "Enter"),
    inPhase("offline"),
    action("network", false),
    state("preview", {name: "Cliente 002"}),
    action("lose", "dial"),
    press("Dial; the answer is lost", "body", "Enter"),
    state("offline"),
    state("call", {name: "Cliente 002"}),
    {
        content: "The telephone opened, once",
        trigger: "iframe.o_dialer_telephone[src^='tel:']:only-of-type:not(:visible)",
    },
    press("A sale", "body", "1"),
    inPhase("wrap_up"),
    action("lose", "register_result"),
    press("Save; the answer is lost", "body", "Enter"),
    {content: "It says so", trigger: ".o_dialer_offline[role=alert]"},
    state("preview", {name: "Cliente 003"}),
];

/** What a supervisor, another tab, and time do to a session is seen at once. */
const othersAct = () => [
    action("supervise", "board_pause"),
    inPhase("paused"),
    action("supervise", "board_resume"),
    inPhase("preview"),
    action("supervise", "board_release"),
    state("ready"),
    press("Go on", "body", "Enter"),
    inPhase("preview"),
    action("message", "Olá, Ana"),
    {
        content: "The supervisor writes",
        trigger: ".o-mail-ChatBubble, .o-mail-ChatWindow",
    },
    action("second_tab", "Cliente 003"),
    state("call", {name: "Cliente 003"}),
    press("A sale", "body", "1"),
    inPhase("wrap_up"),
    press("Save", "body", "Enter"),
    inPhase("preview"),
    onScreen("Outro 000"),
    action("away"),
    reload("The agent is back"),
    state("paused", {
        words: "paused_nobody",
        reason: words(FOR_AWAY),
    }),
    press("Resume", "body", "Enter"),
    inPhase("preview"),
    onScreen("Outro 000"),
    action("stop_campaign"),
    action("supervise", "board_close"),
    state("idle", {words: "no_campaign"}),
];

/** A day on which everything goes wrong. */
tours.add("dialer_states_trouble", {
    steps: () => [...plinxFails(), ...networkFails(), ...othersAct()],
});

const nextCall = (name) => [
    inPhase("call"),
    press("A sale", "body", "1"),
    inPhase("wrap_up"),
    press("Save", "body", "Enter"),
    onScreen(name),
];

/** The dialer dials by itself, unless it is stopped. */
tours.add("dialer_states_countdown", {
    steps: () => [
        inPhase("idle"),
        press("Start", "body", "Enter"),
        inPhase("question"),
        {content: "Whether to call", trigger: ".modal button[name=action_call_anyway]"},
        accessible("popup without an answer of Plinx", ".modal"),
        press("Close", ".modal .o_dialer_question", "Escape"),
        closed,
        state("question", {words: "unknown"}),
        action("fault", "none"),
        press("Open it again", "body", "Enter"),
        press("Call, by its key", ".modal .o_dialer_question", "c"),
        closed,
        ...nextCall("Cliente 001"),
        state("countdown", {name: "Cliente 001"}),
        click(".o_dialer_stop"),
        state("preview", {name: "Cliente 001"}),
        press("Dial", "body", "Enter"),
        ...nextCall("Cliente 002"),
        inPhase("countdown"),
        press("Stop, by the key", "body", "Escape"),
        state("preview", {name: "Cliente 002"}),
        action("countdown", 1),
        press("Dial", "body", "Enter"),
        ...nextCall("Cliente 003"),
        state("call", {name: "Cliente 003"}),
    ],
});
