// The timeline: lanes for slides, topics, silence, sound with the clips over it, and importance.
// Plotly draws what is measured; playhead, clips and slide stills are overlays placed with its axes.

const LANES = { slides: [0.87, 1], topics: [0.73, 0.84], silence: [0.66, 0.7], wave: [0.29, 0.64], score: [0, 0.26] };
const POINTS = 3000;
const PALETTE = ["#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#bab0ac"];

let plotly;
const loadPlotly = (url) => (plotly ??= new Promise((resolve, reject) => {
  if (globalThis.Plotly) return resolve(globalThis.Plotly);
  const script = document.createElement("script");
  script.src = url;
  script.onload = () => resolve(globalThis.Plotly);
  script.onerror = reject;
  document.head.append(script);
  return undefined;
}));

export class Timeline {
  constructor(root, helpers, data) {
    this.root = root;
    this.helpers = helpers;
    this.data = data;
    this.plot = root.querySelector(".lh-plot");
    this.overlay = root.querySelector(".lh-overlay");
    this.head = helpers.make("div", "lh-playhead");
    this.overlay.append(this.head);
    this.clips = new Map();
    this.stills = [];
    this.time = 0;
  }

  async show(bundle) {
    this.bundle = bundle;
    this.Plotly = await loadPlotly(this.data.plotly);
    this.peaks = await this.fetchPeaks(0, bundle.duration);
    await this.Plotly.newPlot(this.plot, this.traces(), this.figure(), {
      displayModeBar: false, scrollZoom: true, responsive: true, doubleClick: "reset",
    });
    this.plot.on("plotly_relayouting", () => this.place());
    this.plot.on("plotly_afterplot", () => this.place());
    this.plot.on("plotly_relayout", (change) => this.zoomed(change));
    // Plotly's own click misses the space between bars; the lanes share one axis anyway.
    this.plot.addEventListener("mousedown", (event) => { this.pressed = [event.clientX, event.clientY]; }, true);
    this.plot.addEventListener("mouseup", (event) => this.released(event), true);
    this.drawStills();
    this.place();
  }

  traces() {
    const { topics, silences, sentences } = this.bundle;
    return [
      this.bars(topics.map((t) => ({ ...t, label: t.title })), "y2", topics.map((t, i) => PALETTE[i % PALETTE.length])),
      this.bars(silences.map((s) => ({ ...s, label: "" })), "y3", this.ink(0.45)),
      { x: this.peaks.x, y: this.peaks.y, yaxis: "y4", type: "scatter", mode: "lines", fill: "tozeroy",
        line: { width: 0.6, color: this.ink(0.55) }, fillcolor: this.ink(0.35), hoverinfo: "skip" },
      { x: sentences.flatMap((s) => [s.start, s.end]), y: sentences.flatMap(() => [0, 0]), yaxis: "y5", type: "scatter",
        mode: "lines", line: { width: 1.2, color: this.accent(), shape: "linear" }, fill: "tozeroy",
        fillcolor: this.accent("33"), text: sentences.flatMap((s) => [short(s.text), short(s.text)]), hovertemplate: "%{text}<br>%{y:.2f}<extra></extra>" },
    ];
  }

  bars(items, axis, colour) {
    return {
      type: "bar", orientation: "h", yaxis: axis, base: items.map((i) => i.start), x: items.map((i) => i.end - i.start),
      y: items.map(() => 0), text: items.map((i) => short(i.label, 40)), marker: { color: colour }, width: 1,
      textposition: "inside", insidetextanchor: "middle", textangle: 0, constraintext: "inside",
      customdata: items.map((i) => [this.helpers.clock(i.start), this.helpers.clock(i.end), short(i.label || i.type.replace("_", " "))]),
      hovertemplate: "%{customdata[2]}<br>%{customdata[0]} - %{customdata[1]}<extra></extra>",
    };
  }

