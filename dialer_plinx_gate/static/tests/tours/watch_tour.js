import {rpc} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";

/** Everything that may not happen in a tour. */
registry.category("web_tour.tours").add("dialer_problems", {
    steps: () => [
        {
            trigger: ".o_dialer_console",
            async run() {
                // eslint-disable-next-line no-console -- the watch has to see it
                console.warn("a warning of ours");
                await fetch("/dialer_plinx_gate/nothing");
                const call = {model: "dialer.session", method: "no_such_method"};
                await rpc("/web/dataset/call_kw/dialer.session/no_such_method", {
                    ...call,
                    args: [],
                    kwargs: {},
                }).catch(() => {});
            },
        },
    ],
});
