import {rpcBus} from "@web/core/network/rpc";
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
export function words() {
    return WORDS[user.lang.startsWith("pt") ? "pt" : "en"];
}

/** Fail the tour on any request that fails, of data or of a file. */
export function watchRequests() {
    const fail = (what) => {
        throw new Error(`A request failed during the tour: ${what}`);
    };
    rpcBus.addEventListener("RPC:RESPONSE", ({detail}) => {
        if (detail.error) {
            fail(JSON.stringify(detail.data.params));
        }
    });
    new PerformanceObserver((list) => {
        for (const {name, responseStatus} of list.getEntries()) {
            if (responseStatus >= 400) {
                fail(`${responseStatus} ${name}`);
            }
        }
    }).observe({type: "resource", buffered: true});
}

/** The first step of every tour: from here on no request may fail. */
export const watch = {
    content: "No request may fail",
    trigger: "body",
    run: () => watchRequests(),
};

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

/** Choose the first campaign and start. */
export const startSteps = () => [
    watch,
    inPhase("idle"),
    {
        content: "Start the campaign",
        trigger: ".o_dialer_campaigns button[type=submit]",
        run: "click",
    },
];
