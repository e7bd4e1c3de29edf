// Questions with buttons. Knows nothing of Python: what it needs is in the model's head,
// questions, chosen and answers, so that a page without a kernel can show it too.

const LETTERS = "ABCDEFGHIJ";
let made = 0; // for ids that no other view has

function element(name, attributes, ...children) {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

// What is said below the choices.
function verdict(question, chosen, answer, shown) {
  if (answer === undefined)
    return chosen === undefined ? "" : "Noted. The answer comes when the kernel has been asked.";
  if (chosen === undefined && !shown) return "";
  const right = answer.right === null ? "something else" : question.choices[answer.right];
  const said = `What the kernel did${answer.recorded ? ", recorded with a wire" : ""}: ${right}.`;
  if (answer.right === null) return `What this kernel did is none of these: ${answer.seen}.`;
  const sentences = (...all) => all.filter(Boolean).join(" "); // not every answer has all of them
  if (chosen === undefined) return sentences(said, answer.why[answer.right], answer.again);
  if (chosen === answer.right) return `You predicted it: ${right}. ${answer.why[chosen]}`;
  const reason = answer.why[chosen] === answer.why[answer.right] ? "" : answer.why[answer.right];
  return sentences(`You said: ${question.choices[chosen]}.`, answer.why[chosen], said, reason, answer.again);
}

function ask(model, question, number, name) {
  const shows = {}; // whether the reader wants the answer without having said anything
  const title = element("div", { class: "lesson-ask", id: `${name}-ask` }, number + question.ask);
  const group = element("div", { role: "group", "aria-labelledby": `${name}-ask`, class: "lesson-choices" });
  const result = element("div", { class: "lesson-result", role: "status", "aria-live": "polite" });
  const show = element("button", { type: "button", class: "lesson-show" }, "show the answer");
  const buttons = question.choices.map((text, n) => {
    const mark = element("span", { class: "lesson-mark", "aria-hidden": "true" });
    const button = element(
      "button", { type: "button", "aria-pressed": "false" }, mark, `${LETTERS[n]}  ${text}`
    );
    button.addEventListener("click", () => {
      model.set("chosen", { ...model.get("chosen"), [question.key]: n });
      model.save_changes();
    });
    return button;
  });
  group.append(...buttons);
  const given = question.given ? [element("pre", { class: "lesson-given", tabindex: "0" }, question.given)] : [];
  show.addEventListener("click", () => { shows.now = true; draw(); });

  function draw() {
    const chosen = model.get("chosen")[question.key], answer = model.get("answers")[question.key];
    const open = answer !== undefined && (chosen !== undefined || shows.now === true);
    buttons.forEach((button, n) => {
      button.setAttribute("aria-pressed", String(n === chosen));
      const right = open && n === answer.right, wrong = open && n === chosen && !right;
      button.classList.toggle("lesson-right", right);
      button.classList.toggle("lesson-wrong", wrong);
      button.firstChild.textContent = right ? "✓ " : wrong ? "✗ " : "";
    });
    const text = verdict(question, chosen, answer, shows.now);
    if (result.textContent !== text) result.textContent = text;
    show.hidden = answer === undefined || open;
  }
  draw();
  return { box: element("div", { class: question.row ? "lesson-question lesson-row" : "lesson-question" }, ...given, title, group, show, result), draw };
}

export function render({ model, el }) {
  const questions = model.get("questions"), many = questions.length > 1, name = `lesson-${made++}`;
  const asked = questions.map((question, n) =>
    ask(model, question, many ? `${n + 1}  ` : "", `${name}-${n}`)
  );
  const draw = () => asked.forEach((each) => each.draw());
  model.on("change:chosen", draw);
  model.on("change:answers", draw);
  // JupyterLab's one-letter shortcuts stay out of it.
  const root = element("div", { class: "lesson-sheet", "data-lm-suppress-shortcuts": "true" });
  if (model.get("head")) root.append(element("div", { class: "lesson-head" }, model.get("head")));
  root.append(...asked.map((each) => each.box));
  el.append(root);
  return () => { model.off("change:chosen", draw); model.off("change:answers", draw); };
}

export default { render };