  figure() {
    const lane = (name, range) => ({ domain: LANES[name], range, fixedrange: true, showticklabels: false, showgrid: false, zeroline: false });
    const { values, labels } = ticks(0, this.bundle.duration, this.helpers.clock);
    return {
      uirevision: "keep", dragmode: "pan", hovermode: "closest", showlegend: false, barmode: "overlay", height: 380,
      margin: { l: 76, r: 12, t: 6, b: 26 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: this.ink(1), family: this.css("--st-font"), size: 12 }, uniformtext: { minsize: 9, mode: "hide" },
      xaxis: { range: [0, this.bundle.duration], minallowed: 0, maxallowed: this.bundle.duration, tickvals: values,
        ticktext: labels, gridcolor: this.ink(0.1), zeroline: false, anchor: "y5" },
      yaxis: lane("slides", [0, 1]), yaxis2: lane("topics", [-0.5, 0.5]), yaxis3: lane("silence", [-0.5, 0.5]),
      yaxis4: lane("wave", [-1, 1]), yaxis5: { ...lane("score", [0, 1]), rangemode: "nonnegative" },
      annotations: Object.entries({ slides: "Slides", topics: "Topics", silence: "Silence", wave: "Sound, clips", score: "Importance" })
        .map(([name, text]) => ({ text, xref: "paper", x: -0.005, xanchor: "right", yref: "paper",
          y: (LANES[name][0] + LANES[name][1]) / 2, yanchor: "middle", showarrow: false, font: { size: 11 } })),
    };
  }

  css(name) { return getComputedStyle(this.root).getPropertyValue(name).trim(); }
  ink(alpha) { return alpha === 1 ? this.css("--st-text-color") : withAlpha(this.css("--st-text-color"), alpha); }
  accent(suffix = "") { return this.css("--st-primary-color") + suffix; }

  async fetchPeaks(from, to) {
    const query = new URLSearchParams({ from: from.toFixed(2), to: to.toFixed(2), n: POINTS });
    const response = await fetch(`${this.data.peaks}?${query}`);
    if (!response.ok) return { x: [], y: [] };
    const { peaks } = await response.json();
    const step = (to - from) / peaks.length;
    const x = peaks.flatMap((_, index) => [from + index * step, from + (index + 0.5) * step]);
    const y = peaks.flatMap(([low, high]) => [low / 127, high / 127]);
    return { x, y };
  }

