import {PHASES} from "@dialer_plinx_gate/services/phase";
import {words} from "./tour_words";
import {examine, runAction} from "./test_actions";

// What the console says in each phase, and the one action that it offers then.
const STATES = {
    en: {
        loading: {title: "Opening the console"},
        idle: {
            title: "Which campaign will you work on today?",
            text: "When you start, the first customer appears on your screen.",
            action: "Start",
        },
        no_campaign: {
            title: "No campaign is running for you",
            text: "Ask your supervisor to start a campaign and add you to it.",
        },
        starting: {
            title: "Starting your session",
            text: "The first customer is on the way.",
        },
        searching: {
            title: "Looking for the next customer",
            text: "Asking Plinx which customers can be called.",
        },
        ready: {
            title: "Ready for the next customer",
            text: "There is no customer on your screen.",
            action: "Next customer",
        },
        question: {
            title: "Customer with an active conversation via WhatsApp. Do you want to pause the dialer?",
            action: "Answer the question",
        },
        unknown: {
            title: "Plinx did not say whether this customer is in conversation. Do you want to call?",
            text: "Plinx reported a fault (HTTP 500).",
            action: "Answer the question",
        },
        preview: {
            title: "Call {name}?",
            text: "Take a look at the customer, then dial.",
            action: "Dial",
        },
        countdown: {
            title: "Calling {name} in a moment",
            text: "Press Esc to stop and look first.",
            action: "Dial now",
        },
        dialing: {
            title: "Dialing {name}",
            text: "Your phone app will open in a moment.",
        },
        call: {title: "On a call with {name}", action: "End call"},
        wrap_up: {title: "How did the call with {name} end?", action: "Save and next"},
        paused: {
            title: "The dialer is paused",
            text: "Resume when you are ready.",
            action: "Resume",
        },
        paused_for: {
            title: "The dialer is paused: {reason}",
            text: "{name} is next. Resume when you are ready.",
            action: "Resume",
        },
        paused_nobody: {
            title: "The dialer is paused: {reason}",
            text: "Resume when you are ready.",
            action: "Resume",
        },
        hold: {
            title: "Dialing is on hold until Plinx answers",
            text: "Plinx reported a fault (HTTP 500).",
            action: "Try now",
        },
        empty: {
            title: "There is nobody to call right now",
            text: "Nobody to call now: ",
            action: "Check again",
        },
        offline: {
            title: "The connection is lost",
            text: "The console reconnects automatically. Nothing you entered is lost.",
            action: "Try now",
        },
    },
    pt: {
        loading: {title: "Abrindo o console"},
        idle: {
            title: "Em qual campanha você vai trabalhar hoje?",
            text: "Ao iniciar, o primeiro cliente aparece na sua tela.",
            action: "Iniciar",
        },
        no_campaign: {
            title: "Nenhuma campanha em andamento para você",
            text: "Peça ao seu supervisor para iniciar uma campanha e incluir você nela.",
        },
        starting: {
            title: "Iniciando sua sessão",
            text: "O primeiro cliente está a caminho.",
        },
        searching: {
            title: "Procurando o próximo cliente",
            text: "Consultando o Plinx sobre quem pode receber a ligação.",
        },
        ready: {
            title: "Pronto para o próximo cliente",
            text: "Não há nenhum cliente na sua tela.",
            action: "Próximo cliente",
        },
        question: {
            title: "Cliente com conversa ativa via WhatsApp. Deseja pausar o discador?",
            action: "Responder",
        },
        unknown: {
            title: "O Plinx não informou se este cliente está em conversa. Deseja ligar?",
            text: "O Plinx informou uma falha (HTTP 500).",
            action: "Responder",
        },
        preview: {
            title: "Ligar para {name}?",
            text: "Veja os dados do cliente e depois disque.",
            action: "Discar",
        },
        countdown: {
            title: "Ligando para {name} em instantes",
            text: "Pressione Esc para parar e olhar primeiro.",
            action: "Discar agora",
        },
        dialing: {
            title: "Discando para {name}",
            text: "Seu telefone abre em instantes.",
        },
        call: {title: "Em ligação com {name}", action: "Encerrar ligação"},
        wrap_up: {
            title: "Como terminou a ligação com {name}?",
            action: "Salvar e próximo",
        },
        paused: {
            title: "O discador está pausado",
            text: "Retome quando estiver pronto.",
            action: "Retomar",
        },
        paused_for: {
            title: "O discador está pausado: {reason}",
            text: "Próximo cliente: {name}. Retome quando estiver pronto.",
            action: "Retomar",
        },
        paused_nobody: {
            title: "O discador está pausado: {reason}",
            text: "Retome quando estiver pronto.",
            action: "Retomar",
        },
        hold: {
            title: "Nenhuma ligação é feita até o Plinx responder",
            text: "O Plinx informou uma falha (HTTP 500).",
            action: "Tentar agora",
        },
        empty: {
            title: "Não há ninguém para ligar agora",
            text: "Ninguém para ligar agora: ",
            action: "Verificar de novo",
        },
        offline: {
            title: "A conexão caiu",
            text: "O console se reconecta automaticamente. Nada do que você digitou se perde.",
            action: "Tentar agora",
        },
    },
};

/** What a button says, without the key that stands for it. */
function labelOf(button) {
    const copy = button.cloneNode(true);
    copy.querySelectorAll("kbd").forEach((key) => key.remove());
    return copy.textContent.trim();
}

function expect(found, wanted, what) {
    if (found !== wanted) {
        throw new Error(`${what} is “${found}”, not “${wanted}”`);
    }
}

/** Look at what the console says, what it reads out, and what it offers to do. */
function check({title, text = "", action}, values) {
    const fill = (words) => words.replace(/{(\w+)}/g, (_all, name) => values[name]);
    const find = (selector) => document.querySelector(`.o_dialer_console ${selector}`);
    expect(find(".o_dialer_stage_title").textContent, fill(title), "The title");
    const said = find(".o_dialer_stage_text")?.textContent || "";
    const begin = said.slice(0, values.begins ? fill(text).length : undefined);
    expect(begin, fill(text), "The sentence");
    const announced = find("[role=status][aria-live=polite]").textContent;
    const whole = [fill(title), said].filter(Boolean).join(" ");
    if (!announced.startsWith(whole)) {
        throw new Error(`“${whole}” is not announced, but “${announced}”`);
    }
    const offered = [
        ...document.querySelectorAll(".o_dialer_stage .btn-primary:not([disabled])"),
    ];
    const wanted = values.action === undefined ? action : values.action;
    expect(offered.map(labelOf).join(" | "), wanted || "", "What is offered");
}

/**
 * The console is in a phase: the sentence of it, its one next action, both also for
 * who does not see them.
 *
 * @param {string} phase see `phase.js`
 * @param {Object} [values] `name` of the customer, `reason`; `words` of another row of
 *  the table; `begins`: the sentence goes on; `action` other than usual
 */
export const state = (phase, values = {}) => {
    const row = values.words || phase;
    return {
        content: `The console says: ${row}`,
        // not while a request is on its way
        trigger: `.o_dialer_console[data-phase=${phase}]:not(:has(.btn-primary:disabled)) .o_dialer_stage_title`,
        async run() {
            check(words(STATES)[row], values);
            await runAction("seen", phase, PHASES);
            await examine(row, ".o_action_manager");
        },
    };
};
