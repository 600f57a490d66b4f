import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatInteger} from "@web/views/fields/formatters";

const PARTS = [
    {key: "callable", label: _t("Callable now"), tone: "bg-success"},
    {key: "held", label: _t("With agents"), tone: "bg-primary"},
    {key: "conversation", label: _t("In conversation"), tone: "bg-danger"},
    {key: "unanswered", label: _t("Without an answer"), tone: "bg-secondary"},
    {key: "hours", label: _t("Outside calling hours"), tone: "bg-warning"},
    {key: "later", label: _t("Scheduled for later"), tone: "bg-warning opacity-50"},
    {key: "exhausted", label: _t("Attempts used up"), tone: "bg-dark opacity-50"},
    {key: "invalid", label: _t("No valid phone"), tone: "bg-dark"},
    {key: "done", label: _t("Completed"), tone: "bg-info"},
];

/** The health of one queue: a bar of its parts, and their numbers to click on. */
export class CampaignCard extends Component {
    static template = "dialer_plinx_gate.CampaignCard";
    static props = {
        campaign: Object,
        first: Boolean,
        last: Boolean,
        actions: Object,
    };

    get total() {
        return this.props.campaign.counts.total || 0;
    }

    get parts() {
        const {counts} = this.props.campaign;
        return PARTS.map((part) => {
            const count = counts[part.key] || 0;
            return {
                ...part,
                count,
                text: formatInteger(count),
                width: this.total ? (100 * count) / this.total : 0,
            };
        });
    }

    get shown() {
        return this.parts.filter(
            (part) =>
                part.count || ["callable", "conversation", "done"].includes(part.key)
        );
    }

    get callbacks() {
        return this.props.campaign.counts.callbacks || 0;
    }

    get running() {
        return this.props.campaign.state === "running";
    }
}
