// Questions on a page without a kernel: a model for sheet.js, which stands above in one module.
// What was chosen is the same in every view of a question on the page.
const views = new Set();
let chosenHere = {};

function modelOf(state) {
  const calls = {};
  views.add(() => (calls["change:chosen"] ?? []).forEach((call) => call()));
  return {
    get: (name) => (name === "chosen" ? chosenHere : state[name]),
    set: (name, value) => { if (name === "chosen") chosenHere = value; },
    save_changes: () => views.forEach((tell) => tell()),
    on: (event, call) => { (calls[event] ??= []).push(call); },
    off: (event, call) => { calls[event] = (calls[event] ?? []).filter((each) => each !== call); },
  };
}

for (const piece of document.querySelectorAll(".lesson-page")) {
  const { head, sheets } = JSON.parse(piece.querySelector("script").textContent);
  if (head) piece.append(element("div", { class: "lesson-head" }, head));
  for (const sheet of sheets) render({ model: modelOf(sheet), el: piece.appendChild(document.createElement("div")) });
}
