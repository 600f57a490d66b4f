import {registry} from "@web/core/registry";
import {inputFiles} from "@web/../tests/utils";
import {accessible} from "./test_actions";

/**
 * A supervisor builds a campaign, sees whom it would call, fills its queue and brings
 * a list into it. The city of the customers is set by the test.
 */
registry.category("web_tour.tours").add("dialer_campaign", {
    steps: () => [
        {
            content: "Three would be called",
            trigger: ".o_field_widget[name=match_count]:contains(3)",
        },
        {
            content: "They are shown",
            trigger: ".o_field_widget[name=match_sample]:contains('Tour 001')",
        },
        accessible("campaign form", ".o_action_manager"),
        {
            content: "Choose those contacted before",
            trigger: ".o_field_widget[name=customer_status] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Contacted before')",
            run: "click",
        },
        {
            content: "The count follows before anything is saved",
            trigger: ".o_field_widget[name=match_count]:contains(0)",
        },
        {
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=match_count]:contains(3)",
        },
        {
            content: "Start: the queue fills by itself",
            trigger: "button[name=action_start]",
            run: "click",
        },
        {
            trigger: ".oe_stat_button:contains('Queue'):contains(3)",
        },
        {
            content: "Import a list",
            trigger: "button[name=action_import_list]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=file] .o_select_file_button",
            async run() {
                const file = new File(
                    ["name;phone\nZé;47 98877-0001\nNo;x\n"],
                    "a.csv",
                    {
                        type: "text/csv",
                    }
                );
                await inputFiles(".o_field_widget[name=file] .o_input_file", [file]);
            },
        },
        {
            trigger: "button[name=action_import]",
            run: "click",
        },
        {
            content: "One row was taken, one was not",
            trigger: ".o_field_widget[name=taken_count]:contains(1)",
        },
        {
            trigger: "button[name=action_view_problems]",
            run: "click",
        },
        {
            trigger: ".o_data_cell:contains('not a valid phone')",
        },
    ],
});
