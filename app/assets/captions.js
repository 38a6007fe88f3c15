// Editing through the transcript: words that are selected are cut out of a clip, put back, or
// become a clip; a line is corrected where it stands.

import { make } from "./drawing.js";

export class Captions {
  constructor(root, transcript, deck) {
    Object.assign(this, { root, transcript, deck, picked: null });
    this.bar = root.querySelector(".lh-pick");
    const on = (name, action) => { this.bar.querySelector(`.lh-pick-${name}`).onclick = action; };
    on("make", () => this.make());
    on("cut", () => this.change("cut"));
    on("fill", () => this.change("fill"));
    on("fix", () => this.fix(this.picked?.lines[0]));
    this.away = new AbortController();
    const { signal } = this.away;
    document.addEventListener("selectionchange", () => this.read(), { signal });
    transcript.root.addEventListener("dblclick", (event) => this.fix(event.target.closest(".lh-line")), { signal });
    transcript.root.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  // Which words are selected, as a stretch of the lecture.
  read() {
    const selection = document.getSelection();
    const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    const lines = range ? this.transcript.lines.filter((line) => range.intersectsNode(line.querySelector(".lh-line-text"))) : [];
    if (!lines.length || !this.transcript.root.contains(range.commonAncestorContainer)) return this.show(null);
    const first = this.offset(lines[0], range.startContainer, range.startOffset, 0);
    const last = this.offset(lines.at(-1), range.endContainer, range.endOffset, Infinity);
    const start = this.wordAt(lines[0], first, true);
    const end = this.wordAt(lines.at(-1), last, false);
    return this.show(start < end ? { start, end, lines } : null);
  }

  offset(line, node, at, otherwise) {
    const text = line.querySelector(".lh-line-text");
    if (!text.contains(node)) return otherwise;
    const range = document.createRange();
    range.selectNodeContents(text);
    range.setEnd(node, at);
    return range.toString().length;
  }

  // Where the stretch begins or ends that has the word at a character: half way to its neighbour.
  wordAt(line, offset, begins) {
    const words = this.transcript.words(Number(line.dataset.index));
    let at = begins ? words.findIndex(({ to }) => to > offset) : words.findLastIndex(({ from }) => from < offset);
    if (at < 0) at = begins ? words.length - 1 : 0;
    const index = Number(line.dataset.index);
    const near = begins
      ? words[at - 1]?.end ?? this.transcript.sentences[index - 1]?.end
      : words[at + 1]?.start ?? this.transcript.sentences[index + 1]?.start;
    const edge = begins ? words[at].start : words[at].end;
    if (near === undefined) return edge;
    const middle = (edge + near) / 2;
    return begins ? Math.max(middle, edge - 0.2) : Math.min(middle, edge + 0.2);
  }

  show(picked) {
    this.picked = picked;
    this.bar.hidden = !picked;
    if (!picked) return;
    const clip = this.clip();
    const inside = clip?.parts.some(([a, b]) => a < picked.end && b > picked.start);
    this.bar.querySelector(".lh-pick-cut").disabled = !inside || clip.locked;
    this.bar.querySelector(".lh-pick-fill").disabled = !clip || clip.locked || !gaps(clip).some(([a, b]) => a < picked.end && b > picked.start);
    this.bar.querySelector(".lh-pick-make").disabled = Boolean(clip && clip.state !== "rejected");
    this.bar.querySelector(".lh-pick-fix").disabled = picked.lines.length > 1;
  }

  // The clip that the words belong to, the selected one first.
  clip() {
    const { clips } = this.deck.data.live;
    const around = ({ parts }) => parts[0][0] < this.picked.end && parts.at(-1)[1] > this.picked.start;
    const selected = this.deck.clip();
    return selected && around(selected) ? selected : clips.find((clip) => clip.state !== "rejected" && around(clip));
  }

  change(op) {
    if (!this.picked) return false;
    const clip = this.clip();
    if (!clip) return false;
    this.deck.edits.send(op, { clip_id: clip.id, start: this.picked.start, end: this.picked.end });
    document.getSelection().removeAllRanges();
    return true;
  }

  make() {
    if (!this.picked) return false;
    this.deck.edits.send("create", { start: this.picked.start, end: this.picked.end });
    document.getSelection().removeAllRanges();
    return true;
  }

  key(event) {
    const line = event.target.closest(".lh-line");
    if (!line || event.target.closest("textarea")) return;
    const index = Number(line.dataset.index);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const next = this.transcript.lines[index + (event.key === "ArrowUp" ? -1 : 1)];
      if (!next) return;
      if (event.shiftKey) this.extend(line, next);
      else document.getSelection().removeAllRanges();
      next.focus();
    } else if (event.key === "F2") this.fix(line);
    else if (event.key === "Enter") this.deck.seek(this.transcript.sentences[index].start);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Whole lines, for those who select by key.
  extend(line, next) {
    const selection = document.getSelection();
    const [from, to] = [line, next].map((one) => one.querySelector(".lh-line-text"));
    if (selection.isCollapsed) this.anchor = from;
    const back = this.anchor.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_PRECEDING;
    const [first, last] = back ? [to, this.anchor] : [this.anchor, to];
    selection.setBaseAndExtent(first, 0, last, last.childNodes.length);
  }

  // Enter stores the line, Escape leaves it as it was.
  fix(line) {
    if (!line || line.querySelector("textarea")) return;
    const sentence = this.transcript.sentences[Number(line.dataset.index)];
    const text = line.querySelector(".lh-line-text");
    const field = make("textarea", "lh-line-field");
    field.value = sentence.text;
    field.maxLength = 500;
    field.setAttribute("aria-label", "Correct this line; Enter stores it");
    const done = (keep) => {
      field.onblur = null;
      field.remove();
      text.hidden = false;
      const value = field.value.trim();
      if (keep && value && value !== sentence.text) this.deck.edits.send("caption", { start: sentence.start, text: value, was: sentence.text });
      line.focus();
    };
    field.onblur = () => done(true);
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); done(true); }
      if (event.key === "Escape") done(false);
    };
    text.hidden = true;
    line.append(field);
    field.focus();
    document.getSelection().removeAllRanges();
  }

  destroy() { this.away.abort(); }
}

const gaps = ({ parts }) => parts.slice(1).map(([start], index) => [parts[index][1], start]);
