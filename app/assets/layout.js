// The layout editor: stretches of the lecture, each with its kind and its boxes, and a still of the
// clip that follows. What is stored comes back from the server, which alone decides what is seen.

import { Composed } from "./composed.js";
import { clock } from "./drawing.js";
import { Frame } from "./frame.js";
import { LayoutStore } from "./layoutstore.js";
import { Shape } from "./shape.js";
import { Still } from "./still.js";
import { NEEDED, bare, showStretches } from "./stretches.js";

const SIDES = ["x", "y", "w", "h"];
const LEAST_S = 0.2;
const LEAST_PX = 16;
const COMPOSE_MS = 300;

class Editor {
  constructor(root) {
    Object.assign(this, { root, at: 0, edits: 0 });
    this.find = (name) => root.querySelector(`.lh-${name}`);
    this.video = this.find("frame-video");
    this.frame = new Frame(root, { say: (text) => this.say(text), changed: (...change) => this.setBox(...change) });
    this.storage = new LayoutStore(this);
    this.shape = new Shape(this.find("shape"), () => this.show());
    this.still = new Still(this.find("still"), this.video, (region) => this.compose(region));
    this.composed = new Composed(this.find("composed"), { wait: COMPOSE_MS, say: (text) => { if (text) this.say(text); } });
    this.wire();
  }

  wire() {
    const click = (name, act) => { this.find(name).onclick = act; };
    click("split", () => this.split());
    click("join", () => this.join());
    click("found", () => this.asFound(false));
    click("all-found", () => this.asFound(true));
    click("back", () => this.storage.undo());
    click("again", () => this.storage.redo());
    click("draw-screen", () => this.frame.draw("screen"));
    click("draw-camera", () => this.frame.draw("camera"));
    click("render", () => this.setTrigger("render", { shape: this.shape.values() }));
    click("earlier", () => this.seek(this.video.currentTime - 1 / this.data.fps));
    click("later", () => this.seek(this.video.currentTime + 1 / this.data.fps));
    this.find("at").oninput = (event) => this.seek(Number(event.target.value));
    this.find("kind").onchange = (event) => this.setKind(event.target.value);
    this.find("from").onchange = (event) => this.setStart(Number(event.target.value));
    this.find("to").onchange = (event) => this.setEnd(Number(event.target.value));
    for (const input of this.root.querySelectorAll("[data-side-of]")) input.onchange = () => this.typed(input.dataset.sideOf);
    this.root.onkeydown = (event) => this.key(event);
    this.video.addEventListener("seeked", () => this.arrived());
  }

  // --- coming and going ---------------------------------------------------------------------------

  async load(data) {
    this.page = data;
    if (this.loaded === data.address) return;
    this.loaded = data.address;
    const answer = await fetch(data.address).catch(() => null);
    if (!answer?.ok) {
      this.loaded = undefined;
      this.say((await answer?.json().catch(() => null))?.detail ?? "The layout could not be loaded; reload the page to try again.");
      return;
    }
    this.shape.show(data.fields);
    this.video.src = data.video;
    this.video.currentTime = data.time ?? 0;
    this.take(await answer.json());
    this.root.dataset.ready = "true";
  }

  // The server's answer is the truth: stretches, which of them are corrected, clips that follow.
  take(data) {
    this.data = data;
    this.storage.stored = this.mine();
    this.still.size = data;
    this.at = Math.min(this.at, data.regions.length - 1);
    Object.assign(this.find("at"), { max: data.duration, step: 1 / Math.max(1, data.fps) });
    this.follow();
    this.list();
    this.show();
    this.tellClips();
  }

  region() {
    return this.data.regions[this.at];
  }

  mine() {
    return this.data.regions.filter((region) => region.mine).map(bare);
  }

  // Each change is stored at once and can be taken back; keys held down are stored when they rest.
  changed({ later = false } = {}) {
    this.edits += 1;
    this.still.follow(bare(this.region()));
    this.show();
    this.list();
    if (later) this.storage.storeLater();
    else this.store(this.mine());
  }

  store(mine) { return this.storage.store(mine); }

  // --- changes --------------------------------------------------------------------------------------

  alter(change, options) {
    Object.assign(this.region(), change, { mine: true });
    this.changed(options);
  }

  setBox(name, box, done) {
    const region = this.region();
    this.edits += 1;
    Object.assign(region, { [name]: box, mine: true });
    if (!NEEDED[region.kind].includes(name)) region.kind = "picture_in_picture";
    if (done) this.changed({ later: true });
    else {
      this.frame.show(this.data, bare(region));
      this.still.follow(bare(region));
      this.finish(JSON.stringify([bare(region), this.shape.values()]));
      this.numbers();
    }
  }

  setKind(kind) {
    const { width, height } = this.data;
    const region = this.region();
    const boxes = { screen: region.screen ?? [0, 0, width, height], camera: region.camera ?? [Math.round(width * 0.72), Math.round(height * 0.7), Math.round(width * 0.26), Math.round(height * 0.27)] };
    if (kind === "camera_only" && !region.camera) boxes.camera = [0, 0, width, height];
    this.alter({ kind, ...boxes });
  }

  typed(name) {
    const box = SIDES.map((side) => Math.round(Number(this.find(`${name}-${side}`).value)));
    const { width, height } = this.data;
    const [x, y, w, h] = box;
    const inside = Math.min(x, y) >= 0 && Math.min(w, h) >= LEAST_PX && x + w <= width && y + h <= height;
    if (inside) this.alter({ [name]: box });
    else this.refuse(`A box of ${w} x ${h} at ${x}, ${y} leaves the picture of ${width} x ${height} pixels, or is smaller than ${LEAST_PX}.`);
  }

