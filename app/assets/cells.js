// The cells of the notebook: each with its parameters, what it cost, and whether it is fresh.

import { make } from "./drawing.js";
import { about } from "./notebook.js";
import { Tunables } from "./tunables.js";

const WORDS = { running: "running now", waiting: "waits for its turn", missing: "has not run", preview: "preview of these settings", stale: "stale: the settings before it or its own differ", fresh: "fresh" };

export class Cells {
  constructor(root, { changed, run }) {
    Object.assign(this, { root, changed, run, forms: new Map(), cells: new Map() });
  }

  build(cells) {
    this.forms.clear();
    this.cells.clear();
    this.root.replaceChildren(...cells.map((cell) => this.section(cell)));
  }

  section(cell) {
    const section = make("section", "lh-cell");
    const [badge, cost] = [make("span", "lh-cell-state"), make("span", "lh-hint")];
    const heading = make("h3", "", cell.title);
    heading.id = `lh-cell-${cell.name}`;
    section.setAttribute("aria-labelledby", heading.id);
    const header = make("header", "lh-cell-header");
    header.append(heading, badge, cost);
    const picture = make("div", `lh-cell-picture lh-picture-${cell.name}`);
    // On a narrow screen it scrolls sideways, by key too.
    Object.assign(picture, { tabIndex: 0, role: "group", ariaLabel: `${cell.title}: what was found` });
    const fields = make("div", "lh-cell-fields");
    const again = make("button", "lh-cell-again");
    again.type = "button";
    again.onclick = () => this.run();
    section.append(header, make("p", "", cell.says), picture, fields, again);
    this.forms.set(cell.name, new Tunables(fields, cell.fields, { prefix: "lab", changed: this.changed }));
    this.cells.set(cell.name, { cell, section, badge, cost, picture, again });
    return section;
  }

  picture(name) { return this.cells.get(name).picture; }

  // `seconds` is what a run of all that is stale would take.
  tell({ values, stored, states, notebook, stages, changed, seconds }) {
    const names = Object.keys(changed);
    for (const [name, form] of this.forms) {
      form.tell(values, stored);
      this.tellState(this.cells.get(name), { state: states[this.cells.get(name).cell.stage], notebook, stages, names, seconds });
    }
  }

  tellState({ cell, section, badge, cost, again }, { state, notebook, stages, names, seconds }) {
    const is = state === "running" ? "running" : state === "pending" ? "waiting"
      : !notebook.done.includes(cell.stage) ? "missing" : !stages.has(cell.stage) ? "fresh" : cell.live ? "preview" : "stale";
    section.dataset.state = is;
    badge.textContent = WORDS[is];
    const took = notebook.costs[cell.stage];
    cost.textContent = took === undefined ? "" : `took ${took < 1 ? took.toFixed(2) : took.toFixed(0)} s in this run`;
    const own = names.some((name) => cell.fields.some((field) => field.name === name));
    again.hidden = cell.live || !own;
    again.textContent = `Run ${cell.title.toLowerCase()} again: ${about(took ?? 0)}, all that follows: ${about(seconds)}`;
  }
}
