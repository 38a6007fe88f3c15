// The timeline: lanes for slides, topics, silence, sound with the clips over it, and importance.
// Plotly draws importance and keeps the axis, its zoom and its pan; all else is placed with that
// axis: playhead, clips, topics and stills, which can be reached by key and cut their texts where
// room ends, and a canvas for silence and sound. A new view redraws one curve and nothing more.

import { Clipmarks } from "./clipmarks.js";
import { clock, make, theme } from "./drawing.js";
import { Handles } from "./handles.js";
import { Lanes } from "./lanes.js";

const HEIGHT = 400;
const LANES = { slides: [0.85, 1], topics: [0.72, 0.82], silence: [0.65, 0.69], wave: [0.29, 0.63], score: [0, 0.26] };
const NAMES = { slides: "Slides", topics: "Topics", silence: "Silence", wave: "Sound, clips", score: "Importance" };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const TICKS = 10;
const LEAST_S = 2;
const MARGIN = 0.15;
const TIGHT_PX = 24;
const SLIP_PX = 4;
const LEAD = 0.1;

export class Timeline {
  constructor(root, strip, helpers) {
    Object.assign(this, { root, strip, helpers, topics: [], time: 0, live: { clips: [] } });
    this.plot = root.querySelector(".lh-plot");
    this.overlay = root.querySelector(".lh-overlay");
    this.lanes = new Lanes(this);
    this.head = make("div", "lh-playhead");
    this.overlay.append(this.head);
    this.marks = new Clipmarks(this, helpers.select);
    this.handles = new Handles(this, helpers);
    // The wheel scrolls the page, also over the timeline; with Ctrl (or a pinch) it zooms.
    this.away = new AbortController();
    root.addEventListener("wheel", (event) => this.wheel(event), { capture: true, passive: false, signal: this.away.signal });
  }

  // Shown again when more is known: what is in view stays in view.
  async show(bundle, live, { Plotly, wave }) {
    if (this.away.signal.aborted) return;
    Object.assign(this, { bundle, sound: wave, detail: undefined, weighed: weight(live) });
    this.recolour();
    const range = this.axis()?.range ?? [0, bundle.duration];
    const config = { displayModeBar: false, scrollZoom: true, displaylogo: false, responsive: true, doubleClick: "reset" };
    await Plotly.react(this.plot, [this.curve(live)], this.figure(range, live), config);
    if (!this.Plotly) this.listen();
    this.Plotly = Plotly;
    this.lanes.silences = bundle.silences;
    if (this.tried?.preview) this.showSilences(this.tried);
    this.handles.show(bundle);
    this.drawTopics();
    this.strip.show(bundle.slides, (...args) => this.mark(...args));
    this.place();
  }

  listen() {
    this.plot.on("plotly_relayouting", () => this.place());
    this.plot.on("plotly_afterplot", () => this.place());
    this.plot.on("plotly_relayout", (change) => this.moved(change));
    // Plotly's own click misses the space between points; the lanes share one axis anyway. While the
    // button is down Plotly covers the page: the click comes here, the button's release does not.
    const options = { capture: true, signal: this.away.signal };
    this.plot.addEventListener("mousedown", (event) => { this.pressed = [event.clientX, event.clientY]; }, options);
    this.plot.addEventListener("click", (event) => this.clicked(event), options);
  }

  // --- what Plotly draws --------------------------------------------------------------------------

  curve({ scores }) {
    const { sentences } = this.bundle;
    return {
      x: sentences.flatMap((s) => [s.start, s.end]), y: twice(scores), yaxis: "y5", type: "scatter",
      mode: "lines", line: { width: 1.2, color: this.look.accent(), shape: "linear" }, fill: "tozeroy",
      fillcolor: this.look.accent(0.2), text: sentences.flatMap((s) => [short(s.text), short(s.text)]), hovertemplate: "%{text}<br>%{y:.2f}<extra></extra>",
    };
  }

  figure(range, live) {
    const lane = (name, values) => ({ domain: LANES[name], range: values, fixedrange: true, showticklabels: false, showgrid: false, zeroline: false });
    return {
      uirevision: "keep", dragmode: "pan", hovermode: "closest", showlegend: false, height: HEIGHT,
      margin: { l: 76, r: 12, t: 6, b: 26 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: this.look.ink(), family: this.look.font, size: 12 },
      xaxis: { range, minallowed: 0, maxallowed: this.bundle.duration, ...ticks(...range), gridcolor: this.look.ink(0.1), zeroline: false, anchor: "y5" },
      yaxis: lane("slides", [0, 1]), yaxis5: { ...lane("score", reach(live)), rangemode: "nonnegative" }, shapes: this.threshold(live),
      annotations: Object.entries(NAMES).map(([name, text]) => ({ text, xref: "paper", x: -0.005, xanchor: "right", yref: "paper",
          y: (LANES[name][0] + LANES[name][1]) / 2, yanchor: "middle", showarrow: false, font: { size: 11 } })),
    };
  }

