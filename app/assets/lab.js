// The notebook: the pipeline as cells from silence to clips. Cells that only decide follow their
// sliders at once, by asking the server; the formula is nowhere but there, and nothing is stored.

const URL_MS = 250;
const WORDS = { kept: "kept", moved: "moved", new: "new", lost: "lost" };
const FIGURES = { precision: "Precision", recall: "Recall", f1: "F1", topic_coverage: "Topics covered", edge_error_s: "Edges off by" };
const REFERENCES = { marked: "Against what is marked", accepted: "Against the accepted clips" };

const about = (seconds) => (seconds < 1 ? "under 1 s" : seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`);
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const figure = (name, value) => (value === null ? "\u2013" : name.endsWith("_s") ? `${value.toFixed(1)} s` : `${Math.round(100 * value)} %`);

class Lab {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.lh-lab-${name}`);
    for (const name of ["run", "reset", "defaults", "copy"]) this.part(name).onclick = () => this[name]();
    this.part("nearer").onclick = () => this.line?.zoom(0.5);
    this.part("farther").onclick = () => this.line?.zoom(2);
    this.part("whole").onclick = () => this.line?.whole();
    this.part("transcript").ontoggle = () => this.listSentences();
  }

  async load(data) {
    this.data = data;
    for (const href of data.styles) {
      if (!document.querySelector(`link[href="${href}"]`)) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
    }
    if (!this.drawing) await this.bring(data.modules);
    const looks = JSON.stringify([data.notebook, data.bundle, data.version]);
    if (looks !== this.looks) {
      this.looks = looks;
      await this.fetchAll();
    }
    if (!this.notebook || this.gone) return;
    this.take(data.applied);
    this.tell();
    this.draw();
  }

  // What was chosen beside the notebook, such as the best cell of a sweep: once, and not again when
  // a person comes back to the page.
  take(applied) {
    const nonce = applied?.nonce ?? 0;
    const known = this.taken;
    this.taken = nonce;
    if (known !== undefined && nonce !== known) this.use(applied.values);
  }

  async bring(modules) {
    const names = ["drawing", "histogram", "tunables", "planline", "cellpictures", "presets", "composed", "clipstill"];
    const parts = await Promise.all(names.map((name) => import(new URL(modules[name], document.baseURI).href)));
    [this.drawing, this.histogram, this.tunables, this.planline, this.pictures, this.presets, this.composed, this.clipstill] = parts;
  }

  async fetchAll() {
    const found = await Promise.all([this.get(this.data.notebook), this.get(this.data.bundle), this.get(this.data.marks)]);
    if (this.gone || found.includes(null)) return this.problem("What this run has found could not be fetched; reload the page to try again.");
    const again = this.notebook?.job === found[0].job;
    [this.notebook, this.bundle, this.marks] = found;
    this.fields = this.notebook.cells.flatMap((cell) => cell.fields);
    this.stored = Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
    this.usual = Object.fromEntries(this.fields.map((field) => [field.name, field.default]));
    if (!again) this.values = { ...this.stored, ...this.given() };
    this.found = this.levels = undefined;
    this.build();
    this.ask();
    this.askLevels();
    return undefined;
  }

  async get(address, options) {
    const response = await fetch(address, options).catch(() => null);
    if (response?.status === 204) return true;
    const body = await response?.json().catch(() => null);
    if (response?.ok) return body;
    if (options) this.problem(body?.detail ?? "The server does not answer.");
    return null;
  }

  send(address, method, body) {
    return this.get(address, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  // What the address asks for; a link is of one run, and names what differs from it.
  given() {
    const found = {};
    const strange = [];
    for (const [name, text] of new URLSearchParams(location.search)) {
      const field = this.fields.find((one) => one.name === name);
      const value = field && this.tunables.read(field, text);
      if (value !== undefined) found[name] = value;
      else if (name.includes(".")) strange.push(name.slice(0, 60));
    }
    if (strange.length) this.problem(`This link has settings that are not known here: ${strange.join(", ")}.`);
    return found;
  }

  // --- the cells --------------------------------------------------------------------------------

  build() {
    const { make } = this.drawing;
    this.still?.destroy();
    this.still = undefined;
    this.forms = new Map();
    this.cells = new Map();
    this.part("cells").replaceChildren(...this.notebook.cells.map((cell) => {
      const section = make("section", "lh-cell");
      const [badge, cost] = [make("span", "lh-cell-state"), make("span", "lh-hint")];
      const heading = make("h3", "", cell.title);
      heading.id = `lh-cell-${cell.name}`;
      section.setAttribute("aria-labelledby", heading.id);
      const header = make("header", "lh-cell-header");
      header.append(heading, badge, cost);
      const picture = make("div", `lh-cell-picture lh-picture-${cell.name}`);
      const fields = make("div", "lh-cell-fields");
      const again = make("button", "lh-cell-again");
      again.type = "button";
      again.onclick = () => this.run();
      section.append(header, make("p", "", cell.says), picture, fields, again);
      const changed = (name, value) => this.change(name, value);
      this.forms.set(cell.name, new this.tunables.Tunables(fields, cell.fields, { make, prefix: "lab", changed }));
      this.cells.set(cell.name, { cell, section, badge, cost, picture, again });
      return section;
    }));
    this.line?.destroy();
    this.part("line").replaceChildren();
    this.line = new this.planline.Planline(this.part("line"), this.drawing, {
      mark: (start, end, is) => this.mark(start, end, is),
      say: (text) => { this.part("hover").textContent = text; },
    });
    this.part("transcript").open = false;
    this.shelf ??= new this.presets.Presets(this.part("presets"), this.drawing, {
      fields: () => this.fields,
      differing: () => this.changed(this.usual),
      use: (values) => this.use({ ...this.usual, ...values }),
      send: (...args) => this.send(...args),
      get: (...args) => this.get(...args),
      say: (text) => this.say(text),
    });
  }

  change(name, value) { this.use({ [name]: value }); }

  use(values) {
    const silence = Object.entries(values).some(([name, value]) => name.startsWith("silence.") && this.values[name] !== value);
    Object.assign(this.values, values);
    this.problem("");
    this.tell();
    this.ask();
    if (silence) this.askLevels();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keepAddress(), URL_MS);
  }

  changed(base = this.stored) {
    return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => value !== base[name]));
  }

  // The address names what differs from the run: a reload or a colleague gets the same.
  keepAddress() {
    if (this.gone) return;
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) if (name.includes(".")) query.delete(name);
    const changed = this.changed();
    if (Object.keys(changed).length) query.set("run", this.notebook.job);
    for (const [name, value] of Object.entries(changed)) query.set(name, String(value));
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
  }

  // Stages that a run with these settings would compute again: those changed, and what needs them.
  stale() {
    const found = new Set(Object.keys(this.changed()).map((name) => name.split(".")[0]));
    for (const [stage, needs] of Object.entries(this.notebook.needs)) if (needs.some((need) => found.has(need))) found.add(stage);
    return found;
  }

  estimate(stale) {
    const { costs } = this.notebook;
    const { clips = [], before_s: before } = this.found ?? {};
    const fresh = clips.filter((clip) => clip.change !== "kept");
    const anew = stale.has("extract") && !Object.keys(this.changed()).some((name) => name.startsWith("compile."));
    const share = anew && before ? fresh.reduce((sum, clip) => sum + clip.parts.reduce((all, [a, b]) => all + b - a, 0), 0) / before : 1;
    return [...stale].reduce((sum, stage) => sum + (costs[stage] ?? 0) * (stage === "compile" ? share : 1), 0);
  }

  tell() {
    const stale = this.stale();
    const changed = Object.keys(this.changed());
    this.drawStill();
    for (const [name, form] of this.forms) {
      form.tell(this.values, this.stored);
      this.tellState(this.cells.get(name), stale, changed);
    }
    const count = changed.length;
    const running = Object.values(this.data.states).some((state) => ["pending", "running"].includes(state));
    this.part("changed").textContent = count ? `${many(count, "setting")} ${count === 1 ? "differs" : "differ"} from this run.` : "All settings are those of this run.";
    this.part("run").textContent = count ? `Run with these settings: ${about(this.estimate(stale))}` : "Run with these settings";
    for (const name of ["run", "reset"]) this.part(name).disabled = !count;
    this.part("run").disabled = !count || running;
    this.part("defaults").disabled = !Object.keys(this.changed(this.usual)).length;
    const flags = Object.entries(this.changed(this.usual)).map(([name, value]) => ` ${this.tunables.flag(this.fields.find((field) => field.name === name), value)}`);
    this.part("command").textContent = `lecture highlights FILE --out DIR${flags.join("")}`;
  }

  tellState({ cell, section, badge, cost, again }, stale, changed) {
    const state = this.data.states[cell.stage];
    const is = ["pending", "running"].includes(state) ? (state === "running" ? "running" : "waiting")
      : !this.notebook.done.includes(cell.stage) ? "missing" : stale.has(cell.stage) ? (cell.live ? "preview" : "stale") : "fresh";
    section.dataset.state = is;
    const words = { running: "running now", waiting: "waits for its turn", missing: "has not run", preview: "preview of these settings", stale: "stale: the settings before it or its own differ", fresh: "fresh" };
    badge.textContent = words[is];
    const seconds = this.notebook.costs[cell.stage];
    cost.textContent = seconds === undefined ? "" : `took ${seconds < 1 ? seconds.toFixed(2) : seconds.toFixed(0)} s in this run`;
    const own = changed.some((name) => cell.fields.some((field) => field.name === name));
    again.hidden = cell.live || !own;
    again.textContent = `Run ${cell.title.toLowerCase()} again: ${about(seconds ?? 0)}, all that follows: ${about(this.estimate(stale))}`;
  }

  // --- questions: one at a time; while one is under way only the last of what follows is kept -----

  ask() {
    return this.question("plan", async () => {
      const body = { job: this.notebook.job, values: this.changed() };
      const found = await this.send(this.data.plan, "POST", body);
      if (!found || this.gone) return;
      this.found = found;
      this.tell();
      this.drawPlan();
    });
  }

  askLevels() {
    return this.question("levels", async () => {
      const values = Object.entries(this.changed()).filter(([name]) => name.startsWith("silence."));
      const query = new URLSearchParams(values.map(([name, value]) => [name.slice("silence.".length), String(value)]));
      const found = await this.get(`${this.data.silence}&${query}`);
      if (!found || this.gone) return;
      this.levels = found;
      await this.drawLevels();
    });
  }

  async question(name, put) {
    this.waiting = { ...this.waiting, [name]: true };
    if (this.asking?.[name]) return;
    this.asking = { ...this.asking, [name]: true };
    while (this.waiting[name] && !this.gone) {
      this.waiting[name] = false;
      await put();
    }
    this.asking[name] = false;
  }

  // --- pictures -----------------------------------------------------------------------------------

  draw() {
    const { drawing, bundle, notebook, pictures } = this;
    const place = (name) => this.cells.get(name).picture;
    const look = JSON.stringify([this.looks, drawing.theme(this.root).ink(), drawing.theme(this.root).background, this.root.clientWidth]);
    if (look === this.look) return;
    this.look = look;
    pictures.drawWords(place("transcript"), notebook.words, drawing);
    pictures.drawLayouts(place("layout"), bundle, drawing);
    this.drawTopics(place("content"));
    if (this.found) this.drawPlan();
    if (this.levels) this.drawLevels();
  }

  drawTopics(node) {
    const { make } = this.drawing;
    const { content } = this.notebook;
    if (!content) return node.replaceChildren(make("p", "lh-hint", "The topics are not known yet."));
    const [canvas, holder, list] = [make("canvas"), make("div", "lh-matrix"), make("div")];
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "How alike all stretches of the lecture are in their words; the squares are the topics, which the list names");
    holder.append(canvas);
    node.replaceChildren(holder, list);
    this.pictures.drawMatrix(canvas, content, this.drawing.theme(this.root));
    this.pictures.drawTopics(list, this.bundle.topics, this.drawing);
    return undefined;
  }

  // What the compiler would make of a clip; the settings before it choose other clips, not its look.
  drawStill() {
    const node = this.cells.get("compile").picture;
    if (!this.bundle.clips.length) return node.replaceChildren(this.drawing.make("p", "lh-hint", "There is no clip to show yet."));
    const mine = Object.entries(this.changed()).filter(([name]) => name.startsWith("compile."));
    this.still ??= new this.clipstill.ClipStill(node, this.drawing, this.composed);
    return this.still.show(this.bundle.clips, Object.fromEntries(mine.map(([name, value]) => [name.slice("compile.".length), value])));
  }

  async drawLevels() {
    const { make } = this.drawing;
    const node = this.cells.get("silence").picture;
    if (!node.firstChild) node.append(make("p", "lh-silence-words"), make("div", "lh-silence-plot"));
    node.firstChild.textContent = this.histogram.silenceWords(this.levels, this.bundle.lecture.duration);
    const Plotly = await this.drawing.loadPlotly(this.data.plotly);
    if (this.gone || !node.lastChild) return;
    await this.histogram.drawHistogram(Plotly, node.lastChild, this.levels, this.drawing.theme(this.root));
    this.plotted = Plotly;
  }

  drawPlan() {
    const { found, bundle, drawing } = this;
    const gone = new Set(found.lost.map((clip) => clip.rank));
    const before = bundle.clips.filter((clip) => clip.state !== "rejected").map((clip) => ({ ...clip, change: gone.has(clip.rank) ? "lost" : "kept" }));
    this.line.show({
      duration: bundle.lecture.duration, topics: bundle.topics, sentences: bundle.sentences, scores: found.scores,
      threshold: found.threshold, before, clips: found.clips, marks: this.marks, theme: drawing.theme(this.root),
    });
    const count = { kept: 0, moved: 0, new: 0, lost: found.lost.length };
    for (const clip of found.clips) count[clip.change] += 1;
    const told = Object.entries(count).filter(([, n]) => n).map(([name, n]) => `${n} ${WORDS[name]}`);
    this.part("summary").textContent = `${many(found.clips.length, "clip")}, ${drawing.clock(found.total_s)} in all${told.length ? `: ${told.join(", ")}` : ""}.`;
    this.root.dataset.plan = JSON.stringify(count);
    this.drawClips();
    this.drawImportance();
    this.drawFigures();
    this.tellSentences();
  }

  drawClips() {
    const { make, clock } = this.drawing;
    const { found } = this;
    const table = make("table", "lh-changes");
    const head = make("tr");
    for (const name of ["Rank", "Change", "From", "To", "Score", "Title"]) head.append(make("th", "", name));
    table.append(head);
    for (const clip of [...found.clips, ...found.lost.map((one) => ({ ...one, change: "lost" }))]) {
      const line = make("tr", `lh-change-${clip.change}`);
      const was = clip.change === "moved" ? ` (was ${clock(clip.was[0])} to ${clock(clip.was[1])})` : "";
      const change = `${this.planline.SIGNS[clip.change]} ${WORDS[clip.change]}${was}`;
      for (const text of [clip.rank, change, clock(clip.parts[0][0]), clock(clip.parts.at(-1)[1]), clip.score.toFixed(2), clip.title]) line.append(make("td", "", String(text)));
      table.append(line);
    }
    this.cells.get("clips").picture.replaceChildren(table);
  }

  drawImportance() {
    const { make } = this.drawing;
    const { content } = this.notebook;
    const node = this.cells.get("importance").picture;
    if (!content) return node.replaceChildren(make("p", "lh-hint", "No sentence is scored yet."));
    if (!node.querySelector("canvas")) {
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "What speaks for each sentence of the lecture, a lane per component");
      node.replaceChildren(canvas);
    }
    const weights = content.names.map((name) => this.values[`extract.weights.${name}`] ?? 0);
    this.pictures.drawComponents(node.firstChild, content, weights, this.drawing.theme(this.root));
    return undefined;
  }

  drawFigures() {
    const { make } = this.drawing;
    const lines = Object.entries(this.found.figures).map(([name, figures]) => {
      const told = Object.entries(figures).map(([one, value]) => `${FIGURES[one]} ${figure(one, value)}`);
      return make("p", "", `${REFERENCES[name]}: ${told.join(", ")}.`);
    });
    const none = make("p", "lh-hint", "Drag over the timeline to mark what is important, or mark sentences below; a click on a mark takes it off. The figures of these settings then stand here.");
    this.part("figures").replaceChildren(...(lines.length ? lines : [none]));
  }

  // --- marks ------------------------------------------------------------------------------------

  async mark(start, end, is) {
    const marks = await this.send(this.data.marks, is ? "POST" : "DELETE", { start: Math.max(0, start), end });
    if (!marks || this.gone) return;
    this.marks = marks;
    this.say(is ? `Marked ${this.drawing.clock(start)} to ${this.drawing.clock(end)}.` : "The mark is taken off.");
    await this.ask();
  }

  listSentences() {
    const { make, clock } = this.drawing;
    const node = this.part("sentences");
    if (!this.part("transcript").open || !this.bundle) return node.replaceChildren();
    node.replaceChildren(...this.bundle.sentences.map(({ start, end, text }) => {
      const line = make("button", "lh-line");
      line.type = "button";
      line.append(make("span", "lh-line-time", clock(start)), make("span", "", text));
      line.onclick = () => this.mark(start, end, line.getAttribute("aria-pressed") !== "true");
      return line;
    }));
    this.tellSentences();
    return undefined;
  }

  tellSentences() {
    [...this.part("sentences").children].forEach((line, i) => {
      const { start, end } = this.bundle.sentences[i];
      const is = this.marks.some(([from, to]) => from <= start + 0.01 && end - 0.01 <= to);
      line.setAttribute("aria-pressed", String(is));
    });
  }

  // --- buttons --------------------------------------------------------------------------------------

  run() { this.setTrigger("run", { job: this.notebook.job, values: this.changed() }); }
  reset() { this.use({ ...this.stored }); }
  defaults() { this.use({ ...this.usual }); }

  async copy() {
    const text = this.part("command").textContent;
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    this.say(done ? "Copied." : "Select the command and copy it.");
  }

  say(text) { this.part("said").textContent = text; }
  problem(text) { this.part("problem").textContent = text; }

  destroy() {
    this.gone = true;
    clearTimeout(this.later);
    this.line?.destroy();
    this.still?.destroy();
    if (this.plotted) this.plotted.purge(this.cells.get("silence").picture.lastChild);
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-lab");
  const lab = (root.lhLab ??= new Lab(root));
  lab.setTrigger = setTriggerValue;
  lab.load(data);
  return () => {
    lab.destroy();
    root.lhLab = null;
  };
}
