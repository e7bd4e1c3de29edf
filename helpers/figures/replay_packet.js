// One packet: every field of it, and its bytes. A field and its bytes light up together.
class Packet {
  constructor(signal) {
    this.box = make("section", { class: "packet", "aria-label": "Packet" });
    this.box.addEventListener("mouseover", (event) => this.light(event.target), { signal });
    this.box.addEventListener("mouseleave", () => this.light(null), { signal });
    this.box.addEventListener("click", (event) => this.light(event.target), { signal });
  }

  // Of one that has not ended at this step, the end is not told.
  show(packet, hint, ended) {
    this.marks = [];
    if (!packet) return this.box.replaceChildren(make("p", { class: "hint" }, hint));
    const told = packet.groups.map(([name, fields]) =>
      [name, ended || name !== "wire" ? fields : [...fields.slice(0, 2), ["fate", "on its way", 0, 0]]]);
    const groups = told.map(([name, fields]) => make("div", { class: `group ${name}` }, make("h5", {}, name),
      make("dl", {}, ...fields.map(([title, value, from, to]) => {
        const row = make("div", { class: "field" }, make("dt", {}, title), make("dd", {}, value));
        if (to > from) this.marks.push({ row, from, to, group: name, bytes: [] });
        return row;
      }))));
    this.box.replaceChildren(
      make("header", {}, make("h4", {}, packet.title), make("p", { class: "hint" }, hint)),
      make("div", { class: "inside" }, make("div", { class: "groups" }, ...groups), this.bytes(packet)));
  }

  // Sixteen to a line, as hex and as text.
  bytes({ hex, size }) {
    const values = (hex.match(/../g) || []).map((pair) => parseInt(pair, 16));
    const owners = values.map((_, at) => this.marks.filter((mark) => mark.from <= at && at < mark.to));
    const one = (at, text) => {
      const made = make("b", owners[at].length ? { class: owners[at][0].group } : {}, text);
      owners[at].forEach((mark) => mark.bytes.push(made));
      return made;
    };
    const pre = make("div", { class: "bytes", role: "img", "aria-label": `${size} bytes: ${hex}` });
    for (let at = 0; at < values.length; at += 16) {
      const line = values.slice(at, at + 16);
      pre.append(make("span", { class: "offset" }, at.toString(16).padStart(4, "0") + "  "));
      line.forEach((value, i) => pre.append(one(at + i, value.toString(16).padStart(2, "0")), i === 7 ? "  " : " "));
      pre.append(" ".repeat(3 * (16 - line.length) + (line.length <= 7 ? 1 : 0) + 1));
      line.forEach((value, i) => pre.append(one(at + i, value > 31 && value < 127 ? String.fromCharCode(value) : "\u00b7")));
      pre.append("\n");
    }
    if (size > values.length) pre.append(`and ${size - values.length} more bytes`);
    return pre;
  }

  light(target) {
    for (const { row, bytes } of this.marks || []) {
      const on = !!target && (row.contains(target) || bytes.includes(target));
      for (const each of [row, ...bytes]) each.classList.toggle("lit", on);
    }
    // A byte may belong to two fields, of which the loop has switched one off again.
    for (const { row, bytes } of this.marks || [])
      if (target && row.contains(target)) bytes.forEach((each) => each.classList.add("lit"));
  }
}
