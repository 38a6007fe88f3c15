// The notebook: the pipeline as cells from silence to clips. Cells that only decide follow their
// sliders at once, by asking the server; the formula is nowhere but there, and nothing is stored.

import { Cells } from "./cells.js";
import * as pictures from "./cellpictures.js";
import { ClipStill } from "./clipstill.js";
import { clock, loadPlotly, make, theme } from "./drawing.js";
import { drawHistogram, silenceWords } from "./histogram.js";
import { MarkedLines } from "./marks.js";
import { about, differing, estimate, many, stale } from "./notebook.js";
import { Planline } from "./planline.js";
import * as planview from "./planview.js";
import { Presets } from "./presets.js";
import { Questions } from "./questions.js";
import { flag, read } from "./tunables.js";

const URL_MS = 250;
const BUSY = ["pending", "running"];

class Lab {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.lh-lab-${name}`);
    for (const name of ["run", "reset", "defaults", "copy"]) this.part(name).onclick = () => this[name]();
    this.part("nearer").onclick = () => this.line?.zoom(0.5);
    this.part("farther").onclick = () => this.line?.zoom(2);
    this.part("whole").onclick = () => this.line?.whole();
    const mark = (...stretch) => this.mark(...stretch);
    this.lines = new MarkedLines(this.part("transcript"), mark);
    this.cells = new Cells(this.part("cells"), { changed: (name, value) => this.use({ [name]: value }), run: () => this.run() });
    this.questions = new Questions((text) => this.problem(text));
  }

  async load(data) {
    this.data = data;
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

  async fetchAll() {
    const { questions, data } = this;
    const found = await Promise.all([data.notebook, data.bundle, data.marks].map((address) => questions.get(address)));
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

  // What the address asks for; a link is of one run, and names what differs from it.
  given() {
    const found = {};
    const strange = [];
    for (const [name, text] of new URLSearchParams(location.search)) {
      const field = this.fields.find((one) => one.name === name);
      const value = field && read(field, text);
      if (value !== undefined) found[name] = value;
      else if (name.includes(".")) strange.push(name.slice(0, 60));
    }
    if (strange.length) this.problem(`This link has settings that are not known here: ${strange.join(", ")}.`);
    return found;
  }

  build() {
    this.still?.destroy();
    this.still = undefined;
    this.cells.build(this.notebook.cells);
    this.line?.destroy();
    this.part("line").replaceChildren();
    this.line = new Planline(this.part("line"), {
      mark: (start, end, is) => this.mark(start, end, is),
      say: (text) => { this.part("hover").textContent = text; },
    });
    this.lines.show(this.bundle.sentences, this.marks);
    this.shelf ??= new Presets(this.root.querySelector(".lh-lab-presets"), {
      differing: () => differing(this.values, this.usual),
      use: (values) => this.use({ ...this.usual, ...values }),
      say: (text) => this.say(text),
    }, this.questions);
  }

  // --- settings -----------------------------------------------------------------------------------

  changed() { return differing(this.values, this.stored); }

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

  tell() {
    const { data, notebook, values, stored, usual } = this;
    const changed = this.changed();
    const stages = stale(notebook, changed);
    const seconds = estimate(notebook, stages, changed, this.found);
    this.drawStill(changed);
    this.cells.tell({ values, stored, states: data.states, notebook, stages, changed, seconds });
    const count = Object.keys(changed).length;
    const running = Object.values(data.states).some((state) => BUSY.includes(state));
    this.part("changed").textContent = count ? `${many(count, "setting")} ${count === 1 ? "differs" : "differ"} from this run.` : "All settings are those of this run.";
    this.part("run").textContent = count ? `Run with these settings: ${about(seconds)}` : "Run with these settings";
    this.part("reset").disabled = !count;
    this.part("run").disabled = !count || running;
    const unusual = differing(values, usual);
    this.part("defaults").disabled = !Object.keys(unusual).length;
    const flags = Object.entries(unusual).map(([name, value]) => ` ${flag(this.fields.find((field) => field.name === name), value)}`);
    this.part("command").textContent = `lecture highlights FILE --out DIR${flags.join("")}`;
  }

  // --- questions ----------------------------------------------------------------------------------

  ask() {
    return this.questions.put("plan", async () => {
      const found = await this.questions.send(this.data.plan, "POST", { job: this.notebook.job, values: this.changed() });
      if (!found || this.gone) return;
      this.found = found;
      this.tell();
      this.drawPlan();
    });
  }

  askLevels() {
    return this.questions.put("levels", async () => {
      const values = Object.entries(this.changed()).filter(([name]) => name.startsWith("silence."));
      const query = new URLSearchParams(values.map(([name, value]) => [name.slice("silence.".length), String(value)]));
      const found = await this.questions.get(`${this.data.silence}&${query}`);
      if (!found || this.gone) return;
      this.levels = found;
      await this.drawLevels();
    });
  }

  // --- pictures -----------------------------------------------------------------------------------

  draw() {
    const { bundle, notebook } = this;
    const looks = theme(this.root);
    const look = JSON.stringify([this.looks, looks.ink(), looks.background, this.root.clientWidth]);
    if (look === this.look) return;
    this.look = look;
    pictures.drawWords(this.cells.picture("transcript"), notebook.words);
    pictures.drawLayouts(this.cells.picture("layout"), bundle);
    pictures.drawContent(this.cells.picture("content"), notebook.content, bundle.topics, looks);
    if (this.found) this.drawPlan();
    if (this.levels) this.drawLevels();
  }

  // What the compiler would make of a clip; the settings before it choose other clips, not its look.
  drawStill(changed) {
    const node = this.cells.picture("compile");
    if (!this.bundle.clips.length) return node.replaceChildren(make("p", "lh-hint", "There is no clip to show yet."));
    const mine = Object.entries(changed).filter(([name]) => name.startsWith("compile."));
    this.still ??= new ClipStill(node);
    return this.still.show(this.bundle.clips, Object.fromEntries(mine.map(([name, value]) => [name.slice("compile.".length), value])));
  }

  async drawLevels() {
    const node = this.cells.picture("silence");
    if (!node.firstChild) node.append(make("p", "lh-silence-words"), make("div", "lh-silence-plot"));
    node.firstChild.textContent = silenceWords(this.levels, this.bundle.lecture.duration);
    const Plotly = await loadPlotly();
    if (this.gone || !node.lastChild) return;
    await drawHistogram(Plotly, node.lastChild, this.levels, theme(this.root));
    this.plotted = Plotly;
  }

  drawPlan() {
    const { found, notebook } = this;
    planview.drawLine(this.line, this);
    this.part("summary").textContent = planview.summary(found);
    this.root.dataset.plan = JSON.stringify(planview.counts(found));
    planview.drawClips(this.cells.picture("clips"), found);
    const weights = notebook.content?.names.map((name) => this.values[`extract.weights.${name}`] ?? 0);
    pictures.drawImportance(this.cells.picture("importance"), notebook.content, weights, theme(this.root));
    planview.drawFigures(this.part("figures"), found);
  }

  // --- what buttons and marks do ------------------------------------------------------------------

  async mark(start, end, is) {
    const marks = await this.questions.send(this.data.marks, is ? "POST" : "DELETE", { start: Math.max(0, start), end });
    if (!marks || this.gone) return;
    this.marks = marks;
    this.lines.tell(marks);
    this.say(is ? `Marked ${clock(start)} to ${clock(end)}.` : "The mark is taken off.");
    await this.ask();
  }

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
    this.gone = this.questions.gone = true;
    clearTimeout(this.later);
    this.line?.destroy();
    this.still?.destroy();
    if (this.plotted) this.plotted.purge(this.cells.picture("silence").lastChild);
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
