// The timeline: lanes for slides, topics, silence, sound with the clips over it, and importance.
// Plotly draws what is measured; playhead, clips, topics and slide stills are overlays placed with
// its axes: they can be reached by key, cut their texts where room ends, and cost no redraw.

const HEIGHT = 400;
const LANES = { slides: [0.85, 1], topics: [0.72, 0.82], silence: [0.65, 0.69], wave: [0.29, 0.63], score: [0, 0.26] };
const POINTS = 3000;
const TIGHT = 56;
const NAMES = { slides: "Slides", topics: "Topics", silence: "Silence", wave: "Sound, clips", score: "Importance" };
const LEAST_S = 2;

export class Timeline {
  constructor(root, strip, helpers, data) {
    Object.assign(this, { root, strip, helpers, data });
    this.plot = root.querySelector(".lh-plot");
    this.overlay = root.querySelector(".lh-overlay");
    this.head = helpers.make("div", "lh-playhead");
    this.overlay.append(this.head);
    this.clips = new Map();
    this.live = { clips: [] };
    this.handles = new helpers.Handles(this, helpers);
    this.topics = [];
    this.time = 0;
    // The wheel scrolls the page, also over the timeline; with Ctrl (or a pinch) it zooms.
    this.away = new AbortController();
    root.addEventListener("wheel", (event) => this.wheel(event), { capture: true, passive: false, signal: this.away.signal });
  }

  // Shown again when more is known: what is in view stays in view.
  async show(bundle) {
    this.bundle = bundle;
    const Plotly = await this.helpers.loadPlotly(this.data.plotly);
    const range = this.plot._fullLayout?.xaxis.range ?? [0, bundle.duration];
    this.peaks = (await this.fetchPeaks(...range)) ?? this.peaks ?? { x: [], y: [] };
    if (this.away.signal.aborted) return;
    const config = { displayModeBar: false, scrollZoom: true, displaylogo: false, responsive: true, doubleClick: "reset" };
    await Plotly.react(this.plot, this.traces(), this.figure(range), config);
    this.scores = undefined;
    if (!this.Plotly) this.listen();
    this.Plotly = Plotly;
    if (this.tried?.preview) this.showSilences(this.tried);
    this.handles.show(bundle);
    this.drawMarks();
    this.place();
  }

  listen() {
    this.plot.on("plotly_relayouting", () => this.place());
    this.plot.on("plotly_afterplot", () => this.place());
    this.plot.on("plotly_relayout", (change) => this.zoomed(change));
    // Plotly's own click misses the space between bars; the lanes share one axis anyway.
    const options = { capture: true, signal: this.away.signal };
    this.plot.addEventListener("mousedown", (event) => { this.pressed = [event.clientX, event.clientY]; }, options);
    this.plot.addEventListener("mouseup", (event) => this.released(event), options);
  }

  traces() {
    const { silences, sentences } = this.bundle;
    return [
      { type: "bar", orientation: "h", yaxis: "y3", marker: { color: this.ink(0.45) }, width: 1, ...this.bars(silences),
        hovertemplate: "%{customdata[2]}<br>%{customdata[0]} - %{customdata[1]}<extra></extra>" },
      { x: this.peaks.x, y: this.peaks.y, yaxis: "y4", type: "scatter", mode: "lines", fill: "tozeroy",
        line: { width: 0.6, color: this.ink(0.55) }, fillcolor: this.ink(0.35), hoverinfo: "skip" },
      { x: sentences.flatMap((s) => [s.start, s.end]), y: sentences.flatMap(() => [0, 0]), yaxis: "y5", type: "scatter",
        mode: "lines", line: { width: 1.2, color: this.accent(), shape: "linear" }, fill: "tozeroy",
        fillcolor: this.accent(0.2), text: sentences.flatMap((s) => [short(s.text), short(s.text)]), hovertemplate: "%{text}<br>%{y:.2f}<extra></extra>" },
    ];
  }

  bars(items) {
    const { clock } = this.helpers;
    return {
      base: items.map((i) => i.start), x: items.map((i) => i.end - i.start), y: items.map(() => 0),
      customdata: items.map((i) => [clock(i.start), clock(i.end), i.type.replace("_", " ")]),
    };
  }

  // Shows other silences in the lane; the lane's name says that they are not those of the run.
  showSilences(tried) {
    this.tried = tried;
    if (!this.Plotly) return;
    const { silences, preview } = tried;
    const bars = Object.fromEntries(Object.entries(this.bars(silences)).map(([name, values]) => [name, [values]]));
    const at = Object.keys(NAMES).indexOf("silence");
    this.Plotly.update(this.plot, bars, { [`annotations[${at}].text`]: preview ? "<b>Preview</b>" : NAMES.silence }, [0]);
  }

  figure([from, to]) {
    const lane = (name, range) => ({ domain: LANES[name], range, fixedrange: true, showticklabels: false, showgrid: false, zeroline: false });
    const { values, labels } = ticks(from, to, this.helpers.clock);
    return {
      uirevision: "keep", dragmode: "pan", hovermode: "closest", showlegend: false, barmode: "overlay", height: HEIGHT,
      margin: { l: 76, r: 12, t: 6, b: 26 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: this.ink(1), family: this.theme().font, size: 12 },
      xaxis: { range: [from, to], minallowed: 0, maxallowed: this.bundle.duration, tickvals: values,
        ticktext: labels, gridcolor: this.ink(0.1), zeroline: false, anchor: "y5" },
      yaxis: lane("slides", [0, 1]), yaxis3: lane("silence", [-0.5, 0.5]),
      yaxis4: lane("wave", [-1, 1]), yaxis5: { ...lane("score", [0, 1]), rangemode: "nonnegative" },
      annotations: Object.entries(NAMES).map(([name, text]) => ({ text, xref: "paper", x: -0.005, xanchor: "right", yref: "paper",
          y: (LANES[name][0] + LANES[name][1]) / 2, yanchor: "middle", showarrow: false, font: { size: 11 } })),
    };
  }

