// The layout at the frame that is shown: boxes over the picture, and kind and certainty in words.

import { clock, make } from "./drawing.js";

const KINDS = {
  screen_only: "Screen only, no camera", camera_only: "Camera only, no screen",
  picture_in_picture: "Camera inside the screen", side_by_side: "Screen and camera side by side",
};
const NAMES = { screen: "Screen", camera: "Camera" };
const SHOWN = "lh-boxes";
const LABEL_SHARE = 0.08;
// Half a millisecond: a frame that begins a region may be named a rounding error earlier.
const ROUNDING_S = 5e-4;
// A picture further from the playhead is not the one shown: frames are not told while out of view.
const STALE_S = 0.5;

export class Boxes {
  constructor(root, video) {
    Object.assign(this, { video, layouts: [] });
    this.layer = root.querySelector(".lh-boxes");
    this.words = root.querySelector(".lh-layout");
    this.button = root.querySelector(".lh-show-boxes");
    this.button.onclick = () => this.toggle();
    this.say(localStorage.getItem(SHOWN) !== "no");
    this.video.addEventListener("emptied", () => { this.frame = undefined; });
    this.watch();
  }

  // A browser tells of each frame as it comes on screen, also of the one that a seek ends at.
  watch() {
    this.video.requestVideoFrameCallback?.((_, frame) => {
      if (this.gone) return;
      this.frame = frame.mediaTime;
      this.at(frame.mediaTime);
      this.watch();
    });
  }

  show({ layouts, width, height }) {
    Object.assign(this, { layouts, width, height, region: undefined });
    this.draw();
    this.place();
    this.follow(this.video.currentTime);
  }

  follow(time) {
    if (this.video.seeking && this.frame !== undefined) return;
    const told = this.frame !== undefined && Math.abs(time - this.frame) < STALE_S;
    this.at(told ? this.frame : time);
  }

  at(time) {
    const now = time + ROUNDING_S;
    const { region } = this;
    if (region && region.start <= now && now < region.end) return;
    const next = this.layouts.find((r) => r.start <= now && now < r.end) ?? (region && now >= region.end ? region : undefined);
    if (next === region) return;
    this.region = next;
    this.draw();
  }

  draw() {
    const { region } = this;
    this.words.textContent = this.describe(region);
    this.layer.replaceChildren(...Object.keys(NAMES).filter((name) => region?.[name]).map((name) => this.box(name, region[name])));
  }

  describe(region) {
    if (!this.layouts.length) return "Layout not known yet";
    if (!region) return "";
    const sure = Math.round(region.confidence * 100);
    return `${KINDS[region.kind]}, ${sure} % sure (${clock(region.start)} - ${clock(region.end)})`;
  }

  box(name, [x, y, w, h]) {
    // The label stands above its box where there is room: inside it would hide a small camera.
    const below = y > this.height * LABEL_SHARE;
    const node = make("div", `lh-box lh-box-${name}${below ? " lh-box-below" : ""}`);
    node.append(make("span", "lh-box-label", NAMES[name]));
    const share = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(node.style, { left: share(x, this.width), top: share(y, this.height), width: share(w, this.width), height: share(h, this.height) });
    return node;
  }

  // Boxes are in source pixels; the picture may be letterboxed inside the element.
  place() {
    if (!this.width) return;
    const area = this.video.getBoundingClientRect();
    const stage = this.layer.offsetParent?.getBoundingClientRect() ?? area;
    const scale = Math.min(area.width / this.width, area.height / this.height);
    const [width, height] = [this.width * scale, this.height * scale];
    const left = area.left - stage.left + (area.width - width) / 2;
    const top = area.top - stage.top + (area.height - height) / 2;
    Object.assign(this.layer.style, { width: `${width}px`, height: `${height}px`, left: `${left}px`, top: `${top}px` });
  }

  toggle() {
    const shown = this.layer.hidden;
    localStorage.setItem(SHOWN, shown ? "yes" : "no");
    this.say(shown);
    this.place();
  }

  say(shown) {
    this.layer.hidden = !shown;
    this.button.setAttribute("aria-pressed", String(shown));
  }

  destroy() {
    this.gone = true;
  }
}
