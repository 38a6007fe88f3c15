// How screen and camera are arranged: fields made from the declarations of the compiler.

import { make } from "./drawing.js";

export class Shape {
  constructor(node, changed) {
    Object.assign(this, { node, changed });
  }

  show(fields) { this.node.replaceChildren(...fields.map((field) => this.field(field))); }

  field(field) {
    const label = make("label", "lh-field", field.label);
    const input = make(field.choices.length ? "select" : "input");
    if (field.choices.length) input.append(...field.choices.map((name) => Object.assign(make("option", "", name.replaceAll("_", " ")), { value: name })));
    else Object.assign(input, { type: "range", min: field.low, max: field.high, step: field.step });
    input.value = field.value;
    input.dataset.name = field.name;
    input.title = field.help;
    input.oninput = this.changed;
    label.append(input);
    return label;
  }

  values() {
    const inputs = [...this.node.querySelectorAll("[data-name]")];
    return Object.fromEntries(inputs.map((input) => [input.dataset.name, input.type === "range" ? Number(input.value) : input.value]));
  }
}
