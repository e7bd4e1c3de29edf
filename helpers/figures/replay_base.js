// What the parts of a replay share. The files replay_*.js and replay.js are read in this order as
// one ES module, for a widget has one: base, picture, hosts, packet, replay.
const SVG = "http://www.w3.org/2000/svg";
const DRAWN = ["svg", "path", "rect", "line", "circle", "g"];

function make(tag, attributes = {}, ...children) {
  const made = DRAWN.includes(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
