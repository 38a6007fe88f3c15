// The transcript beside the player: one line per sentence, shaded by its importance.

export class Transcript {
  constructor(root, helpers) {
    this.root = root;
    this.helpers = helpers;
    this.lines = [];
    root.onclick = (event) => {
      const line = event.target.closest(".lh-line");
      if (line) helpers.seek(this.sentences[Number(line.dataset.index)].start);
    };
    // A person who scrolls reads elsewhere: the list stays where it was put for a while.
    root.onwheel = root.ontouchmove = () => { this.heldUntil = performance.now() + 5000; };
  }

  show({ sentences, stages }) {
    this.sentences = sentences;
    this.active = this.looks = undefined;
    const { make, clock } = this.helpers;
    this.lines = sentences.map((sentence, index) => {
      const line = make("button", "lh-line");
      line.type = "button";
      line.dataset.index = index;
      line.append(make("span", "lh-line-time", clock(sentence.start)));
      line.append(make("span", "lh-line-text", sentence.text));
      return line;
    });
    this.root.replaceChildren(...this.lines);
    const none = stages.includes("content") ? "No speech was found." : "There is no transcript yet.";
    if (!sentences.length) this.root.append(make("p", "", none));
  }

  update(live) {
    const looks = JSON.stringify([live.scores, live.clips.map((clip) => clip.parts)]);
    if (looks === this.looks) return;
    this.looks = looks;
    const top = Math.max(1e-6, ...live.scores);
    this.lines.forEach((line, index) => {
      const score = Math.max(0, live.scores[index] ?? 0) / top;
      line.style.setProperty("--lh-score", score.toFixed(3));
      const { start, end } = this.sentences[index];
      const middle = (start + end) / 2;
      const kept = live.clips.some((c) => c.parts.some(([a, b]) => a <= middle && middle < b));
      line.classList.toggle("lh-line-kept", kept);
    });
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
    line.classList.add("lh-line-active");
    line.setAttribute("aria-current", "true");
    if (performance.now() < (this.heldUntil ?? 0)) return;
    const target = line.offsetTop - this.root.clientHeight / 2 + line.offsetHeight / 2;
    this.root.scrollTo({ top: target, behavior: "smooth" });
  }
}
