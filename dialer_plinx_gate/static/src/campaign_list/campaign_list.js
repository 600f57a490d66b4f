import {registry} from "@web/core/registry";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {Checklist} from "../checklist/checklist";
import {useListProgress} from "../progress/progress";

export class CampaignListController extends ListController {
    static template = "dialer_plinx_gate.CampaignListView";
    static components = {...ListController.components, Checklist};

    setup() {
        super.setup();
        useListProgress(this);
    }
}

registry.category("views").add("dialer_campaign_list", {
    ...listView,
    Controller: CampaignListController,
});
