// The edges and bodies of clips on the timeline: dragged, nudged by key, snapped to where somebody
// pauses. What is dragged is only a preview; Python decides what the clip keeps.

import { clock, make } from "./drawing.js";

const SNAP_PX = 8;
const MOVED_PX = 4;
const LEAST_S = 1;
const COMMIT_MS = 400;
const WIDTH_PX = 10;

const tenth = (seconds) => `${clock(seconds)}.${Math.floor((seconds % 1) * 10)}`;

export class Handles {
  constructor(timeline, helpers) {
    Object.assign(this, { timeline, helpers, edges: [], busy: false });
    this.range = make("div", "lh-range");
    this.range.hidden = true;
    this.button = make("button", "lh-range-make", "Make a clip");
    this.button.type = "button";
    this.button.onclick = () => helpers.newClip();
    this.range.append(this.button);
    timeline.overlay.append(this.range);
    // Before Plotly, which would zoom on it.
    timeline.root.addEventListener("mousedown", (event) => { if (event.shiftKey) event.stopPropagation(); }, { capture: true });
    timeline.root.addEventListener("pointerdown", (event) => this.select(event), { capture: true });
  }

  show({ silences, sentences }) {
    const times = [...silences, ...sentences].flatMap(({ start, end }) => [start, end]);
    this.edges = [...new Set(times)].sort((a, b) => a - b);
    this.pauses = silences.map(({ start, end }) => [start, end]).sort(([a], [b]) => a - b);
    this.silences = [...new Set(this.pauses.flat())].sort((a, b) => a - b);
  }

  time(event) {
    const axis = this.timeline.plot._fullLayout.xaxis;
    return axis.p2d(event.clientX - this.timeline.plot.getBoundingClientRect().left - axis._offset);
  }

  // The nearest edge of a silence or a sentence, when it is near enough on the screen.
  snap(time, free) {
    const axis = this.timeline.plot._fullLayout.xaxis;
    if (free) return time;
    const near = this.edges.reduce((best, edge) => (Math.abs(edge - time) < Math.abs(best - time) ? edge : best), Infinity);
    return Math.abs(axis.d2p(near) - axis.d2p(time)) <= SNAP_PX ? near : time;
  }

  // Between which times a clip may lie: no two clips share a second; rejected ones take no room.
  room(clip) {
    const spans = this.timeline.live.clips.filter(({ id, state }) => id !== clip.id && state !== "rejected")
      .map(({ parts }) => [parts[0][0], parts.at(-1)[1]]);
    const before = spans.filter(([, end]) => end <= clip.parts[0][0] + 0.01).map(([, end]) => end);
    const after = spans.filter(([start]) => start >= clip.parts.at(-1)[1] - 0.01).map(([start]) => start);
    return [Math.max(0, ...before), Math.min(this.timeline.bundle.duration, ...after)];
  }

  of(clip, parts) {
    for (const node of parts) this.body(clip, node);
    if (clip.locked) return [];
    return ["start", "end"].map((edge) => this.handle(clip, edge));
  }

  handle(clip, edge) {
    const node = make("div", `lh-handle lh-handle-${edge}`);
    const at = edge === "start" ? clip.parts[0][0] : clip.parts.at(-1)[1];
    const [low, high] = this.room(clip);
    const state = { role: "slider", "aria-label": `${edge === "start" ? "Start" : "End"} of clip ${clip.rank}`, "aria-orientation": "horizontal", "aria-valuemin": low.toFixed(1), "aria-valuemax": high.toFixed(1) };
    for (const [name, value] of Object.entries(state)) node.setAttribute(name, value);
    Object.assign(node.dataset, { edge, time: at, clip: clip.id });
    this.tell(node, clip.parts, at);
    node.tabIndex = -1;
    node.onpointerdown = (event) => this.drag(event, node, clip, (time) => this.resized(clip, edge, time));
    node.onkeydown = (event) => this.nudge(event, node, clip, edge);
    this.timeline.overlay.append(node);
    return node;
  }

  body(clip, node) {
    node.onpointerdown = (event) => {
      if (clip.locked || event.shiftKey) return;
      const grip = this.time(event) - clip.parts[0][0];
      this.drag(event, node, clip, (time, free) => this.moved(clip, time - grip, free), MOVED_PX);
    };
  }

  resized(clip, edge, time) {
    const [low, high] = this.room(clip);
    const [start, end] = [clip.parts[0][0], clip.parts.at(-1)[1]];
    const next = edge === "start" ? [Math.min(Math.max(low, time), end - LEAST_S), end] : [start, Math.max(Math.min(high, time), start + LEAST_S)];
    return { op: "resize", fields: { start: next[0], end: next[1] }, parts: resize(clip.parts, ...next), at: edge === "start" ? next[0] : next[1] };
  }

  moved(clip, start, free) {
    const [low, high] = this.room(clip);
    const length = clip.parts.at(-1)[1] - clip.parts[0][0];
    const snapped = this.snap(start, free);
    const to = Math.min(Math.max(low, snapped), high - length);
    const by = to - clip.parts[0][0];
    return { op: "move", fields: { start: to }, parts: clip.parts.map(([a, b]) => [a + by, b + by]), at: to };
  }

