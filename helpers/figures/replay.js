// A run, step by step: the bar, the keys, and what happens in words.
const KEYS = {
  ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10,
  Home: -Infinity, End: Infinity,
};
const BUTTONS = [
  ["first", "Beginning", "M3 3h2v10H3zM13 3v10L6 8z"], ["back", "Step back", "M12 3v10L4 8z"],
  ["play", "Play", "M4 2v12l10-6z"], ["next", "Next step", "M4 3v10l8-5z"],
  ["last", "End", "M11 3h2v10h-2zM3 3v10l7-5z"],
];
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";
const PACE = 900; // ms from step to step
const HINT = "Point at a packet, tap it, or go there with Tab. Arrow keys step, space plays.";

class View {
  constructor(el) {
    const signal = (this.ends = new AbortController()).signal, on = { signal };
    this.buttons = {};
    for (const [name, title, path] of BUTTONS) {
      const drawn = make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, make("path", { d: path }));
      const button = make("button", { type: "button", class: name, "aria-label": title, title }, drawn);
      button.addEventListener("click", () => this.press(name), on);
      this.buttons[name] = button;
    }
    this.range = make("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
    this.range.addEventListener("input", () => { this.pause(); this.go(+this.range.value); }, on);
    this.track = make("div", { class: "track" });
    this.count = make("span", { class: "count" });
    this.now = make("div", { class: "now", "aria-live": "polite", "aria-atomic": "true" });
    this.picture = new Picture();
    this.hosts = make("div", { class: "hosts" });
    this.packet = new Packet(signal);
    const keys = make("div", { class: "keys" }, ...Object.values(this.buttons));
    this.root = make("section", { class: "tcp-replay", role: "group", "aria-label": "Replay of a run" },
      make("div", { class: "frame" }, make("div", { class: "bar" }, keys, this.track, this.count), this.now,
        make("div", { class: "stage" }, this.picture.box, this.hosts, this.packet.box)));
    el.replaceChildren(this.root);
    // On window, on the way down: a page's own shortcuts listen further in, and must not see it.
    window.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    this.root.addEventListener("click", (event) => this.click(event), on);
    this.picture.box.addEventListener("mouseover", (event) => this.point(event.target), on);
    this.picture.box.addEventListener("focusin", (event) => this.point(event.target), on);
  }

  // New data is a run that has grown, as a debugger's has: go on from where the old one ended.
  show(data) {
    const known = this.data ? this.data.steps.length : 0, count = data.steps.length;
    this.data = data;
    this.pause();
    this.range.max = count;
    this.track.replaceChildren(ticks(data.steps), this.range);
    this.picture.draw(data);
    this.at = 0;
    if (known && known < count) this.go(known, true);
    this.go(count, !known || known >= count);
    if (!known) this.picture.box.scrollTo(0, 0); // a picture is read from its top
  }

  go(k, jump = false) {
    const { data, picture, buttons } = this, count = data.steps.length;
    k = Math.max(0, Math.min(count, k));
    jump ||= Math.abs(k - this.at) !== 1;
    this.at = k;
    this.pointed = 0;
    this.range.value = k;
    this.range.setAttribute("aria-valuetext", `${k} of ${count}: ${this.tell(data.steps[k - 1])}`);
    this.count.textContent = `${k} / ${count}`;
    buttons.first.disabled = buttons.back.disabled = k === 0;
    buttons.next.disabled = buttons.last.disabled = k === count;
    this.hosts.replaceChildren(...cards(data, k));
    this.follow(data.steps[k - 1]);
    picture.reveal(k, jump);
    this.choose();
  }

  // Where tables are many, that of the host at which something has changed comes into view.
  follow(step) {
    const host = step?.differences.at(-1)?.[1], box = this.hosts;
    const card = [...box.children].find((each) => each.getAttribute("aria-label") === host);
    if (!card || box.scrollHeight <= box.clientHeight) return;
    const low = card.offsetTop + card.offsetHeight - box.clientHeight;
    box.scrollTop = Math.min(Math.max(box.scrollTop, low), card.offsetTop);
  }