  // A border belongs to the stretches on both sides of it.
  setStart(time) {
    const [before, region] = [this.data.regions[this.at - 1], this.region()];
    if (!before || !(time >= before.start + LEAST_S && time <= region.end - LEAST_S)) return this.refuse("A stretch keeps at least 0.2 s, and the first begins with the lecture.");
    Object.assign(before, { end: time, mine: true });
    return this.alter({ start: time });
  }

  setEnd(time) {
    const [after, region] = [this.data.regions[this.at + 1], this.region()];
    if (!after || !(time <= after.end - LEAST_S && time >= region.start + LEAST_S)) return this.refuse("A stretch keeps at least 0.2 s, and the last ends with the lecture.");
    Object.assign(after, { start: time, mine: true });
    return this.alter({ end: time });
  }

  split() {
    const { regions } = this.data;
    const [time, region] = [this.video.currentTime, this.region()];
    if (time < region.start + LEAST_S || time > region.end - LEAST_S) return this.refuse("Go to a time inside the stretch first, at least 0.2 s from its ends.");
    regions.splice(this.at, 1, { ...region, end: time, mine: true }, { ...region, start: time, mine: true });
    this.at += 1;
    return this.changed();
  }

  join() {
    const { regions } = this.data;
    const after = regions[this.at + 1];
    if (!after) return this.refuse("This is the last stretch; there is none to join it with.");
    regions.splice(this.at + 1, 1);
    return this.alter({ end: after.end });
  }

  // What the agent proposes is always there: taking a correction away brings it back.
  asFound(everywhere) {
    const { start } = this.region();
    this.store(everywhere ? [] : this.mine().filter((region) => region.start !== start));
  }

  refuse(why) {
    this.show();
    this.say(why);
  }

  // --- showing ----------------------------------------------------------------------------------------

  seek(time) {
    const last = this.data.duration - 0.04;
    this.video.currentTime = Math.min(Math.max(0, time), last);
    this.follow();
  }

  arrived() {
    if (!this.data) return;
    this.follow();
    this.list();
    this.show();
  }

  // The stretch that is edited is the one under the frame that is shown.
  follow() {
    const time = this.video.currentTime + 1e-3;
    const at = this.data.regions.findIndex((region) => time >= region.start && time < region.end);
    if (at >= 0) this.at = at;
    this.find("at").value = this.video.currentTime;
    const said = `${clock(this.video.currentTime)} of ${clock(this.data.duration)}`;
    this.find("at").setAttribute("aria-valuetext", said);
    this.find("frame-time").textContent = said;
  }

  list() { showStretches(this.find("stretches"), this.data, this.at, (time) => this.seek(time)); }

  show() {
    const region = this.region();
    if (!region) return;
    this.frame.show(this.data, bare(region));
    this.numbers();
    this.find("kind").value = region.kind;
    this.find("from").value = region.start.toFixed(2);
    this.find("to").value = region.end.toFixed(2);
    this.find("from").disabled = this.at === 0;
    this.find("to").disabled = this.find("join").disabled = this.at + 1 === this.data.regions.length;
    for (const name of ["screen", "camera"]) this.find(`${name}-fields`).hidden = !NEEDED[region.kind].includes(name);
    this.find("found").disabled = !region.mine;
    this.find("all-found").disabled = !this.data.regions.some((one) => one.mine);
    this.find("back").disabled = !this.storage.past.length;
    this.find("again").disabled = !this.storage.future.length;
    const key = JSON.stringify([bare(region), this.shape.values()]);
    if (key !== this.drawn) {
      this.drawn = key;
      this.still.follow(bare(region));
    }
    this.finish(key);
  }

  numbers() {
    for (const name of ["screen", "camera"]) {
      const box = this.region()[name];
      SIDES.forEach((side, index) => { this.find(`${name}-${side}`).value = box ? box[index] : ""; });
    }
  }

  tellClips() {
    const { clips } = this.data;
    const names = clips.map((clip) => clip.rank).join(", ");
    this.find("clips-changed").textContent = clips.length
      ? `Rendering again changes clip ${names}; the other clips stay as they are.`
      : "No clip of this run looks different for the corrections.";
  }

  async compose(region) {
    const answer = await this.post("composed", "", { region, shape: this.shape.values() });
    if (!answer.ok) return this.say((await answer.json()).detail);
    return answer.json();
  }

  // The canvas follows the hand; when it rests, the compiler's own picture takes its place.
  finish(key) {
    const wanted = `${key} ${this.video.currentTime}`;
    if (wanted === this.finished) return;
    this.finished = wanted;
    const body = { regions: this.mine(), shape: this.shape.values() };
    const time = Math.min(this.video.currentTime, this.data.duration - 0.05);
    this.composed.want(() => this.post("still.jpg", `&t=${time.toFixed(2)}`, body));
  }

  post(what, more, body) {
    const [path, query = ""] = this.page.address.split("?");
    const headers = { "content-type": "application/json" };
    return fetch(`${path}/${what}?${query}${more}`, { method: "POST", headers, body: JSON.stringify(body) });
  }

  key(event) {
    if (event.key === "Escape") this.frame.draw(null);
    if (!event.ctrlKey || event.key.toLowerCase() !== "z") return;
    if (event.target.matches("input:not([type=range])")) return;
    event.preventDefault();
    if (event.shiftKey) this.storage.redo();
    else this.storage.undo();
  }

  say(text) {
    this.find("layout-status").textContent = text;
  }

  destroy() {
    this.storage.finish();
    this.frame.destroy();
    this.composed.destroy();
    this.video.removeAttribute("src");
    this.video.load();
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-layouts");
  const editor = (root.lhEditor ??= new Editor(root));
  editor.setTrigger = setTriggerValue;
  editor.load(data);
  return () => {
    editor.destroy();
    root.lhEditor = null;
  };
}