  async zoomed(change) {
    const x0 = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0];
    const x1 = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1];
    if (x0 === undefined && !change["xaxis.autorange"]) return;
    const [from, to] = [Math.max(0, x0 ?? 0), Math.min(this.bundle.duration, x1 ?? this.bundle.duration)];
    const serial = (this.serial = (this.serial ?? 0) + 1);
    const peaks = await this.fetchPeaks(from, to);
    if (serial !== this.serial) return;
    const { values, labels } = ticks(from, to, this.helpers.clock);
    // No "xaxis.range" key here, so this update does not call itself.
    await this.Plotly.update(this.plot, { x: [peaks.x], y: [peaks.y] }, { "xaxis.tickvals": values, "xaxis.ticktext": labels }, [2]);
  }

  zoom(range) {
    const [from, to] = range ?? [0, this.bundle.duration];
    const margin = range ? (to - from) * 0.15 : 0;
    this.Plotly.relayout(this.plot, { "xaxis.range": [Math.max(0, from - margin), Math.min(this.bundle.duration, to + margin)] });
  }

  update(live) {
    if (!this.Plotly) return;
    const scores = live.scores.flatMap((s) => [s, s]);
    const top = Math.max(0.01, ...live.scores) * 1.1;
    this.Plotly.update(this.plot, { y: [scores] }, { "yaxis5.range": [0, top], "font.color": this.ink(1) }, [3]);
    const seen = new Set(live.clips.map((clip) => clip.id));
    for (const [id, nodes] of this.clips) if (!seen.has(id)) { nodes.forEach((n) => n.remove()); this.clips.delete(id); }
    for (const clip of live.clips) this.drawClip(clip);
    this.place();
  }

  drawClip(clip) {
    this.clips.get(clip.id)?.forEach((node) => node.remove());
    const nodes = clip.parts.map(([a, b], index) => {
      const node = this.helpers.make("button", `lh-clip lh-clip-${clip.state}`, index ? "" : `${clip.rank}. ${clip.title}`);
      node.type = "button";
      node.title = `${clip.title} (${this.helpers.clock(a)} - ${this.helpers.clock(b)})`;
      node.tabIndex = index ? -1 : 0;
      node.dataset.t0 = a;
      node.dataset.t1 = b;
      node.dataset.clip = clip.id;
      node.onclick = () => this.helpers.select(clip.id);
      this.overlay.append(node);
      return node;
    });
    this.clips.set(clip.id, nodes);
  }

  mark(id) {
    for (const [clip, nodes] of this.clips) nodes.forEach((node) => node.classList.toggle("lh-clip-selected", clip === id));
  }

  drawStills() {
    this.stills = this.bundle.slides.filter((s) => s.still).map((slide, index) => {
      const node = this.helpers.make("button", "lh-still");
      node.type = "button";
      node.tabIndex = -1;
      node.style.backgroundImage = `url("${encodeURI(slide.still)}")`;
      node.title = `Slide ${index + 1}, ${this.helpers.clock(slide.start)}${slide.title ? `: ${slide.title}` : ""}`;
      node.setAttribute("aria-label", node.title);
      node.onclick = () => this.helpers.seek(slide.start);
      node.dataset.t0 = slide.start;
      node.dataset.t1 = slide.end;
      this.overlay.append(node);
      return node;
    });
  }

  lane(name) {
    const size = this.plot._fullLayout._size;
    const [low, high] = LANES[name];
    return { top: size.t + (1 - high) * size.h, height: (high - low) * size.h };
  }

  stretch(node, name) {
    const axis = this.plot._fullLayout.xaxis;
    const left = Math.max(0, axis.d2p(Number(node.dataset.t0)));
    const right = Math.min(axis._length, axis.d2p(Number(node.dataset.t1)));
    const { top, height } = this.lane(name);
    node.hidden = right - left < 1;
    Object.assign(node.style, { left: `${axis._offset + left}px`, width: `${Math.max(3, right - left - 1)}px`, top: `${top}px`, height: `${height}px` });
  }

  place() {
    if (!this.plot._fullLayout) return;
    for (const nodes of this.clips.values()) nodes.forEach((node) => this.stretch(node, "wave"));
    this.stills.forEach((node) => this.stretch(node, "slides"));
    this.playhead(this.time);
  }

  playhead(time) {
    this.time = time;
    const axis = this.plot._fullLayout?.xaxis;
    if (!axis) return;
    const at = axis.d2p(time);
    this.head.hidden = at < 0 || at > axis._length;
    this.head.style.transform = `translateX(${axis._offset + at}px)`;
  }

  released(event) {
    const [x, y] = this.pressed ?? [Infinity, 0];
    if (Math.abs(event.clientX - x) > 4 || Math.abs(event.clientY - y) > 4) return;
    const axis = this.plot._fullLayout.xaxis;
    const at = event.clientX - this.plot.getBoundingClientRect().left - axis._offset;
    if (at >= 0 && at <= axis._length) this.helpers.seek(axis.p2d(at));
  }

  destroy() {
    if (this.Plotly) this.Plotly.purge(this.plot);
  }
}

// Plotly reads a little HTML in texts; these come from a lecture and are only ever text.
const short = (text, limit = 90) => {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("$", "＄");
};

const withAlpha = (colour, alpha) => {
  const hex = colour.match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i);
  const rgb = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : (colour.match(/\d+/g) ?? [128, 128, 128]).slice(0, 3);
  return `rgba(${rgb.join(",")},${alpha})`;
};

const ticks = (from, to, clock) => {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((s) => (to - from) / s <= 10) ?? 3600;
  const values = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) values.push(at);
  return { values, labels: values.map(clock) };
};
