// Settings under a name, as a file, and as a link.

import { make } from "./drawing.js";

export class Presets {
  // `questions` are put to the server.
  constructor(node, ways, questions) {
    Object.assign(this, ways, { questions });
    this.part = (name) => node.querySelector(`.lh-presets-${name}`);
    this.part("load").onclick = () => this.load();
    this.part("delete").onclick = () => this.remove();
    this.part("save").onclick = () => this.save();
    this.part("name").onkeydown = (event) => { if (event.key === "Enter") this.save(); };
    this.part("export").onclick = () => this.export();
    this.part("import").onchange = (event) => this.import(event.target);
    this.part("link").onclick = () => this.link();
    this.list();
  }

  async list(chosen) {
    this.presets = (await this.questions.get("/api/v1/presets")) ?? [];
    const options = this.presets.map((preset) => Object.assign(make("option", "", preset.name), { value: preset.id }));
    const select = this.part("list");
    select.replaceChildren(...(options.length ? options : [make("option", "", "No preset yet")]));
    if (chosen) select.value = chosen;
    for (const name of ["list", "load", "delete"]) this.part(name).disabled = !options.length;
  }

  chosen() { return this.presets.find((preset) => preset.id === this.part("list").value); }

  load() {
    const preset = this.chosen();
    if (!preset) return;
    this.use(preset.values);
    this.part("name").value = preset.name;
    this.say(`These are the settings of \u201C${preset.name}\u201D.`);
  }

  async save() {
    const name = this.part("name").value;
    const preset = await this.questions.send("/api/v1/presets", "POST", { name, values: this.differing() });
    if (!preset) return;
    await this.list(preset.id);
    this.say(`Saved as \u201C${preset.name}\u201D.`);
  }

  async remove() {
    const preset = this.chosen();
    if (!preset || !(await this.questions.send(`/api/v1/presets/${preset.id}`, "DELETE"))) return;
    await this.list();
    // what was deleted is still set: saving it again is the way back
    this.part("name").value = preset.name;
    this.say(`\u201C${preset.name}\u201D is deleted; Save brings the settings that are shown back under its name.`);
    this.use(preset.values);
  }

  async export() {
    const body = JSON.stringify({ values: this.differing() });
    const response = await fetch("/api/v1/tuning/toml", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
    if (!response?.ok) return this.say("The file could not be made.");
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await response.blob()), download: "settings.toml" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return this.say("Saved as settings.toml.");
  }

  async import(input) {
    const [file] = input.files;
    if (!file) return;
    const values = await this.questions.get("/api/v1/tuning/toml", { method: "PUT", body: await file.text() });
    input.value = "";
    if (!values) return;
    this.use(values);
    this.say(`These are the settings of ${file.name}.`);
  }

  async link() {
    const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    this.say(done ? "The link is copied." : "Copy the address of this page: it holds these settings.");
  }
}
