import {onMounted} from "@odoo/owl";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {registry} from "@web/core/registry";
import {formView} from "@web/views/form/form_view";
import {FormController} from "@web/views/form/form_controller";

// Yes and No in English and in Portuguese; C for the two buttons that call.
const KEYS = {
    y: "action_yes",
    s: "action_yes",
    n: "action_no",
    c: "action_call_anyway",
};

/** The question about a customer in conversation: focus on no button, single keys. */
export class PauseConfirmController extends FormController {
    setup() {
        super.setup();
        for (const [key, button] of Object.entries(KEYS)) {
            useHotkey(key, () => this.press(button));
        }
        // Odoo's dialogs press their first button on this, which is Yes here.
        useHotkey("control+enter", () => {}, {bypassEditableProtection: true});
        onMounted(() => this.takeFocus());
    }

    get dialogElement() {
        return document.getElementById(this.env.dialogId) || document.body;
    }

    press(name) {
        const button = this.dialogElement.querySelector(`button[name=${name}]:enabled`);
        button?.click();
    }

    /** The question is read out, and no key but a meant one answers it. */
    takeFocus() {
        const question = this.dialogElement.querySelector(".o_dialer_question");
        question.id = "o_dialer_question";
        const modal = question.closest("[role=dialog]");
        modal?.setAttribute("aria-labelledby", question.id);
        modal?.setAttribute("aria-modal", "true");
        question.focus();
    }
}

registry.category("views").add("dialer_pause_confirm_form", {
    ...formView,
    Controller: PauseConfirmController,
});
