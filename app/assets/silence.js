// The silence cell: how often each level occurs, the threshold among the levels, and a slider for
// each tunable. The server decides again while a slider moves; nothing of it is stored.

const HEIGHT = 220;
const AROUND_DB = 4;

const decimals = (step) => (String(step).split(".")[1] ?? "").length;
const said = (field, value) => (field.step ? `${Number(value).toFixed(decimals(field.step))} ${field.unit}`.trim() : String(value));
const minus = (text) => String(text).replace("-", "\u2212");
const seconds = (value) => (value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`);
const percent = (share) => `${Math.round(share * 100)} %`;

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

  async load(data) {
    this.data = data;
    this.drawing ??= await import(new URL(data.modules.drawing, document.baseURI).href);
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
    const { make } = this.drawing;
    this.inputs = new Map();
    this.part("fields").replaceChildren(...this.data.fields.map((field) => {
      const row = make("div", "lh-tunable");
      const [label, value, help] = [make("label", "", field.label), make("span", "lh-tunable-value"), make("span", "lh-hint", field.help)];
      const input = this.input(field);
      input.id = label.htmlFor = `lh-silence-${field.name}`;
      help.id = `${input.id}-help`;
      input.setAttribute("aria-describedby", help.id);
      row.append(label, value, input, help);
      this.inputs.set(field.name, { field, input, value });
      return row;
    }));
    this.tell();
  }

  input(field) {
    const { make } = this.drawing;
    if (field.choices.length) {
      const select = make("select");
      select.append(...field.choices.map((choice) => make("option", "", String(choice))));
      select.onchange = () => this.change(field, field.choices[select.selectedIndex]);
      return select;
    }
    const input = make("input");
    if (field.type === "boolean") {
      input.type = "checkbox";
      input.onchange = () => this.change(field, input.checked);
      return input;
    }
    Object.assign(input, { type: "range", min: field.low, max: field.high, step: field.step });
    input.oninput = () => this.change(field, Number(input.value));
    return input;
  }

  change({ name }, value) {
    this.values[name] = value;
    this.tell();
    this.ask();
  }

  changed() {
    return Object.keys(this.values).filter((name) => this.values[name] !== this.stored[name]);
  }

  // Shows the values, and the command that would run with them.
  tell() {
    for (const [name, { field, input, value }] of this.inputs) {
      const now = this.values[name];
      if (input.type === "checkbox") input.checked = now;
      else input.value = String(now);
      value.textContent = input.type === "range" ? said(field, now) : "";
      if (input.type === "range") input.setAttribute("aria-valuetext", said(field, now));
      value.classList.toggle("lh-tunable-changed", now !== this.stored[name]);
    }
    const flags = this.changed().map((name) => ` --silence.${name.replaceAll("_", "-")} ${this.values[name]}`);
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
    const { threshold_db: threshold, quieter, count, total_s: total, longest_s: longest } = this.found;
    const line = threshold === null
      ? "No threshold: by its levels alone, nothing in this recording stands out as speech."
      : `The threshold lies at ${minus(threshold.toFixed(1))} dB: ${percent(quieter)} of the recording is quieter.`;
    const sum = count ? `${count} ${count === 1 ? "silence" : "silences"}, ${seconds(total)} in all (${percent(total / this.data.duration)}), the longest ${seconds(longest)}.` : "No silence is found.";
    this.part("words").textContent = `${line} ${sum}`;
    if (!this.root.clientWidth) return;
    const Plotly = await this.drawing.loadPlotly(this.data.plotly);
    if (this.gone) return;
    await Plotly.react(this.part("plot"), [this.bars()], this.figure(), { displayModeBar: false, responsive: true });
    this.plotted = Plotly;
  }

  bars() {
    const { counts, edges, threshold_db: threshold } = this.found;
    const { ink, accent } = this.drawing.theme(this.root);
    const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
    const middles = counts.map((_, i) => (edges[i] + edges[i + 1]) / 2);
    return {
      type: "bar", x: middles, y: counts.map((count) => (100 * count) / total),
      width: edges[1] - edges[0],
      marker: { color: middles.map((level) => (threshold === null || level < threshold ? ink(0.4) : accent())) },
      hovertemplate: "%{x:.0f} dB: %{y:.1f} % of the time<extra></extra>",
    };
  }

  figure() {
    const { counts, edges, threshold_db: threshold } = this.found;
    const { ink, font, background } = this.drawing.theme(this.root);
    const heard = counts.map((count, i) => (count ? i : -1)).filter((i) => i >= 0);
    const from = Math.min(edges[heard[0] ?? 0], threshold ?? 0) - AROUND_DB;
    const at = { x: threshold, xref: "x", yref: "paper" };
    return {
      height: HEIGHT, margin: { l: 44, r: 8, t: 22, b: 40 }, bargap: 0, showlegend: false, dragmode: false,
      paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink(), family: font, size: 12 },
      hoverlabel: { bgcolor: background, font: { color: ink() } },
      xaxis: { title: { text: "Level in dB below full scale", standoff: 6 }, range: [from, Math.min(0, edges[(heard.at(-1) ?? 0) + 1] + AROUND_DB)], fixedrange: true, gridcolor: ink(0.1), zeroline: false },
      yaxis: { ticksuffix: " %", rangemode: "tozero", fixedrange: true, gridcolor: ink(0.1), zeroline: false, nticks: 4 },
      shapes: threshold === null ? [] : [{ type: "line", x0: threshold, x1: threshold, yref: "paper", y0: 0, y1: 1, line: { color: "#e11d48", width: 2 } }],
      annotations: threshold === null ? [] : [{ ...at, y: 1, yanchor: "bottom", showarrow: false, text: `threshold ${minus(threshold.toFixed(1))} dB`, font: { size: 12 } }],
    };
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