  drag(event, node, clip, change, least = 0) {
    if (event.button) return;
    event.stopPropagation();
    const from = event.clientX;
    // At once: the first move may already be outside of something so narrow.
    node.setPointerCapture(event.pointerId);
    let last = null;
    const move = (e) => {
      if (!last && Math.abs(e.clientX - from) <= least) return;
      this.busy = true;
      const free = e.altKey;
      last = change(least ? this.time(e) : this.snap(this.time(e), free), free);
      this.preview(clip, last);
    };
    const stop = (keep) => {
      node.removeEventListener("pointermove", move);
      node.onpointerup = node.onpointercancel = null;
      this.busy = false;
      // The click that follows a drag is none.
      if (last && least) node.addEventListener("click", (e) => { e.stopImmediatePropagation(); e.preventDefault(); }, { capture: true, once: true });
      if (last && keep) this.helpers.edit(last.op, { clip_id: clip.id, ...last.fields });
      this.timeline.update(this.timeline.live);
    };
    node.addEventListener("pointermove", move);
    node.onpointerup = () => stop(true);
    node.onpointercancel = () => stop(false);
  }

  nudge(event, node, clip, edge) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = way * (event.shiftKey ? 1 : 0.1);
    const next = this.resized(clip, edge, Number(node.dataset.time) + step);
    this.tell(node, next.parts, next.at);
    this.hold(clip, next);
  }

  // The whole clip by key, from where the press before has brought it.
  shift(clip, by) {
    const parts = this.held?.id === clip.id ? this.held.parts : clip.parts;
    const next = this.moved({ ...clip, parts }, parts[0][0] + by, true);
    this.hold(clip, next);
    this.held = { id: clip.id, parts: next.parts };
  }

  // Keys that are pressed one after another are one change.
  hold(clip, next) {
    this.busy = true;
    this.preview(clip, next);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.busy = false;
      this.helpers.edit(next.op, { clip_id: clip.id, ...next.fields });
      this.timeline.update(this.timeline.live);
    }, COMMIT_MS);
  }

  tell(node, parts, at) {
    node.dataset.time = at;
    node.setAttribute("aria-valuenow", at.toFixed(1));
    node.setAttribute("aria-valuetext", `${tenth(at)}, the clip lasts ${lasts(parts).toFixed(1)} s`);
  }

  preview(clip, { parts, at }) {
    const { say, limits } = this.helpers;
    this.timeline.marks.preview(clip.id, parts);
    this.timeline.place();
    const [least, most] = limits();
    const long = lasts(parts);
    const warning = long < least ? `, shorter than ${least} s` : long > most ? `, longer than ${most} s` : "";
    this.timeline.marks.warn(clip.id, Boolean(warning));
    say(`${tenth(at)}: the clip lasts ${long.toFixed(1)} s${warning}`);
  }

  // Never wider than a third of the clip: it would look like nothing but handles.
  place(nodes, from, to, lane, axis) {
    const [left, right] = [axis.d2p(from), axis.d2p(to)];
    const width = Math.min(WIDTH_PX, (right - left) / 3);
    for (const node of nodes) {
      const at = node.dataset.edge === "start" ? left : right - width;
      node.hidden = width < 2 || at < -1 || at + width > axis._length + 1;
      if (!node.hidden) Object.assign(node.style, { left: `${axis._offset + at}px`, width: `${width}px`, top: `${lane.top}px`, height: `${lane.height}px` });
    }
  }

  // Shift and drag marks a stretch of the timeline.
  select(event) {
    if (!event.shiftKey || event.button || !this.timeline.plot._fullLayout) return;
    event.stopPropagation();
    event.preventDefault();
    const from = this.snap(this.time(event), event.altKey);
    const { root } = this.timeline;
    root.setPointerCapture(event.pointerId);
    const move = (e) => {
      const to = Math.min(Math.max(0, this.snap(this.time(e), e.altKey)), this.timeline.bundle.duration);
      this.mark(Math.min(from, to), Math.max(from, to));
    };
    root.addEventListener("pointermove", move);
    const stop = () => { root.removeEventListener("pointermove", move); root.onpointerup = root.onpointercancel = null; };
    root.onpointerup = root.onpointercancel = stop;
  }

  mark(start, end) {
    this.marked = end - start >= 0.5 ? [start, end] : null;
    if (this.marked) this.helpers.say(`${clock(start)} to ${clock(end)}, ${(end - start).toFixed(1)} s: N makes a clip of it`);
    Object.assign(this.range.dataset, { t0: start, t1: end });
    this.timeline.place();
  }

  unmark() {
    this.marked = null;
    this.range.hidden = true;
  }

  silenceEdge(time, way) {
    const edges = this.silences ?? [];
    return way > 0 ? edges.find((edge) => edge > time + 0.05) : edges.findLast((edge) => edge < time - 0.05);
  }

  // Where a clip would end with the next pause, or begin with the one before, inside its room.
  pause(clip, edge) {
    const [low, high] = this.room(clip);
    const [start, end] = [clip.parts[0][0], clip.parts.at(-1)[1]];
    if (edge === "end") return this.pauses.find(([from]) => from > end + 0.05 && from <= high)?.[0];
    return this.pauses.findLast(([, to]) => to < start - 0.05 && to >= low)?.[1];
  }
}

const lasts = (parts) => parts.reduce((sum, [a, b]) => sum + b - a, 0);

// As the service does it, for the preview.
const resize = (parts, start, end) => {
  const kept = parts.filter(([a, b]) => b > start && a < end).map(([a, b]) => [Math.max(a, start), Math.min(b, end)]);
  if (!kept.length) return [[start, end]];
  if (start < parts[0][0]) kept[0][0] = start;
  if (end > parts.at(-1)[1]) kept.at(-1)[1] = end;
  return kept;
};
