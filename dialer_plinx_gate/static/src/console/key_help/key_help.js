import {Component} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";

/** The keys of the console, on `?`. */
export class KeyHelp extends Component {
    static template = "dialer_plinx_gate.KeyHelp";
    static components = {Dialog};
    static props = {close: Function};

    get keys() {
        return [
            [["Enter"], _t("The next step: start, dial, end the call, save, resume")],
            [["Esc"], _t("Stop the countdown; close the question without answering")],
            [["1", "–", "9"], _t("Choose the result of the call")],
            [["N"], _t("Write the note")],
            [["Ctrl", "Enter"], _t("Save while typing")],
            [["D"], _t("Change the next contact")],
            [["P"], _t("Pause or resume")],
            [["A"], _t("Pause after this call")],
            [["K"], _t("Show the skipped customers")],
            [["C"], _t("Correct the result of the last call")],
            [["Y", "S"], _t("In the question: yes, pause the dialer")],
            [["N"], _t("In the question: no, go on to the next customer")],
            [["?"], _t("Show these shortcuts")],
        ];
    }
}
