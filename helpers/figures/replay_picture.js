// The ladder with a curtain over what has not happened yet. Nothing is drawn again: a step moves the
// curtain, and shows or hides words and marks, which lie above it.
const GLIDE = 260; // ms that the curtain takes for one step
const TABBED = 24; // packets that Tab goes through; a run may have a thousand
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Picture {
  constructor() {
    this.box = make("div", { class: "picture", hidden: "" });
  }

  draw(data) {
    Object.assign(this, { data, words: [], lines: new Map(), shown: 0, y: data.top, tabbed: [] });
    this.box.hidden = !data.svg;
    if (!data.svg) return this.box.replaceChildren();
    const own = "r" + Math.random().toString(36).slice(2) + "-"; // no two views share an id
    const paper = make("div", { class: "paper" });
    paper.innerHTML = data.svg.replaceAll("@@", own);
    // The style sheet has its least width, in pixels for each of its points: letters of 14 pixels
    // where there is room. At most letters of 17 pixels.
    paper.style.setProperty("--points", Math.round(data.width));
    paper.style.maxWidth = `${Math.round(data.width * 1.45)}px`;
    const image = (this.image = paper.firstElementChild);
    image.setAttribute("role", "group");
    image.setAttribute("aria-label", `Ladder of ${data.hosts.join(" and ")}. Tab goes to its packets.`);
    const found = new Map();
    for (const part of image.querySelectorAll("[data-part]")) found.set(part.dataset.part, part);
    this.curtain = make("g", { class: "curtain" },
      make("rect", { width: data.width, height: data.height + 2 }),
      make("line", { x1: 4, x2: data.width - 4, y1: 0, y2: 0 }));
    const words = make("g", { class: "words" });
    this.flying = make("g");
    paper.prepend(this.head(data, image));
    this.box.replaceChildren(paper);
    image.append(this.curtain, this.flying, words);
    for (const [name, step] of data.words) {
      const part = found.get(name);
      if (!part) continue;
      words.append(part);
      part.classList.add("off");
      this.words.push([step, part]);
    }
    this.words.sort((a, b) => a[0] - b[0]);
    data.steps.forEach((step, i) => {
      if (!step.packet) return;
      const line = this.lines.get(step.packet) || { from: i + 1, to: Infinity };
      if (step.kind !== "sent") line.to = i + 1;
      this.lines.set(step.packet, line);
    });
    for (const [number, line] of this.lines) this.touchable(number, line, found.get("packet:" + number));
  }

  // The names of hosts and queues stay in view: the same words again, on a strip that sticks.
  head(data, image) {
    const names = [...image.querySelectorAll("text")].filter((text) => !text.closest("[data-part]"));
    const strip = make("svg", { class: "head", viewBox: `0 0 ${data.width} ${data.top}`, "aria-hidden": "true" },
      make("rect", { width: data.width, height: data.top }), ...names.map((text) => text.cloneNode(true)));
    strip.style.marginBottom = `${(-100 * data.top) / data.width}%`;
    return strip;
  }

  touchable(number, line, part) {
    const path = part && part.querySelector("path");
    if (!path) return this.lines.delete(number);
    const hit = path.cloneNode();
    hit.removeAttribute("style");
    hit.setAttribute("class", "hit");
    part.append(hit);
    part.setAttribute("role", "img");
    part.setAttribute("aria-label", this.data.packets[number].said);
    part.setAttribute("tabindex", -1);
    const at = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
    line.points = at.flatMap((x, i) => (i % 2 ? [] : [[x, at[i + 1]]]));
    line.part = part;
  }

  // The words and marks of all steps from the last one shown to this one.
  reveal(k, jump) {
    if (!this.data.svg) return;
    const [low, high] = [Math.min(k, this.shown), Math.max(k, this.shown)];
    this.shown = k;
    this.image.classList.toggle("jump", jump);
    this.box.classList.toggle("covered", k < this.data.steps.length);
    for (let i = after(this.words, low); i < this.words.length && this.words[i][0] <= high; i++)
      this.words[i][1].classList.toggle("off", this.words[i][0] > k);
    const seen = [...this.lines.values()].filter((line) => line.from <= k);
    for (const line of this.tabbed) line.part.setAttribute("tabindex", -1);
    this.tabbed = seen.slice(-TABBED);
    for (const line of this.tabbed) line.part.setAttribute("tabindex", 0);
    const last = k === this.data.steps.length;
    this.glide(k, last ? [] : seen.filter((line) => k < line.to), jump || still.matches);
  }

  // Move the curtain to the end of step k, the packets on their way with it, and the step into view.
  glide(k, lines, at_once) {
    const { box, data } = this, step = data.steps[k - 1] || { x: data.width / 2, y: data.top };
    const dots = lines.map(() => make("circle", { r: 4.5, class: "flying" }));
    this.flying.replaceChildren(...dots);
    const scale = this.image.clientWidth / data.width, begun = performance.now();
    const from = { y: this.y, top: box.scrollTop, left: box.scrollLeft }, to = { ...from, y: step.y };
    const high = box.clientHeight, low = step.y * scale - from.top;
    if (low > high * 0.86) to.top = step.y * scale - high * 0.66;
    else if (low < high * 0.25) to.top = step.y * scale - high * 0.4;
    to.left = step.x * scale - box.clientWidth / 2;
    const frame = (time) => {
      const part = at_once ? 1 : Math.max(0, Math.min(1, (time - begun) / GLIDE));
      const now = (name) => from[name] + (to[name] - from[name]) * part * (2 - part);
      this.y = now("y");
      this.curtain.setAttribute("transform", `translate(0 ${this.y})`);
      lines.forEach((line, i) => {
        const [cx, cy] = place(line.points, this.y);
        dots[i].setAttribute("cx", cx);
        dots[i].setAttribute("cy", cy);
      });
      if (to.top !== from.top) box.scrollTop = now("top");
      if (box.scrollWidth > box.clientWidth) box.scrollLeft = now("left");
      if (part < 1) this.moving = requestAnimationFrame(frame);
    };
    cancelAnimationFrame(this.moving);
    frame(begun);
  }

  choose(number) {
    this.box.querySelectorAll(".chosen").forEach((part) => part.classList.remove("chosen"));
    const line = this.lines?.get(number);
    if (line) line.part.classList.add("chosen");
  }

  // The number of the packet whose line or words are there; 0 if none is.
  packet(element) {
    const part = element?.closest?.("[data-part]");
    const [, number] = part?.dataset.part.match(/^(?:packet|label|mark):(\d+)$/) || [];
    return this.box.contains(part) && number ? +number : 0;
  }
}

