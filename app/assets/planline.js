// The plan on a timeline: topics, importance with its threshold, the clips of the run, the clips
// that the settings would give, and what a person has marked. Drawn by hand: a redraw under a
// moving slider costs a millisecond or two.

import { clock, make } from "./drawing.js";

const LANES = { topics: [0, 18], curve: [22, 92], before: [98, 120], now: [124, 146], marks: [150, 172], axis: [174, 192] };
const LEFT = 74;
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const LEAST_VIEW_S = 4;
const SLIP_PX = 4;
export const SIGNS = { kept: "=", moved: "\u2194", new: "+", lost: "\u2212" };
export const COLOURS = { kept: null, moved: "#d97706", new: "#16803c", lost: "#b91c1c" };

export class Planline {
  constructor(node, { mark, say }) {
    Object.assign(this, { node, mark, say, view: [0, 1], cursor: -1, from: -1 });
    this.canvas = make("canvas", "lh-planline");
    Object.assign(this.canvas, { tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Timeline of the plan. Left and right arrow go from sentence to sentence, with Shift they select, M marks, U takes the mark off, plus and minus zoom.");
    node.append(this.canvas);
    this.canvas.onpointerdown = (event) => this.press(event);
    this.canvas.onpointermove = (event) => this.move(event);
    this.canvas.onpointerup = (event) => this.release(event);
    this.canvas.onpointercancel = () => { this.drag = undefined; this.draw(); };
    this.canvas.onpointerleave = () => { if (!this.drag) this.say(""); };
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(node);
  }

  show(data) {
    if (data.duration !== this.data?.duration) this.view = [0, data.duration];
    this.data = data;
    this.draw();
  }

  x(time) { return LEFT + ((time - this.view[0]) / (this.view[1] - this.view[0])) * (this.width - LEFT - 4); }
  time(x) {
    const at = this.view[0] + ((x - LEFT) / (this.width - LEFT - 4)) * (this.view[1] - this.view[0]);
    return Math.min(this.data.duration, Math.max(0, at));
  }

  zoom(factor, middle = (this.view[0] + this.view[1]) / 2) {
    const { duration } = this.data;
    const wide = Math.min(duration, Math.max(LEAST_VIEW_S, (this.view[1] - this.view[0]) * factor));
    const share = (middle - this.view[0]) / (this.view[1] - this.view[0]);
    const start = Math.min(duration - wide, Math.max(0, middle - share * wide));
    this.view = [start, start + wide];
    this.draw();
  }

  whole() { this.view = [0, this.data.duration]; this.draw(); }

  // --- mouse and keys -----------------------------------------------------------------------------

  wheel(event) {
    if (!event.ctrlKey && !event.altKey) return;
    event.preventDefault();
    this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.time(event.offsetX));
  }

  press(event) {
    if (event.button || !this.data) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { x: event.offsetX, from: this.time(event.offsetX), to: this.time(event.offsetX) };
  }

  move(event) {
    if (!this.data) return;
    const time = this.time(event.offsetX);
    if (this.drag) {
      this.drag.to = time;
      this.draw();
    }
    this.tell(this.drag ? `${clock(Math.min(this.drag.from, time))} to ${clock(Math.max(this.drag.from, time))}` : this.near(time));
  }

  release(event) {
    if (!this.drag) return;
    const { x, from, to } = this.drag;
    this.drag = undefined;
    if (Math.abs(event.offsetX - x) > SLIP_PX) this.mark(Math.min(from, to), Math.max(from, to), true);
    else this.click(event);
    this.draw();
  }

  // A click on a mark takes it off.
  click(event) {
    const time = this.time(event.offsetX);
    const [top, bottom] = LANES.marks;
    if (event.offsetY < top || event.offsetY > bottom) return;
    const hit = this.data.marks.find(([start, end]) => start <= time && time <= end);
    if (hit) this.mark(...hit, false);
  }

  key(event) {
    const { sentences } = this.data ?? {};
    if (!sentences?.length || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const [low, high] = [Math.min(this.cursor, this.from), Math.max(this.cursor, this.from)];
    if (step) {
      this.cursor = Math.min(sentences.length - 1, Math.max(0, this.cursor + step));
      if (!event.shiftKey || this.from < 0) this.from = this.cursor;
      this.follow();
      this.tell(this.near((sentences[this.cursor].start + sentences[this.cursor].end) / 2));
    } else if ((event.key === "m" || event.key === "u") && this.cursor >= 0) {
      this.mark(sentences[low].start, sentences[high].end, event.key === "m");
    } else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? 0.6 : 1.6);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  follow() {
    const { start, end } = this.data.sentences[this.cursor];
    const wide = this.view[1] - this.view[0];
    if (start >= this.view[0] && end <= this.view[1]) return;
    const from = Math.min(this.data.duration - wide, Math.max(0, start - wide / 4));
    this.view = [from, from + wide];
  }

  near(time) {
    const { sentences, scores } = this.data;
    const at = sentences.findIndex((one) => one.start <= time && time <= one.end);
    if (at < 0) return clock(time);
    const score = scores[at] === undefined ? "" : `, score ${scores[at].toFixed(2)}`;
    return `${clock(sentences[at].start)}${score}: ${sentences[at].text}`;
  }

  tell(text) { this.say(text); }

  // --- drawing ------------------------------------------------------------------------------------

  draw() {
    this.width = this.node.clientWidth;
    if (!this.data || !this.width) return;
    const height = LANES.axis[1];
    const ratio = globalThis.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: this.width * ratio, height: height * ratio });
    Object.assign(this.canvas.style, { width: `${this.width}px`, height: `${height}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const look = this.data.theme;
    pen.font = `11px ${look.font}`;
    pen.textBaseline = "middle";
    this.axis(pen, look);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, this.width - LEFT, height);
    pen.clip();
    this.topics(pen, look);
    this.curve(pen, look);
    for (const clip of this.data.before) this.clip(pen, look, LANES.before, clip, clip.change);
    for (const clip of this.data.clips) this.clip(pen, look, LANES.now, clip, clip.change);
    for (const [start, end] of this.data.marks) this.bar(pen, LANES.marks, start, end, "#7c3aed");
    this.chosen(pen, look);
    pen.restore();
    this.names(pen, look);
  }

  names(pen, look) {
    pen.fillStyle = look.ink();
    pen.textAlign = "left";
    const names = { topics: "Topics", curve: "Importance", before: "This run", now: "Would be", marks: "Marked" };
    for (const [lane, name] of Object.entries(names)) pen.fillText(name, 0, (LANES[lane][0] + LANES[lane][1]) / 2);
  }

  axis(pen, look) {
    const [from, to] = this.view;
    const step = TICKS.find((one) => (to - from) / one <= (this.width - LEFT) / 70) ?? 3600;
    pen.fillStyle = look.ink(0.75);
    pen.strokeStyle = look.ink(0.12);
    pen.textAlign = "center";
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = this.x(time);
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, LANES.axis[0]);
      pen.stroke();
      if (x > LEFT + 12 && x < this.width - 16) pen.fillText(clock(time), x, (LANES.axis[0] + LANES.axis[1]) / 2);
    }
  }

  topics(pen, look) {
    const [top, bottom] = LANES.topics;
    pen.textAlign = "left";
    this.data.topics.forEach(({ start, end, title }, number) => {
      const [x0, x1] = [this.x(start), this.x(end)];
      pen.fillStyle = look.ink(number % 2 ? 0.16 : 0.08);
      pen.fillRect(x0, top, Math.max(1, x1 - x0), bottom - top);
      const [left, room] = [Math.max(x0, LEFT) + 4, x1 - Math.max(x0, LEFT) - 8];
      if (room > 30) this.text(pen, look.ink(), title, left, (top + bottom) / 2, room);
    });
  }

  curve(pen, look) {
    const { sentences, scores, threshold } = this.data;
    const [top, bottom] = LANES.curve;
    const most = Math.max(0.05, threshold, ...scores);
    const y = (score) => bottom - (score / most) * (bottom - top);
    pen.fillStyle = look.accent(0.28);
    pen.strokeStyle = look.accent();
    pen.lineWidth = 1.2;
    pen.beginPath();
    sentences.forEach(({ start, end }, i) => {
      if (scores[i] === undefined) return;
      pen.rect(this.x(start), y(scores[i]), Math.max(0.6, this.x(end) - this.x(start)), bottom - y(scores[i]));
    });
    pen.fill();
    if (!threshold) return;
    pen.strokeStyle = "#e11d48";
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(LEFT, y(threshold));
    pen.lineTo(this.width, y(threshold));
    pen.stroke();
    pen.setLineDash([]);
  }

  clip(pen, look, lane, { parts, rank }, change) {
    const colour = COLOURS[change] ?? look.accent();
    const [start, end] = [parts[0][0], parts.at(-1)[1]];
    const [top, bottom] = lane;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.setLineDash(change === "lost" ? [4, 3] : []);
    pen.strokeRect(this.x(start), top + 1, Math.max(2, this.x(end) - this.x(start)), bottom - top - 2);
    pen.setLineDash([]);
    pen.globalAlpha = change === "lost" ? 0.12 : 0.35;
    for (const [from, to] of parts) this.bar(pen, lane, from, to, colour);
    pen.globalAlpha = 1;
    pen.textAlign = "left";
    const room = this.x(end) - this.x(start) - 4;
    if (room > 8) this.text(pen, look.ink(), `${rank} ${SIGNS[change]}`, this.x(start) + 4, (top + bottom) / 2, room);
  }

  chosen(pen, look) {
    const { sentences } = this.data;
    const span = this.drag ? [this.drag.from, this.drag.to].sort((a, b) => a - b) : this.cursor >= 0 && sentences[this.cursor] && document.activeElement === this.canvas
      ? [sentences[Math.min(this.cursor, this.from)].start, sentences[Math.max(this.cursor, this.from)].end] : null;
    if (!span) return;
    pen.fillStyle = look.ink(0.14);
    pen.strokeStyle = look.ink(0.6);
    pen.fillRect(this.x(span[0]), 0, this.x(span[1]) - this.x(span[0]), LANES.axis[0]);
    pen.strokeRect(this.x(span[0]), 1, this.x(span[1]) - this.x(span[0]), LANES.axis[0] - 2);
  }

  bar(pen, [top, bottom], start, end, colour) {
    pen.fillStyle = colour;
    pen.fillRect(this.x(start), top + 1, Math.max(2, this.x(end) - this.x(start)), bottom - top - 2);
  }

  text(pen, colour, text, x, y, room) {
    pen.fillStyle = colour;
    let shown = text;
    while (shown && pen.measureText(shown).width > room) shown = shown.length > 2 ? `${shown.slice(0, -2)}\u2026` : "";
    pen.fillText(shown, x, y);
  }

  destroy() { this.sizes.disconnect(); }
}
