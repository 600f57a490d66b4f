import {serializeDateTime} from "@web/core/l10n/dates";

const {DateTime} = luxon;
const HOURS = ["hours", "no_hours"];

/**
 * The entries behind one number of a campaign's card.
 *
 * @param {number} campaignId
 * @param {string} part a key of the campaign's counts
 * @returns {Array} domain on dialer.queue.entry
 */
export function queueDomain(campaignId, part) {
    const now = serializeDateTime(DateTime.now());
    const pending = (operator) => [
        ["state", "=", "pending"],
        ["next_call_at", operator, now],
    ];
    const parts = {
        callable: () => pending("<="),
        callbacks: () => [...pending("<="), ["is_callback", "=", true]],
        conversation: () => [...pending(">"), ["wait_reason", "=", "conversation"]],
        unanswered: () => [...pending(">"), ["wait_reason", "=", "unanswered"]],
        hours: () => [...pending(">"), ["wait_reason", "in", HOURS]],
        later: () => [
            ...pending(">"),
            ["wait_reason", "not in", ["conversation", "unanswered", ...HOURS]],
        ],
        held: () => [["state", "in", ["reserved", "asking", "dialing"]]],
    };
    const rest = parts[part] ? parts[part]() : [["state", "=", part]];
    return [["campaign_id", "=", campaignId], ...rest];
}