// The place of the first of these pairs, in order of their steps, that comes behind a step.
function after(pairs, step) {
  let [low, high] = [0, pairs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle][0] > step) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Where a packet is when the curtain is at y; one that is held stays where it was stopped.
function place(points, y) {
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (y > y1) continue;
    return x0 === x1 ? [x0, y0] : [x0 + ((x1 - x0) * Math.max(0, y - y0)) / (y1 - y0), Math.max(y, y0)];
  }
  return points.at(-1);
}

// A tick for each step above the slider: packets by what they are, calls pale.
function ticks(steps) {
  const d = { call: "", ack: "", data: "", opens: "", ends: "", fails: "" };
  const top = { call: 5, ack: 3 };
  const kinds = { "": "call", data: "data", ACK: "ack", SYN: "opens", "SYN+ACK": "opens", FIN: "ends" };
  steps.forEach((step, i) => {
    const word = step.packet ? step.text.split(" ")[0] : "";
    const kind = step.kind === "lost" ? "fails" : kinds[word] ?? "fails";
    d[kind] += `M${i + 1} ${top[kind] ?? 0}V10`;
  });
  const thick = steps.length > 300 ? 1 : 2;
  const box = { viewBox: `0 0 ${steps.length || 1} 10`, preserveAspectRatio: "none" };
  return make("svg", { ...box, "aria-hidden": "true" }, ...Object.entries(d).map(([kind, path]) =>
    make("path", { class: kind, d: path, "stroke-width": thick })));
}