  // Draws what changed and nothing else: most reruns change one clip or nothing.
  update(live) {
    if (!this.Plotly) return;
    this.recolour();
    this.live = live;
    // What a person holds in their hand is not drawn anew; it is when they let go.
    if (this.handles.busy) return;
    this.weigh(live);
    if (this.marks.update(live.clips)) this.place();
  }

  weigh(live) {
    const weighed = weight(live);
    if (weighed === this.weighed) return;
    this.weighed = weighed;
    this.Plotly.update(this.plot, { y: [twice(live.scores)] }, { "yaxis5.range": reach(live), shapes: this.threshold(live) }, [0]);
  }

  // The dotted line is what the weakest clip reaches.
  threshold({ clips }) {
    const y = weakest(clips);
    return Number.isFinite(y) ? [{ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y5", y0: y, y1: y, line: { dash: "dot", width: 1, color: this.look.ink(0.7) } }] : [];
  }

  recolour() {
    this.look = theme(this.root);
    const { ink, accent } = this.look;
    const colours = [ink(), accent()].join();
    if (colours === this.colours) return;
    this.colours = colours;
    if (!this.Plotly) return;
    this.Plotly.update(this.plot, { "line.color": accent(), fillcolor: accent(0.2) }, { "font.color": ink(), "xaxis.gridcolor": ink(0.1) }, [0]);
  }

  // Shows other silences in the lane, or again those of the run; the lane's name says which.
  showSilences(tried) {
    this.tried = tried;
    if (!this.Plotly || this.away.signal.aborted) return;
    this.lanes.silences = tried?.silences ?? this.bundle.silences;
    const at = Object.keys(NAMES).indexOf("silence");
    this.Plotly.relayout(this.plot, { [`annotations[${at}].text`]: tried?.preview ? "<b>Preview</b>" : NAMES.silence });
  }

  // --- zoom ---------------------------------------------------------------------------------------

  axis() { return this.plot._fullLayout?.xaxis; }

  // After Plotly's own zoom and pan; ours bring their ticks along.
  moved(change) {
    const ours = "xaxis.tickvals" in change;
    if (!ours && Object.keys(change).some((name) => name.startsWith("xaxis."))) this.view(...this.axis().range);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sharpen(), 200);
  }

  view(from, to) {
    const { tickvals, ticktext } = ticks(from, to);
    return this.Plotly.relayout(this.plot, { "xaxis.range": [from, to], "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext });
  }

  // Fetches the sound of a short stretch more closely than that of the whole lecture.
  async sharpen() {
    const { range: [from, to], _length: width } = this.axis();
    if (!this.sound || (to - from) / this.sound.step > width) return;
    const found = await this.helpers.listen(from, to, Math.round(width));
    if (this.away.signal.aborted || !found) return;
    this.detail = found;
    this.place();
  }

  wheel(event) {
    event.stopPropagation();
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const axis = this.axis();
    const { left } = this.plot.getBoundingClientRect();
    if (axis) this.scale(event.deltaY < 0 ? 0.8 : 1.25, axis.p2d(event.clientX - left - axis._offset));
  }

  // Makes the stretch in view `factor` times as long, around a time that stays where it is.
  scale(factor, around = this.time) {
    const axis = this.axis();
    if (!axis) return;
    const { duration } = this.bundle;
    const [a, b] = axis.range;
    const pivot = around < a || around > b ? (a + b) / 2 : around;
    const length = Math.min(duration, Math.max(LEAST_S, (b - a) * factor));
    const from = Math.min(Math.max(0, pivot - (pivot - a) * (length / (b - a))), duration - length);
    this.view(from, from + length);
  }

  // Whether less than all is in view.
  near() {
    const [a, b] = this.axis().range;
    return b - a < this.bundle.duration - 0.5;
  }

  // Turns the page to a time that is out of view: what is in view stays as long as it was.
  reveal(time) {
    if (!this.axis() || this.handles.busy || this.sees(time)) return;
    const [from, to] = this.axis().range;
    const start = Math.min(Math.max(0, time - LEAD * (to - from)), this.bundle.duration - (to - from));
    this.view(start, start + to - from);
  }

  sees(time) {
    const [from, to] = this.axis()?.range ?? [0, Infinity];
    return from <= time && time <= to;
  }

  zoom(range) {
    const [from, to] = range ?? [0, this.bundle.duration];
    const margin = range ? (to - from) * MARGIN : 0;
    this.view(Math.max(0, from - margin), Math.min(this.bundle.duration, to + margin));
  }

  // --- what is placed with the axis ---------------------------------------------------------------

  mark(classes, start, end, name, action) {
    const node = make("button", classes);
    Object.assign(node, { type: "button", title: name, onclick: action });
    node.setAttribute("aria-label", name);
    Object.assign(node.dataset, { t0: start, t1: end });
    this.overlay.append(node);
    return node;
  }

  drawTopics() {
    const { explain, seek } = this.helpers;
    for (const node of this.topics) node.remove();
    this.topics = this.bundle.topics.map((topic) => {
      const node = this.mark("lh-topic", topic.start, topic.end, `Topic, ${clock(topic.start)}: ${topic.title}`, () => { seek(topic.start); explain(topic.topic); });
      node.textContent = topic.title;
      return node;
    });
  }

  lane(name) {
    const size = this.plot._fullLayout._size;
    const [low, high] = LANES[name];
    return { top: size.t + (1 - high) * size.h, height: (high - low) * size.h };
  }

  // Returns the width that a node gets in its lane, 0 when it is out of view.
  stretch(node, lane) {
    const axis = this.axis();
    const left = Math.max(0, axis.d2p(Number(node.dataset.t0)));
    const right = Math.min(axis._length, axis.d2p(Number(node.dataset.t1)));
    node.hidden = right - left < 1;
    const width = Math.max(3, right - left - 1);
    if (!node.hidden) Object.assign(node.style, { left: `${axis._offset + left}px`, width: `${width}px`, top: `${lane.top}px`, height: `${lane.height}px` });
    return node.hidden ? 0 : width;
  }

  place() {
    const axis = this.axis();
    if (!axis) return;
    const [topics, wave, silence] = ["topics", "wave", "silence"].map((name) => this.lane(name));
    const [from, to] = axis.range;
    const { detail, sound } = this;
    const inside = detail && detail.from <= from + 0.01 && detail.to >= to - 0.01;
    this.lanes.draw({ axis, wave, silence, theme: this.look, sound: inside ? detail : sound });
    if (this.handles.marked) this.stretch(this.handles.range, wave);
    else this.handles.range.hidden = true;
    this.marks.place(wave, axis);
    for (const node of this.topics) node.classList.toggle("lh-tight", this.stretch(node, topics) < TIGHT_PX);
    this.strip.place(this.lane("slides"), (node, lane) => this.stretch(node, lane));
    this.playhead(this.time);
  }

  playhead(time) {
    this.time = time;
    const axis = this.axis();
    if (!axis) return;
    const at = axis.d2p(time);
    const out = at < 0 || at > axis._length;
    if (this.head.hidden !== out) this.head.hidden = out;
    this.head.style.transform = `translateX(${axis._offset + at}px)`;
  }

  clicked(event) {
    const [x, y] = this.pressed ?? [Infinity, 0];
    if (Math.abs(event.clientX - x) > SLIP_PX || Math.abs(event.clientY - y) > SLIP_PX) return;
    const axis = this.axis();
    const at = event.clientX - this.plot.getBoundingClientRect().left - axis._offset;
    if (at >= 0 && at <= axis._length) this.helpers.seek(axis.p2d(at));
  }

  destroy() {
    this.away.abort();
    clearTimeout(this.timer);
    this.overlay.replaceChildren();
    if (this.Plotly) this.Plotly.purge(this.plot);
  }
}

const weakest = (clips) => Math.min(...clips.filter(({ state }) => state !== "rejected").map(({ score }) => score));
const weight = ({ scores, clips }) => `${scores.join()} ${weakest(clips)}`;
const reach = ({ scores }) => [0, Math.max(0.01, ...scores) * 1.1];
const twice = (scores) => scores.flatMap((score) => [score, score]);

// Plotly reads a little HTML in texts; these come from a lecture and are only ever text.
const short = (text, limit = 90) => {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("$", "＄");
};

const ticks = (from, to) => {
  const step = STEPS.find((s) => (to - from) / s <= TICKS) ?? STEPS.at(-1);
  const tickvals = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) tickvals.push(at);
  return { tickvals, ticktext: tickvals.map(clock) };
};
