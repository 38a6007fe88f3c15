// The transcript beside the player: one line per sentence, shaded by its importance; words that
// are cut out of a clip are struck through.

import { clock, make } from "./drawing.js";

export class Transcript {
  constructor(root, helpers) {
    this.root = root;
    this.helpers = helpers;
    this.lines = [];
    root.onclick = (event) => {
      const line = event.target.closest(".lh-line");
      if (!line || event.target.closest("textarea") || !document.getSelection().isCollapsed) return;
      helpers.seek(this.sentences[Number(line.dataset.index)].start);
    };
    // A person who scrolls reads elsewhere: the list stays where it was put for a while.
    root.onwheel = root.ontouchmove = () => { this.heldUntil = performance.now() + 5000; };
  }

  show({ sentences, stages }) {
    this.sentences = sentences;
    this.active = this.looks = undefined;
    this.lines = sentences.map((sentence, index) => {
      const line = make("div", "lh-line");
      line.setAttribute("role", "listitem");
      line.tabIndex = index ? -1 : 0;
      line.dataset.index = index;
      line.append(make("span", "lh-line-time", clock(sentence.start)));
      line.append(make("span", "lh-line-text", sentence.text));
      return line;
    });
    this.root.replaceChildren(...this.lines);
    const none = stages.includes("content") ? "No speech was found." : "There is no transcript yet.";
    if (!sentences.length) this.root.append(make("p", "", none));
  }

  // The words of a line: where they stand in its text and when they are said. Where the engine
  // tells no times of words, the sentence's time is shared by their letters.
  words(index) {
    const { text, start, end, words = [] } = this.sentences[index];
    const found = [...text.matchAll(/\S+/g)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
    const exact = words.length === 2 * found.length;
    const at = (offset) => start + ((end - start) * offset) / Math.max(1, text.length);
    return found.map(({ from, to }, n) => ({ from, to, start: exact ? words[2 * n] : at(from), end: exact ? words[2 * n + 1] : at(to) }));
  }

  update({ scores, clips }) {
    const looks = JSON.stringify([scores, clips.map((clip) => [clip.parts, clip.state])]);
    if (looks === this.looks) return;
    this.looks = looks;
    const top = Math.max(1e-6, ...scores);
    const there = clips.filter((clip) => clip.state !== "rejected");
    this.lines.forEach((line, index) => {
      const score = Math.max(0, scores[index] ?? 0) / top;
      line.style.setProperty("--lh-score", score.toFixed(3));
      const { start, end } = this.sentences[index];
      const middle = (start + end) / 2;
      const kept = there.some((c) => c.parts.some(([a, b]) => a <= middle && middle < b));
      line.classList.toggle("lh-line-kept", kept);
      this.strike(line, index, there.find((c) => c.parts.length > 1 && c.parts[0][0] < end && c.parts.at(-1)[1] > start));
    });
  }

  strike(line, index, clip) {
    const said = (word) => { const t = (word.start + word.end) / 2; return clip.parts.some(([a, b]) => a <= t && t < b); };
    const inside = (word) => { const t = (word.start + word.end) / 2; return clip.parts[0][0] <= t && t < clip.parts.at(-1)[1]; };
    const gone = clip ? this.words(index).filter((word) => inside(word) && !said(word)) : [];
    const key = gone.map(({ from }) => from).join();
    if ((line.dataset.gone ?? "") === key) return;
    line.dataset.gone = key;
    const { text } = this.sentences[index];
    const place = line.querySelector(".lh-line-text");
    place.replaceChildren();
    let at = 0;
    for (const { from, to } of gone) {
      if (from > at) place.append(text.slice(at, from));
      place.append(make("s", "", text.slice(from, to)));
      at = to;
    }
    place.append(text.slice(at));
  }

  follow(time) {
    let low = 0;
    let high = this.sentences.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sentences[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    if (index === this.active) return;
    this.lines[this.active]?.classList.remove("lh-line-active");
    this.lines[this.active]?.removeAttribute("aria-current");
    this.active = index;
    const line = this.lines[index];
    if (!line) return;
    // One line is in the order of the Tab key: the one that is said.
    for (const other of this.root.querySelectorAll(".lh-line[tabindex='0']")) other.tabIndex = -1;
    line.tabIndex = 0;
    line.classList.add("lh-line-active");
    line.setAttribute("aria-current", "true");
    if (performance.now() < (this.heldUntil ?? 0) || this.root.contains(document.activeElement)) return;
    const target = line.offsetTop - this.root.clientHeight / 2 + line.offsetHeight / 2;
    this.root.scrollTo({ top: target, behavior: "smooth" });
  }
}
