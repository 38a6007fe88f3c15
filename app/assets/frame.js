// A frame of the lecture with the boxes of one stretch over it: drawn, dragged, resized, by pointer
// and by key. Boxes are [x, y, w, h] in pixels of the source.

import { make } from "./drawing.js";

const NAMES = { screen: "Screen", camera: "Camera" };
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const LEAST = 16;
const STEP = 1;
const BIG_STEP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const within = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

export class Frame {
  // `changed(name, box, done)` hears every step of a drag, and `done` at its end.
  constructor(root, { changed, say }) {
    Object.assign(this, { changed, say, boxes: {} });
    this.video = root.querySelector(".lh-frame-video");
    this.layer = root.querySelector(".lh-frame-boxes");
    this.sizes = new ResizeObserver(() => this.place());
    this.sizes.observe(this.video);
    this.video.addEventListener("loadedmetadata", () => this.place());
    this.layer.addEventListener("pointerdown", (event) => this.down(event));
    this.layer.addEventListener("keydown", (event) => this.key(event));
  }

  show({ width, height }, region) {
    Object.assign(this, { width, height });
    const boxes = Object.fromEntries(Object.keys(NAMES).filter((name) => region[name]).map((name) => [name, region[name]]));
    if (Object.keys(boxes).join() !== Object.keys(this.boxes).join()) this.build(boxes);
    this.boxes = boxes;
    this.place();
    for (const name of Object.keys(boxes)) this.put(name);
  }

  build(boxes) {
    this.nodes = Object.fromEntries(Object.keys(boxes).map((name) => {
      const node = make("div", `lh-box lh-edit lh-box-${name}`);
      Object.assign(node, { tabIndex: 0 });
      node.dataset.box = name;
      node.setAttribute("role", "application");
      node.setAttribute("aria-roledescription", "movable box");
      node.setAttribute("aria-describedby", "lh-frame-how");
      node.append(make("span", "lh-box-label", NAMES[name]));
      for (const side of HANDLES) {
        const handle = make("span", `lh-handle lh-handle-${side}`);
        handle.dataset.side = side;
        node.append(handle);
      }
      return [name, node];
    }));
    this.layer.replaceChildren(...Object.values(this.nodes));
  }

  put(name) {
    const [x, y, w, h] = this.boxes[name];
    const share = (part, whole) => `${(100 * part) / whole}%`;
    const node = this.nodes[name];
    Object.assign(node.style, { left: share(x, this.width), top: share(y, this.height), width: share(w, this.width), height: share(h, this.height) });
    node.setAttribute("aria-label", `${NAMES[name]} box, ${w} by ${h} pixels at ${x}, ${y}`);
  }

  // The picture may be letterboxed inside the element: the layer covers the picture alone.
  place() {
    if (!this.width) return;
    const [width, height] = [this.video.clientWidth, this.video.clientHeight];
    this.scale = Math.min(width / this.width, height / this.height);
    const [w, h] = [this.width * this.scale, this.height * this.scale];
    Object.assign(this.layer.style, { width: `${w}px`, height: `${h}px`, left: `${(width - w) / 2}px`, top: `${(height - h) / 2}px` });
  }

  at(event) {
    const area = this.layer.getBoundingClientRect();
    const whole = (value, most) => within(Math.round(value / this.scale), 0, most);
    return [whole(event.clientX - area.left, this.width), whole(event.clientY - area.top, this.height)];
  }

  // The next drag on the picture draws this box anew.
  draw(name) {
    this.drawing = name;
    this.layer.classList.toggle("lh-drawing", Boolean(name));
    if (name) this.say(`Drag over the ${name} in the picture. Escape leaves it as it is.`);
  }

  down(event) {
    const node = event.target.closest("[data-box]");
    if (event.button || !(this.drawing || node)) return;
    event.preventDefault();
    const name = this.drawing ?? node.dataset.box;
    const side = this.drawing ? "se" : event.target.dataset.side;
    const from = this.at(event);
    const start = this.drawing ? [...from, 0, 0] : [...this.boxes[name]];
    const drawn = Boolean(this.drawing);
    this.layer.setPointerCapture(event.pointerId);
    if (!drawn) node.focus();
    let box = start;
    this.layer.onpointermove = (moved) => {
      const [x, y] = this.at(moved);
      box = drawn ? this.spanned(from, [x, y]) : this.moved(start, side, x - from[0], y - from[1]);
      this.changed(name, box, false);
    };
    this.layer.onpointerup = this.layer.onpointercancel = () => {
      this.layer.onpointermove = this.layer.onpointerup = this.layer.onpointercancel = null;
      this.draw(null);
      if (box !== start) this.changed(name, box, true);
    };
  }

  spanned([x0, y0], [x1, y1]) {
    const [w, h] = [Math.max(LEAST, Math.abs(x1 - x0)), Math.max(LEAST, Math.abs(y1 - y0))];
    return [within(Math.min(x0, x1), 0, this.width - w), within(Math.min(y0, y1), 0, this.height - h), w, h];
  }

  // Without a side the whole box moves; a side or a corner moves with the opposite one held.
  moved([x, y, w, h], side, dx, dy) {
    if (!side) return [within(x + dx, 0, this.width - w), within(y + dy, 0, this.height - h), w, h];
    let [left, top, right, bottom] = [x, y, x + w, y + h];
    if (side.includes("w")) left = within(left + dx, 0, right - LEAST);
    if (side.includes("e")) right = within(right + dx, left + LEAST, this.width);
    if (side.includes("n")) top = within(top + dy, 0, bottom - LEAST);
    if (side.includes("s")) bottom = within(bottom + dy, top + LEAST, this.height);
    return [left, top, right - left, bottom - top];
  }

  key(event) {
    const name = event.target.dataset?.box;
    if (!name || !ARROWS[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? BIG_STEP : STEP;
    const [dx, dy] = ARROWS[event.key].map((way) => way * step);
    const box = this.moved(this.boxes[name], event.ctrlKey ? "se" : undefined, dx, dy);
    this.changed(name, box, true);
    const [x, y, w, h] = box;
    this.say(`${NAMES[name]}: ${w} by ${h} at ${x}, ${y}`);
  }

  destroy() {
    this.sizes.disconnect();
  }
}
