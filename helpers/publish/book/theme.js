// A replay asks Jupyter's body whether it is light; in the book the theme knows, and may change.
const page = document.documentElement;
const tell = () => { document.body.dataset.jpThemeLight = String(page.dataset.theme !== "dark"); };
new MutationObserver(tell).observe(page, { attributeFilter: ["data-theme"] });
tell();
