import {user} from "@web/core/user";

// The words that must stand on the screen, from the design.
const WORDS = {
    en: {
        question:
            "Customer with an active conversation via WhatsApp. Do you want to pause the dialer?",
        yes: "Yes",
        no: "No",
        whatsapp: "Contact via WhatsApp",
        companySettings: "Company Settings",
        management: "Dialer Management",
        parameter: "Dial customers with an active WhatsApp conversation",
        updates: "Updates",
        attendances: "Attendances",
    },
    pt: {
        question: "Cliente com conversa ativa via WhatsApp. Deseja pausar o discador?",
        yes: "Sim",
        no: "Não",
        whatsapp: "Contato via WhatsApp",
        companySettings: "Configurações Empresa",
        management: "Gestão do Discador",
        parameter: "Discar para clientes com conversa ativa no WhatsApp",
        updates: "Atualizações",
        attendances: "Atendimentos",
    },
};

/** The words of the language that the page is in. */
export function words(table = WORDS) {
    return table[user.lang.startsWith("pt") ? "pt" : "en"];
}

/** Wait until the console is in a phase. */
export const inPhase = (phase) => ({
    content: `The console is in the phase ${phase}`,
    trigger: `.o_dialer_console[data-phase=${phase}]`,
});

/** Press keys where the focus is. */
export const press = (content, trigger, keys) => ({
    content,
    trigger,
    run: `press ${keys}`,
});

/** Fail when an element does not show this text. */
export const shows = (trigger, text) => ({
    content: `${trigger} shows a fixed text`,
    trigger,
    run: ({anchor}) => {
        if (!anchor.textContent.includes(text())) {
            throw new Error(`“${anchor.textContent}” does not show “${text()}”`);
        }
    },
});

/** A customer is on screen. */
export const onScreen = (name) => ({
    content: `${name} is on screen`,
    trigger: `.o_dialer_contact_name:contains(${name})`,
});

/** The question of the design is asked in a popup, with the focus on no button. */
export const asked = () => [
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

/** No popup is open any more. */
export const closed = {content: "The popup is gone", trigger: "body:not(:has(.modal))"};

/** Choose the first campaign and start. */
export const startSteps = () => [
    inPhase("idle"),
    {
        content: "Start the campaign",
        trigger: ".o_dialer_campaign_picker button[type=submit]",
        run: "click",
    },
];