  // The step in words, in the live line; returns the same as one text.
  tell(step) {
    if (!step) {
      const words = this.data.steps.length ? "Before the first step" : "Nothing has happened yet";
      this.now.replaceChildren(make("div", { class: "what" }, make("span", { class: "verb" }, words)));
      return words;
    }
    const calls = step.differences.filter(([kind]) => kind === "call");
    const begins = calls.length > 1 || calls[0]?.[4] === null;
    const verb = { sent: "leaves", delivered: "arrives", lost: "is lost", note: "" }[step.kind] ?? (begins ? "calls" : "returns from");
    const who = step.packet ? step.who : `${step.who} ${verb}`.trim();
    const kind = step.packet ? [make("span", { class: "verb" }, `${step.text.split("  ")[0]} ${verb} `)] : [];
    const text = step.packet ? step.text.split("  ").slice(1).join("  ") : step.text;
    const what = make("div", { class: "what" }, ...kind,
      make("span", { class: step.packet ? "who" : "verb" }, (who || "lab") + " "),
      make("span", { class: "text" }, text + " "),
      make("span", { class: "at", "aria-hidden": "true" }, `${step.ms.toFixed(3)} ms`));
    const followed = make("ul", { class: "followed" }, ...step.followed.map(([host, words]) =>
      make("li", {}, make("b", {}, host), " " + words)));
    this.now.replaceChildren(what, ...(step.followed.length ? [followed] : []));
    return [what, ...followed.children].map((each) => each.textContent).join("; ");
  }

  // The packet that was pointed at since the last step; else the one of this step.
  choose() {
    const step = this.data.steps[this.at - 1], number = this.pointed || (step ? step.packet : 0);
    this.picture.choose(number);
    const hint = Object.keys(this.data.packets).length ? HINT : "No packet is in this run.";
    const ended = !(this.picture.lines?.get(number)?.to > this.at), shown = `${number} ${hint} ${ended}`;
    if (shown === this.shown && this.drawn === this.data) return;
    [this.shown, this.drawn] = [shown, this.data];
    this.packet.show(this.data.packets[number], hint, ended);
  }

  // It stays until the next step, for its fields stand elsewhere, and are pointed at too.
  point(target) {
    const number = this.picture.packet(target);
    if (!number || number === this.pointed) return;
    this.pointed = number;
    this.choose();
  }

  // A tap is a pointer that comes and stays. And the keys are ours from now on.
  click(event) {
    this.point(event.target);
    const inside = this.root.contains(this.root.getRootNode().activeElement);
    if (!inside && !String(getSelection())) this.range.focus({ preventScroll: true });
  }

  press(name) {
    if (name === "play") return this.timer ? this.pause() : this.play();
    this.pause();
    this.go({ first: 0, back: this.at - 1, next: this.at + 1, last: Infinity }[name]);
  }

  play() {
    if (this.at >= this.data.steps.length) this.go(0);
    const next = () => {
      this.go(this.at + 1);
      if (this.at >= this.data.steps.length || !this.root.isConnected) this.pause();
    };
    this.timer = setInterval(next, PACE);
    this.playing(true);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.playing(false);
  }

  playing(on) {
    const { play } = this.buttons, title = on ? "Pause" : "Play";
    play.querySelector("path").setAttribute("d", on ? PAUSE : BUTTONS[2][2]);
    play.setAttribute("aria-label", title);
    play.title = title;
  }

  // Keys are ours while the focus is here; Tab, and what the page or the browser does with Control,
  // are not. Letters are nobody's: JupyterLab would cut a cell.
  key(event) {
    const path = event.composedPath();
    if (!path.includes(this.root) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab" || (event.key === "Enter" && event.shiftKey)) return;
    event.stopPropagation();
    const button = path[0].closest?.("button");
    if (event.key in KEYS) {
      this.pause();
      this.go(this.at + KEYS[event.key]);
    } else if (event.key === " " && !button) this.press("play");
    else return;
    event.preventDefault();
  }

  close() {
    this.pause();
    this.ends.abort();
  }
}

function render({ model, el }) {
  const view = new View(el), show = () => view.show(model.get("data"));
  model.on("change:data", show);
  show();
  return () => { model.off("change:data", show); view.close(); };
}

// On a page without a kernel: each piece holds its data, and is shown once.
function showPages() {
  for (const piece of document.querySelectorAll(".tcp-replay-page:not([data-shown])")) {
    piece.dataset.shown = "";
    const data = JSON.parse(piece.querySelector("script[type='application/json']").textContent);
    new View(piece.appendChild(document.createElement("div"))).show(data);
  }
}

export default { render };
