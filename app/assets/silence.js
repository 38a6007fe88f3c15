// The silence cell: how often each level occurs, the threshold among the levels, and a slider for
// each tunable. The server decides again while a slider moves; nothing of it is stored.

import { loadPlotly, theme } from "./drawing.js";
import { drawHistogram, silenceWords } from "./histogram.js";
import { Tunables, flag } from "./tunables.js";

class Silence {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`.lh-silence-${name}`);
    this.part("reset").onclick = () => this.reset();
    this.part("copy").onclick = () => this.copy();
    this.part("apply").onclick = () => this.apply();
    // Nothing is fetched or drawn before somebody opens the cell.
    this.sizes = new ResizeObserver(() => this.open());
    this.sizes.observe(root);
  }

  load(data) {
    this.data = data;
    const looks = JSON.stringify([data.address, data.fields]);
    if (looks !== this.looks) {
      this.looks = looks;
      this.stored = Object.fromEntries(data.fields.map((field) => [field.name, field.value]));
      this.values = { ...this.stored };
      this.found = undefined;
      this.build();
      this.tell();
    }
    if (this.found) this.draw();
    else this.open();
  }

  open() {
    if (!this.looks || this.found || !this.root.clientWidth) return;
    this.ask();
  }

  build() {
    this.part("fields").replaceChildren();
    const changed = (name, value) => this.change(name, value);
    this.form = new Tunables(this.part("fields"), this.data.fields, { prefix: "silence", changed });
  }

  change(name, value) {
    this.values[name] = value;
    this.tell();
    this.ask();
  }

  changed() {
    return Object.keys(this.values).filter((name) => this.values[name] !== this.stored[name]);
  }

  // Shows the values, and the command that would run with them.
  tell() {
    this.form.tell(this.values, this.stored);
    const flags = this.changed().map((name) => ` ${flag({ ...this.form.rows.get(name).field, name: `silence.${name}` }, this.values[name])}`);
    this.part("command").textContent = `lecture highlights RECORDING${flags.join("")}`;
    for (const name of ["reset", "apply", "copy"]) this.part(name).disabled = !flags.length;
    this.part("how").hidden = !flags.length;
  }

  // One question at a time; while it is under way only the last of what follows is kept.
  async ask() {
    this.waiting = true;
    if (this.asking) return;
    this.asking = true;
    while (this.waiting && !this.gone) {
      this.waiting = false;
      const query = new URLSearchParams(this.changed().map((name) => [name, this.values[name]]));
      const response = await fetch(`${this.data.address}&${query}`).catch(() => null);
      const found = await response?.json().catch(() => null);
      if (this.gone) return;
      if (response?.ok) {
        this.found = found;
        await this.draw();
        this.announce();
      } else this.part("words").textContent = found?.detail ?? "The silences could not be decided; reload the page to try again.";
    }
    this.asking = false;
  }

  // The timeline shows what is decided here.
  announce() {
    const detail = { silences: this.found.silences, preview: this.changed().length > 0 };
    document.dispatchEvent(new CustomEvent("lh-silences", { detail }));
  }

  async draw() {
    this.part("words").textContent = silenceWords(this.found, this.data.duration);
    if (!this.root.clientWidth) return;
    const Plotly = await loadPlotly();
    if (this.gone) return;
    await drawHistogram(Plotly, this.part("plot"), this.found, theme(this.root));
    this.plotted = Plotly;
  }

  reset() {
    this.values = { ...this.stored };
    this.tell();
    this.ask();
  }

  async copy() {
    const text = this.part("command").textContent;
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    this.part("done").textContent = done ? "Copied." : "Select the command and copy it.";
  }

  apply() {
    this.setTrigger("apply", Object.fromEntries(this.changed().map((name) => [name, this.values[name]])));
  }

  destroy() {
    this.gone = true;
    this.sizes.disconnect();
    document.dispatchEvent(new CustomEvent("lh-silences", { detail: null }));
    this.plotted?.purge(this.part("plot"));
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-silence");
  const silence = (root.lhSilence ??= new Silence(root));
  silence.setTrigger = setTriggerValue;
  silence.load(data);
  return () => {
    silence.destroy();
    root.lhSilence = null;
  };
}
