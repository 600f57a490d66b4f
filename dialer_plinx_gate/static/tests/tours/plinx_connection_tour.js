import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("plinx_connection_good", {
    steps: () => [
        {trigger: "button[name='action_test_connection']", run: "click"},
        {trigger: ".modal .alert-success:contains('Plinx answers.')"},
        {trigger: ".modal .o_field_html:contains('✓ The token is accepted.')"},
        {trigger: ".modal .o_field_html:contains('✓ The clocks agree.')"},
        {trigger: ".modal footer button:contains('Close')", run: "click"},
        {trigger: "body:not(:has(.modal)) button[name='action_test_connection']"},
    ],
});

registry.category("web_tour.tours").add("plinx_connection_bad", {
    steps: () => [
        {trigger: ".alert-warning:contains('The token may not do this')"},
        {trigger: ".o-mail-Activity:contains('Plinx does not answer')"},
        {trigger: "button[name='action_test_connection']", run: "click"},
        {trigger: ".modal .alert-danger:contains('The token may not do this')"},
    ],
});

registry.category("web_tour.tours").add("plinx_hold_form", {
    steps: () => [
        {trigger: "button[name='action_next_contact']", run: "click"},
        {trigger: ".alert-info:contains('Dialing has been on hold since')"},
    ],
});