  theme() { return this.helpers.theme(this.root); }
  ink(alpha) { return this.theme().ink(alpha); }
  accent(alpha) { return this.theme().accent(alpha); }

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

  // Whether less than all is in view.
  near() {
    const [a, b] = this.plot._fullLayout.xaxis.range;
    return b - a < this.bundle.duration - 0.5;
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
    this.live = live;
    // What a person holds in their hand is not drawn anew; it is when they let go.
    if (this.handles.busy) return;
    const least = Math.min(...live.clips.filter(({ state }) => state !== "rejected").map(({ score }) => score));
    const scores = `${live.scores.join()} ${least}`;
    if (scores !== this.scores) {
      this.scores = scores;
      const top = Math.max(0.01, ...live.scores) * 1.1;
      // The dotted line is what the weakest clip reaches.
      const shapes = Number.isFinite(least) ? [{ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y5", y0: least, y1: least, line: { dash: "dot", width: 1, color: this.ink(0.7) } }] : [];
      this.Plotly.update(this.plot, { y: [live.scores.flatMap((s) => [s, s])] }, { "yaxis5.range": [0, top], shapes }, [2]);
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
      { "marker.color": [this.ink(0.45), none, none], "line.color": [none, line, this.accent()], fillcolor: [none, soft, this.accent(0.2)] },
      { "font.color": this.ink(1), "xaxis.gridcolor": this.ink(0.1) }, [0, 1, 2]);
  }

  // A clip whose picture is a preview, to be drawn as it is stored.
  forget(id) {
    const drawn = this.clips.get(id);
    if (drawn) drawn.looks = undefined;
  }

  settle() {
    this.update(this.live);
  }

  preview(id, kept) {
    const drawn = this.clips.get(id);
    drawn.looks = "preview";
    drawn.parts.forEach((node, at) => Object.assign(node.dataset, { t0: kept[at]?.[0] ?? 0, t1: kept[at]?.[1] ?? 0 }));
    drawn.span = [kept[0][0], kept.at(-1)[1]];
    Object.assign(drawn.label.dataset, { t0: drawn.span[0], t1: drawn.span[1] });
    this.place();
  }

  warn(id, on) {
    for (const node of this.clips.get(id).parts) node.classList.toggle("lh-clip-warned", on);
  }

  drawClip(clip) {
    const before = this.clips.get(clip.id)?.nodes ?? [];
    const held = before.indexOf(document.activeElement);
    const edge = held < 0 ? undefined : document.activeElement.dataset.edge;
    before.forEach((node) => node.remove());
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
    const text = `${clip.rank}. ${clip.locked ? "🔒 " : ""}${clip.state === "accepted" ? "✓ " : clip.state === "rejected" ? "✕ " : ""}${clip.title}`;
    const handles = this.handles.of(clip, parts);
    const span = [clip.parts[0][0], clip.parts.at(-1)[1]];
    this.clips.set(clip.id, { nodes: [...parts, label, ...handles], parts, label, handles, span, text, rank: clip.rank, looks: JSON.stringify(clip) });
    this.select(this.selected);
    // The focus stays where a person has it.
    if (held >= 0) (handles.find((node) => edge && node.dataset.edge === edge) ?? parts[0]).focus();
  }

  select(id) {
    this.selected = id;
    for (const [clip, { parts, handles }] of this.clips) {
      for (const node of handles) node.tabIndex = clip === id ? 0 : -1;
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
    const { clock, seek } = this.helpers;
    for (const node of this.topics) node.remove();
    this.topics = this.bundle.topics.map((topic) => {
      const node = this.mark("lh-topic", topic.start, topic.end, `Topic, ${clock(topic.start)}: ${topic.title}`, () => { seek(topic.start); this.helpers.explain(topic.topic); });
      node.textContent = topic.title;
      return node;
    });
    this.strip.show(this.bundle.slides, (...args) => this.mark(...args));
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
    const [topics, wave] = [this.lane("topics"), this.lane("wave")];
    const axis = this.plot._fullLayout.xaxis;
    if (this.handles.marked) this.stretch(this.handles.range, wave);
    else this.handles.range.hidden = true;
    for (const { parts, label, handles, span, text, rank } of this.clips.values()) {
      for (const node of parts) this.stretch(node, wave);
      this.handles.place(handles, ...span, wave, axis);
      const width = this.stretch(label, { top: wave.top, height: 20 });
      const shown = width < 9 ? "" : width < TIGHT ? String(rank) : text;
      label.classList.toggle("lh-clip-label-tight", width < TIGHT);
      if (label.textContent !== shown) label.textContent = shown;
    }
    for (const node of this.topics) node.classList.toggle("lh-tight", this.stretch(node, topics) < 24);
    this.strip.place(this.lane("slides"), (node, lane) => this.stretch(node, lane));
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

const ticks = (from, to, clock) => {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((s) => (to - from) / s <= 10) ?? 3600;
  const values = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) values.push(at);
  return { values, labels: values.map(clock) };
};
