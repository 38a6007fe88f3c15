// The transcript of the notebook: a click on a sentence marks it as important, or takes it off.

import { clock, make } from "./drawing.js";

export class MarkedLines {
  // `mark(start, end, is)` stores what a click wants.
  constructor(details, mark) {
    Object.assign(this, { details, mark, sentences: [], marks: [] });
    this.list = details.querySelector(".lh-lab-sentences");
    details.ontoggle = () => this.draw();
  }

  show(sentences, marks) {
    Object.assign(this, { sentences, marks });
    this.details.open = false;
    this.draw();
  }

  draw() {
    const shown = this.details.open ? this.sentences : [];
    this.list.replaceChildren(...shown.map((sentence) => this.line(sentence)));
    this.tell(this.marks);
  }

  line({ start, end, text }) {
    const line = make("button", "lh-line");
    line.type = "button";
    line.append(make("span", "lh-line-time", clock(start)), make("span", "", text));
    line.onclick = () => this.mark(start, end, line.getAttribute("aria-pressed") !== "true");
    return line;
  }

  tell(marks) {
    this.marks = marks;
    [...this.list.children].forEach((line, i) => {
      const { start, end } = this.sentences[i];
      const is = marks.some(([from, to]) => from <= start + 0.01 && end - 0.01 <= to);
      line.setAttribute("aria-pressed", String(is));
    });
  }
}
