// The highlight reel: its passages as a row of buttons, and a way to see them one after another.

import { clock, make } from "./drawing.js";

// The picture shown at a time may have begun a frame earlier: ten a second is the slowest we meet.
const FRAME_S = 0.1;

export class Reel {
  constructor(root, helpers) {
    Object.assign(this, { root: root.querySelector(".lh-reel"), helpers });
    this.list = this.root.querySelector(".lh-reel-list");
    this.passages = [];
    this.root.querySelector(".lh-play-reel").onclick = () => this.play();
  }

  show(passages) {
    const { seek } = this.helpers;
    this.passages = passages;
    this.root.hidden = !passages.length;
    const seconds = passages.reduce((sum, passage) => sum + passage.duration, 0);
    this.root.querySelector(".lh-reel-length").textContent = clock(Math.round(seconds));
    this.nodes = passages.map((passage) => {
      const node = make("button", "lh-passage");
      node.type = "button";
      node.append(make("span", "lh-passage-time", clock(passage.start)), ` ${passage.title}`);
      node.title = `${Math.round(passage.duration)} s. ${passage.reason}\n“${passage.quote}”`;
      node.onclick = () => seek(passage.start);
      return node;
    });
    this.list.replaceChildren(...this.nodes.map((node) => {
      const item = make("li");
      item.append(node);
      return item;
    }));
    this.current = undefined;
  }

  play() {
    if (this.passages.length) this.helpers.play(this.passages.flatMap((passage) => passage.parts));
  }

  follow(time) {
    const at = this.passages.findIndex(
      (passage) => passage.start - FRAME_S <= time && time < passage.end - FRAME_S,
    );
    if (at === this.current) return;
    this.nodes[this.current]?.removeAttribute("aria-current");
    this.nodes[at]?.setAttribute("aria-current", "true");
    this.current = at;
  }
}
