// XML comes from a plugin; Odoo's views need their white space kept.
module.exports = {
    plugins: [require.resolve("@prettier/plugin-xml")],
    bracketSpacing: false,
    printWidth: 88,
    proseWrap: "always",
    semi: true,
    tabWidth: 4,
    trailingComma: "es5",
    xmlQuoteAttributes: "double",
    xmlWhitespaceSensitivity: "preserve",
    overrides: [{files: ["*.yml", "*.yaml", "*.json"], options: {tabWidth: 2}}],
};
