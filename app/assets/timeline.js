// The timeline: lanes for slides, topics, silence, sound with the clips over it, and importance.
// Plotly draws what is measured; playhead, clips, topics and slide stills are overlays placed with
// its axes: they can be reached by key, cut their texts where room ends, and cost no redraw.

const LANES = { slides: [0.87, 1], topics: [0.73, 0.84], silence: [0.66, 0.7], wave: [0.29, 0.64], score: [0, 0.26] };
const POINTS = 3000;
const TIGHT = 56;
const NAMES = { slides: "Slides", topics: "Topics", silence: "Silence", wave: "Sound, clips", score: "Importance" };
const LEAST_S = 2;

let plotly;
const loadPlotly = (url) => (plotly ??= new Promise((resolve, reject) => {
  if (globalThis.Plotly) return resolve(globalThis.Plotly);
  const script = document.createElement("script");
  script.src = url;
  script.onload = () => resolve(globalThis.Plotly);
  script.onerror = () => { plotly = undefined; reject(new Error("plotly")); };
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
    this.marks = [];
    this.time = 0;
    // The wheel scrolls the page, also over the timeline; with Ctrl (or a pinch) it zooms.
    this.away = new AbortController();
    root.addEventListener("wheel", (event) => this.wheel(event), { capture: true, passive: false, signal: this.away.signal });
  }

  async show(bundle) {
    this.bundle = bundle;
    this.Plotly = await loadPlotly(this.data.plotly);
    this.peaks = (await this.fetchPeaks(0, bundle.duration)) ?? { x: [], y: [] };
    await this.Plotly.newPlot(this.plot, this.traces(), this.figure(), {
      displayModeBar: false, scrollZoom: true, displaylogo: false, responsive: true, doubleClick: "reset",
    });
    this.plot.on("plotly_relayouting", () => this.place());
    this.plot.on("plotly_afterplot", () => this.place());
    this.plot.on("plotly_relayout", (change) => this.zoomed(change));
    // Plotly's own click misses the space between bars; the lanes share one axis anyway.
    const options = { capture: true, signal: this.away.signal };
    this.plot.addEventListener("mousedown", (event) => { this.pressed = [event.clientX, event.clientY]; }, options);
    this.plot.addEventListener("mouseup", (event) => this.released(event), options);
    this.drawMarks();
    this.place();
  }

  traces() {
    const { silences, sentences } = this.bundle;
    return [
      this.bars(silences, "y3", this.ink(0.45)),
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
      y: items.map(() => 0), marker: { color: colour }, width: 1,
      customdata: items.map((i) => [this.helpers.clock(i.start), this.helpers.clock(i.end), i.type.replace("_", " ")]),
      hovertemplate: "%{customdata[2]}<br>%{customdata[0]} - %{customdata[1]}<extra></extra>",
    };
  }

  figure() {
    const lane = (name, range) => ({ domain: LANES[name], range, fixedrange: true, showticklabels: false, showgrid: false, zeroline: false });
    const { values, labels } = ticks(0, this.bundle.duration, this.helpers.clock);
    return {
      uirevision: "keep", dragmode: "pan", hovermode: "closest", showlegend: false, barmode: "overlay", height: 380,
      margin: { l: 76, r: 12, t: 6, b: 26 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: this.ink(1), family: this.css("--st-font"), size: 12 },
      xaxis: { range: [0, this.bundle.duration], minallowed: 0, maxallowed: this.bundle.duration, tickvals: values,
        ticktext: labels, gridcolor: this.ink(0.1), zeroline: false, anchor: "y5" },
      yaxis: lane("slides", [0, 1]), yaxis3: lane("silence", [-0.5, 0.5]),
      yaxis4: lane("wave", [-1, 1]), yaxis5: { ...lane("score", [0, 1]), rangemode: "nonnegative" },
      annotations: Object.entries(NAMES).map(([name, text]) => ({ text, xref: "paper", x: -0.005, xanchor: "right", yref: "paper",
          y: (LANES[name][0] + LANES[name][1]) / 2, yanchor: "middle", showarrow: false, font: { size: 11 } })),
    };
  }

  css(name) { return getComputedStyle(this.root).getPropertyValue(name).trim(); }
  ink(alpha) { return alpha === 1 ? this.css("--st-text-color") : withAlpha(this.css("--st-text-color"), alpha); }
  accent(suffix = "") { return this.css("--st-primary-color") + suffix; }

  async fetchPeaks(from, to) {
    const query = new URLSearchParams({ from: from.toFixed(2), to: to.toFixed(2), n: POINTS });
    const response = await fetch(`${this.data.peaks}?${query}`).catch(() => null);
    if (!response?.ok) return null;
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
    if (peaks) this.peaks = peaks;
    const { values, labels } = ticks(from, to, this.helpers.clock);
    // No "xaxis.range" key here, so this update does not call itself.
    await this.Plotly.update(this.plot, { x: [this.peaks.x], y: [this.peaks.y] }, { "xaxis.tickvals": values, "xaxis.ticktext": labels }, [1]);
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    const { left } = this.plot.getBoundingClientRect();
    const axis = this.plot._fullLayout?.xaxis;
    event.stopPropagation();
    if (axis) this.scale(event.deltaY < 0 ? 0.8 : 1.25, axis.p2d(event.clientX - left - axis._offset));
  }

  // Makes the stretch in view `factor` times as long, around a time that stays where it is.
  scale(factor, around = this.time) {
    const axis = this.plot._fullLayout?.xaxis;
    if (!axis) return;
    const { duration } = this.bundle;
    const [a, b] = axis.range;
    const pivot = around < a || around > b ? (a + b) / 2 : around;
    const length = Math.min(duration, Math.max(LEAST_S, (b - a) * factor));
    const from = Math.min(Math.max(0, pivot - (pivot - a) * (length / (b - a))), duration - length);
    this.Plotly.relayout(this.plot, { "xaxis.range": [from, from + length] });
  }

  zoom(range) {
    const [from, to] = range ?? [0, this.bundle.duration];
    const margin = range ? (to - from) * 0.15 : 0;
    this.Plotly.relayout(this.plot, { "xaxis.range": [Math.max(0, from - margin), Math.min(this.bundle.duration, to + margin)] });
  }

  // Draws what changed and nothing else: most reruns change one clip or nothing.
  update(live) {
    if (!this.Plotly) return;
    this.recolour();
    const scores = live.scores.join();
    if (scores !== this.scores) {
      this.scores = scores;
      const top = Math.max(0.01, ...live.scores) * 1.1;
      this.Plotly.update(this.plot, { y: [live.scores.flatMap((s) => [s, s])] }, { "yaxis5.range": [0, top] }, [2]);
    }
    const seen = new Set(live.clips.map((clip) => clip.id));
    for (const [id, drawn] of this.clips) if (!seen.has(id)) { drawn.nodes.forEach((n) => n.remove()); this.clips.delete(id); }
    const changed = live.clips.filter((clip) => this.clips.get(clip.id)?.looks !== JSON.stringify(clip));
    for (const clip of changed) this.drawClip(clip);
    if (changed.length) this.place();
  }

  recolour() {
    const colours = [this.ink(1), this.accent()].join();
    if (colours === this.colours) return;
    const first = this.colours === undefined;
    this.colours = colours;
    if (first) return;
    const [none, soft, line] = [undefined, this.ink(0.35), this.ink(0.55)];
    this.Plotly.update(this.plot,
      { "marker.color": [this.ink(0.45), none, none], "line.color": [none, line, this.accent()], fillcolor: [none, soft, this.accent("33")] },
      { "font.color": this.ink(1), "xaxis.gridcolor": this.ink(0.1) }, [0, 1, 2]);
  }

  drawClip(clip) {
    this.clips.get(clip.id)?.nodes.forEach((node) => node.remove());
    const { clock, make } = this.helpers;
    const name = `Clip ${clip.rank}, ${clip.state}: ${clip.title}`;
    const parts = clip.parts.map(([a, b], index) => {
      const node = this.mark(`lh-clip lh-clip-${clip.state}`, a, b, `${name} (${clock(a)} - ${clock(b)})`, () => this.helpers.select(clip.id));
      node.tabIndex = index ? -1 : 0;
      node.dataset.clip = clip.id;
      return node;
    });
    const label = make("div", "lh-clip-label");
    Object.assign(label.dataset, { t0: clip.parts[0][0], t1: clip.parts.at(-1)[1] });
    label.setAttribute("aria-hidden", "true");
    this.overlay.append(label);
    const text = `${clip.rank}. ${clip.state === "accepted" ? "✓ " : clip.state === "rejected" ? "✕ " : ""}${clip.title}`;
    this.clips.set(clip.id, { nodes: [...parts, label], parts, label, text, rank: clip.rank, looks: JSON.stringify(clip) });
    this.select(this.selected);
  }

  select(id) {
    this.selected = id;
    for (const [clip, { parts }] of this.clips) {
      for (const node of parts) {
        node.classList.toggle("lh-clip-selected", clip === id);
        node.setAttribute("aria-pressed", String(clip === id));
      }
    }
  }

  mark(classes, start, end, name, action) {
    const node = this.helpers.make("button", classes);
    node.type = "button";
    node.title = name;
    node.setAttribute("aria-label", name);
    node.onclick = action;
    Object.assign(node.dataset, { t0: start, t1: end });
    this.overlay.append(node);
    return node;
  }

  drawMarks() {
    const { clock, make, seek } = this.helpers;
    const { topics, slides } = this.bundle;
    for (const topic of topics) {
      const node = this.mark("lh-topic", topic.start, topic.end, `Topic, ${clock(topic.start)}: ${topic.title}`, () => seek(topic.start));
      node.textContent = topic.title;
      this.marks.push({ node, lane: "topics" });
    }
    slides.forEach((slide, index) => {
      const title = slide.title ? `: ${slide.title}` : "";
      const node = this.mark("lh-still", slide.start, slide.end, `Slide ${index + 1}, ${clock(slide.start)}${title}`, () => seek(slide.start));
      node.tabIndex = -1;
      if (slide.still) node.style.backgroundImage = `url("${encodeURI(slide.still)}")`;
      node.append(make("span", "lh-still-title", slide.title || String(index + 1)));
      this.marks.push({ node, lane: "slides" });
    });
  }

  lane(name) {
    const size = this.plot._fullLayout._size;
    const [low, high] = LANES[name];
    return { top: size.t + (1 - high) * size.h, height: (high - low) * size.h };
  }

  // Returns the width that a node gets in its lane, 0 when it is out of view.
  stretch(node, lane) {
    const axis = this.plot._fullLayout.xaxis;
    const left = Math.max(0, axis.d2p(Number(node.dataset.t0)));
    const right = Math.min(axis._length, axis.d2p(Number(node.dataset.t1)));
    node.hidden = right - left < 1;
    const width = Math.max(3, right - left - 1);
    if (!node.hidden) Object.assign(node.style, { left: `${axis._offset + left}px`, width: `${width}px`, top: `${lane.top}px`, height: `${lane.height}px` });
    return node.hidden ? 0 : width;
  }

  place() {
    if (!this.plot._fullLayout) return;
    const lanes = { slides: this.lane("slides"), topics: this.lane("topics"), wave: this.lane("wave") };
    for (const { parts, label, text, rank } of this.clips.values()) {
      for (const node of parts) this.stretch(node, lanes.wave);
      const width = this.stretch(label, { top: lanes.wave.top, height: 20 });
      const shown = width < 9 ? "" : width < TIGHT ? String(rank) : text;
      label.classList.toggle("lh-clip-label-tight", width < TIGHT);
      if (label.textContent !== shown) label.textContent = shown;
    }
    for (const { node, lane } of this.marks) {
      const width = this.stretch(node, lanes[lane]);
      node.classList.toggle("lh-tight", width < (lane === "topics" ? 24 : 130));
    }
    this.playhead(this.time);
  }

  playhead(time) {
    this.time = time;
    const axis = this.plot._fullLayout?.xaxis;
    if (!axis) return;
    const at = axis.d2p(time);
    const out = at < 0 || at > axis._length;
    if (this.head.hidden !== out) this.head.hidden = out;
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
    this.away.abort();
    this.overlay.replaceChildren();
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
