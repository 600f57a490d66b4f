/**
 * Actions that a tour cannot do itself: the test that started it does them, see `do_*`
 * in `tour_case.py`.
 */

const running = new Map();
let count = 0;

window.dialerTestActionDone = (number, {result, error}) => {
    const {resolve, reject} = running.get(number);
    running.delete(number);
    if (error) {
        reject(new Error(error));
    } else {
        resolve(result);
    }
};

/** Have the test do something, and wait until it is done. */
export function runAction(name, ...args) {
    return new Promise((resolve, reject) => {
        running.set(++count, {resolve, reject});
        window.dialerTestAction(JSON.stringify({number: count, name, args}));
    });
}

/** The step of a tour in which the test does something. */
export const action = (name, ...args) => ({
    content: `In the test: ${name} ${args.join(" ")}`,
    trigger: "body",
    timeout: 30000,
    async run() {
        await runAction(name, ...args);
    },
});

// Parts of Odoo's own screens that axe-core finds fault with, and that are not ours to
// change: what its select menus and autocompletes tell of themselves, its domain editor,
// and icons without a name in the chatter.
const OF_ODOO = [
    ".o_select_menu",
    ".o-autocomplete--input",
    ".o_field_domain",
    ".o-mail-Chatter",
];

/** Let axe-core, where it was loaded, look at a part of the page. */
export async function examine(what, selector) {
    if (!window.axe) {
        return;
    }
    const {violations, passes} = await window.axe.run(
        {include: [[selector]], exclude: OF_ODOO.map((one) => [one])},
        {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
            resultTypes: ["violations"],
        }
    );
    const found = violations.flatMap(({id, nodes}) =>
        nodes.map(({html}) => `${id}: ${html}`)
    );
    await runAction("examined", what, passes.length, found);
}

/** The step that has a part of the page looked at. */
export const accessible = (what, selector) => ({
    content: `${what} is accessible`,
    trigger: selector,
    run: () => examine(what, selector),
});

/** Load the page anew; the tour goes on there. */
export const reload = (content) => ({
    content,
    trigger: "body",
    run: () => window.location.reload(),
    expectUnloadPage: true,
});
