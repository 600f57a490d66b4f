import {registry} from "@web/core/registry";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {useListProgress} from "./progress";

export class ListImportListController extends ListController {
    setup() {
        super.setup();
        useListProgress(this);
    }
}

registry.category("views").add("dialer_list_import_list", {
    ...listView,
    Controller: ListImportListController,
});
