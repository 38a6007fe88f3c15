// The layout editor: stretches of the lecture, each with its kind and its boxes, and a still of the
// clip that follows. What is stored comes back from the server, which alone decides what is seen.

const KINDS = {
  screen_only: "Screen only", camera_only: "Camera only",
  picture_in_picture: "Camera inside the screen", side_by_side: "Screen and camera side by side",
};
const NEEDED = { screen_only: ["screen"], camera_only: ["camera"], picture_in_picture: ["screen", "camera"], side_by_side: ["screen", "camera"] };
const SIDES = ["x", "y", "w", "h"];
const LEAST_S = 0.2;
const LEAST_PX = 16;
const SAVE_MS = 500;
const COMPOSE_MS = 300;

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const bare = ({ start, end, kind, screen, camera }) => ({ start, end, kind, screen: NEEDED[kind].includes("screen") ? screen : null, camera: NEEDED[kind].includes("camera") ? camera : null });

class Editor {
  constructor(root, { Frame, Still, Composed, make, clock }) {
    Object.assign(this, { root, make, clock, past: [], future: [], at: 0, edits: 0 });
    this.find = (name) => root.querySelector(`.lh-${name}`);
    this.video = this.find("frame-video");
    this.frame = new Frame(root, { make, say: (text) => this.say(text), changed: (...change) => this.setBox(...change) });
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
    click("back", () => this.travel(this.past, this.future));
    click("again", () => this.travel(this.future, this.past));
    click("draw-screen", () => this.frame.draw("screen"));
    click("draw-camera", () => this.frame.draw("camera"));
    click("render", () => this.setTrigger("render", { shape: this.shape() }));
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
    this.fields();
    this.video.src = data.video;
    this.video.currentTime = data.time ?? 0;
    this.take(await answer.json());
    this.root.dataset.ready = "true";
  }

  // The server's answer is the truth: stretches, which of them are corrected, clips that follow.
  take(data) {
    this.data = data;
    this.stored = data.regions.filter((region) => region.mine).map(bare);
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
    clearTimeout(this.timer);
    if (later) this.timer = setTimeout(() => this.store(this.mine()), SAVE_MS);
    else this.store(this.mine());
  }

  store(mine, { remember = true } = {}) {
    clearTimeout(this.timer);
    this.queue = (this.queue ?? Promise.resolve()).then(() => this.put(mine, remember));
    return this.queue;
  }

  async put(mine, remember) {
    const [before, edits] = [this.stored, this.edits];
    if (same(mine, before)) return;
    const body = JSON.stringify({ version: this.data.version, regions: mine });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(this.page.address, { method: "PUT", headers, body }).catch(() => null);
    if (answer?.ok) {
      if (remember) {
        this.past.push(before);
        this.future.length = 0;
      }
      const stored = await answer.json();
      // What was changed meanwhile is on its way and must not jump back.
      if (edits === this.edits) this.take(stored);
      else Object.assign(this, { stored: mine, data: { ...this.data, version: stored.version } });
      this.say("Stored.");
      return;
    }
    const why = (await answer?.json().catch(() => null))?.detail ?? "The change was not stored: the server does not answer.";
    const now = await fetch(this.page.address).catch(() => null);
    if (now?.ok) this.take(await now.json());
    this.say(why);
  }

  travel(from, to) {
    const mine = from.pop();
    if (!mine) return;
    to.push(this.stored);
    this.store(mine, { remember: false });
  }

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
      this.finish(JSON.stringify([bare(region), this.shape()]));
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
    const said = `${this.clock(this.video.currentTime)} of ${this.clock(this.data.duration)}`;
    this.find("at").setAttribute("aria-valuetext", said);
    this.find("frame-time").textContent = said;
  }

  list() {
    const items = this.data.regions.map((region, index) => {
      const button = this.make("button", "lh-stretch");
      button.type = "button";
      button.dataset.kind = region.kind;
      button.style.flexGrow = String(Math.max(0.02, (region.end - region.start) / this.data.duration));
      button.append(this.make("span", "lh-stretch-time", `${this.clock(region.start)} - ${this.clock(region.end)}`));
      button.append(this.make("span", "lh-stretch-kind", KINDS[region.kind]));
      button.append(this.make("span", "lh-stretch-whose", region.mine ? "yours" : `found, ${Math.round(region.confidence * 100)} % sure`));
      if (index === this.at) button.setAttribute("aria-current", "true");
      button.onclick = () => this.seek((region.start + region.end) / 2);
      const item = this.make("li");
      item.style.flexGrow = button.style.flexGrow;
      item.append(button);
      return item;
    });
    const place = this.find("stretches");
    const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
    place.replaceChildren(...items);
    if (focused >= 0) items[Math.min(focused, items.length - 1)].firstChild.focus();
  }

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
    this.find("back").disabled = !this.past.length;
    this.find("again").disabled = !this.future.length;
    const key = JSON.stringify([bare(region), this.shape()]);
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

  // How screen and camera are arranged: fields made from the declarations of the compiler.
  fields() {
    const place = this.find("shape");
    place.replaceChildren(...this.page.fields.map((field) => {
      const label = this.make("label", "lh-field", field.label);
      const input = this.make(field.choices.length ? "select" : "input");
      if (field.choices.length) input.append(...field.choices.map((name) => Object.assign(this.make("option", "", name.replaceAll("_", " ")), { value: name })));
      else Object.assign(input, { type: "range", min: field.low, max: field.high, step: field.step });
      input.value = field.value;
      input.dataset.name = field.name;
      input.title = field.help;
      input.oninput = () => this.show();
      label.append(input);
      return label;
    }));
  }

  shape() {
    return Object.fromEntries([...this.find("shape").querySelectorAll("[data-name]")].map((input) => [input.dataset.name, input.type === "range" ? Number(input.value) : input.value]));
  }

  async compose(region) {
    const answer = await this.post("composed", "", { region, shape: this.shape() });
    if (!answer.ok) return this.say((await answer.json()).detail);
    return answer.json();
  }

  // The canvas follows the hand; when it rests, the compiler's own picture takes its place.
  finish(key) {
    const wanted = `${key} ${this.video.currentTime}`;
    if (wanted === this.finished) return;
    this.finished = wanted;
    const body = { regions: this.mine(), shape: this.shape() };
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
    if (event.shiftKey) this.travel(this.future, this.past);
    else this.travel(this.past, this.future);
  }

  say(text) {
    this.find("layout-status").textContent = text;
  }

  destroy() {
    if (this.timer) this.store(this.mine());
    this.frame.destroy();
    this.composed.destroy();
    this.video.removeAttribute("src");
    this.video.load();
  }
}

export default async function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-layouts");
  const part = (name) => import(new URL(data.modules[name], document.baseURI).href);
  root.lhParts ??= Promise.all([part("drawing"), part("frame"), part("still"), part("composed")]);
  const [drawing, { Frame }, { Still }, { Composed }] = await root.lhParts;
  const editor = (root.lhEditor ??= new Editor(root, { ...drawing, Frame, Still, Composed }));
  editor.setTrigger = setTriggerValue;
  editor.load(data);
  return () => {
    editor.destroy();
    root.lhEditor = null;
  };
}
