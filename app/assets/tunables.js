// A form of tunables, made from their declarations: a slider, a list or a tick for each.

import { make } from "./drawing.js";

const decimals = (step) => (String(step).split(".")[1] ?? "").length;

export const said = (field, value) => {
  if (field.type === "boolean") return value ? "on" : "off";
  return field.step ? `${Number(value).toFixed(decimals(field.step))} ${field.unit}`.trim() : String(value).replaceAll("_", " ");
};

// A text of an address as the value that a field takes; undefined where it takes none such.
export const read = (field, text) => {
  if (field.choices.length) return field.choices.find((choice) => String(choice) === text);
  if (field.type === "boolean") return { true: true, false: false }[text.toLowerCase()];
  return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
};

// What a person types to get a value on the command line.
export const flag = (field, value) => {
  const [path, name] = [field.name.split(".").slice(0, -1).join("."), field.name.split(".").at(-1)];
  const dashed = (words) => words.replaceAll("_", "-");
  if (field.type === "boolean") return `--${path}.${value ? "" : "no-"}${dashed(name)}`;
  return `--${dashed(field.name)} ${value}`;
};

export class Tunables {
  // `changed(name, value)` hears of each move.
  constructor(node, fields, { prefix, changed }) {
    Object.assign(this, { prefix, changed });
    this.rows = new Map();
    let group = "";
    for (const field of fields) {
      if (field.group && field.group !== group && field.group !== "weights") node.append(make("h4", "lh-tunable-group", `Of the ${field.group}`));
      group = field.group;
      node.append(this.row(field));
    }
  }

  row(field) {
    const row = make("div", "lh-tunable");
    const [label, value, help] = [make("label", "", field.label), make("span", "lh-tunable-value"), make("span", "lh-hint", field.help)];
    const input = this.input(field);
    input.id = label.htmlFor = `lh-${this.prefix}-${field.name}`;
    help.id = `${input.id}-help`;
    input.setAttribute("aria-describedby", help.id);
    row.append(label, value, input, help);
    this.rows.set(field.name, { field, input, value });
    return row;
  }

  input(field) {
    if (field.choices.length) {
      const select = make("select");
      select.append(...field.choices.map((choice) => make("option", "", String(choice).replaceAll("_", " "))));
      select.onchange = () => this.changed(field.name, field.choices[select.selectedIndex]);
      return select;
    }
    const input = make("input");
    if (field.type === "boolean") {
      input.type = "checkbox";
      input.onchange = () => this.changed(field.name, input.checked);
      return input;
    }
    Object.assign(input, { type: "range", min: field.low, max: field.high, step: field.step });
    input.oninput = () => this.changed(field.name, Number(input.value));
    return input;
  }

  // Shows the values; those that differ from the stored ones stand out.
  tell(values, stored) {
    for (const [name, { field, input, value }] of this.rows) {
      const [now, before] = [values[name], stored[name]];
      if (input.type === "checkbox") input.checked = now;
      else if (field.choices.length) input.selectedIndex = field.choices.indexOf(now);
      else input.value = String(now);
      const changed = now !== before;
      const shown = input.type === "range" ? said(field, now) : "";
      value.textContent = changed ? `${shown} (was ${said(field, before)})`.trim() : shown;
      if (input.type === "range") input.setAttribute("aria-valuetext", value.textContent);
      value.classList.toggle("lh-tunable-changed", changed);
    }
  }
}
