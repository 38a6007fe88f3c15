// One moment of a clip as the settings of the compiler would render it, made by the compiler itself.

import { Composed } from "./composed.js";
import { clock, make } from "./drawing.js";

const ASK_MS = 120;

export class ClipStill {
  constructor(node) {
    Object.assign(this, { settings: {}, clips: [] });
    this.choice = make("select");
    this.choice.onchange = () => this.ask();
    this.at = Object.assign(make("input"), { type: "range", min: 0, max: 1, step: 0.01, value: 0.5 });
    this.at.oninput = () => this.ask();
    this.image = Object.assign(make("img", "lh-composed"), { alt: "A moment of the clip with these settings", hidden: true });
    const caption = make("figcaption", "lh-hint");
    this.said = make("span");
    this.said.setAttribute("role", "status");
    caption.append(this.said);
    const field = (name, input) => { const label = make("label", "", name); label.append(input); return label; };
    const row = make("div", "lh-lab-row lh-composed-choice");
    row.append(field("How clip", this.choice), field("looks at", this.at));
    const figure = make("figure", "lh-composed-figure");
    figure.append(this.image, caption);
    node.replaceChildren(row, figure);
    this.composed = new Composed(this.image, { wait: ASK_MS, say: (text) => this.tell(text) });
  }

  // `settings` are those of the compiler that differ from the run.
  show(clips, settings) {
    const there = clips.filter(({ state }) => state !== "rejected");
    const names = there.map(({ id, title }) => `${id} ${title}`).join();
    if (names !== this.names) {
      this.names = names;
      const chosen = this.choice.value;
      this.choice.replaceChildren(...there.map(({ id, rank, title }) => Object.assign(make("option", "", `${rank}. ${title}`), { value: id })));
      if (there.some(({ id }) => id === chosen)) this.choice.value = chosen;
    }
    this.clips = there;
    this.settings = settings;
    const wanted = this.address();
    if (wanted !== this.wanted) this.ask();
  }

  clip() { return this.clips.find(({ id }) => id === this.choice.value); }

  time() {
    const kept = this.clip().parts.reduce((sum, [start, end]) => sum + end - start, 0);
    return Number(this.at.value) * Math.max(0, kept - 0.1);
  }

  address() {
    if (!this.clip()) return undefined;
    const query = new URLSearchParams({ ...this.settings, t: this.time().toFixed(2) });
    return `/api/v1/clips/${this.clip().id}/still.jpg?${query}`;
  }

  ask() {
    const address = (this.wanted = this.address());
    if (!address) return this.tell("There is no clip to show.");
    this.at.setAttribute("aria-valuetext", `${clock(this.time())} after its beginning`);
    return this.composed.want(() => fetch(address));
  }

  tell(problem) {
    const clip = this.clip();
    this.said.textContent = problem || `Composed with these settings, ${clock(this.time())} after the beginning of clip ${clip.rank}; nothing is stored.`;
  }

  destroy() { this.composed.destroy(); }
}
