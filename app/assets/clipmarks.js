// The clips on the timeline: a button per kept part, a label, and the handles of the edges.

import { clock, make } from "./drawing.js";

const LABEL_PX = 20;
const TIGHT_PX = 56;
const LEAST_PX = 9;
const SIGNS = { accepted: "✓ ", rejected: "✕ " };

export class Clipmarks {
  constructor(timeline, select) {
    Object.assign(this, { timeline, choose: select, clips: new Map() });
  }

  // Draws what changed and nothing else; returns whether anything did.
  update(clips) {
    const seen = new Set(clips.map((clip) => clip.id));
    for (const [id, drawn] of this.clips) if (!seen.has(id)) { drawn.nodes.forEach((n) => n.remove()); this.clips.delete(id); }
    const changed = clips.filter((clip) => this.clips.get(clip.id)?.looks !== JSON.stringify(clip));
    for (const clip of changed) this.draw(clip);
    return changed.length > 0;
  }

  draw(clip) {
    const before = this.clips.get(clip.id)?.nodes ?? [];
    const held = before.indexOf(document.activeElement);
    const edge = held < 0 ? undefined : document.activeElement.dataset.edge;
    before.forEach((node) => node.remove());
    const parts = this.parts(clip);
    const label = make("div", "lh-clip-label");
    label.setAttribute("aria-hidden", "true");
    this.timeline.overlay.append(label);
    const handles = this.timeline.handles.of(clip, parts);
    const drawn = { nodes: [...parts, label, ...handles], parts, label, handles, rank: clip.rank, looks: JSON.stringify(clip) };
    drawn.text = `${clip.rank}. ${clip.locked ? "🔒 " : ""}${SIGNS[clip.state] ?? ""}${clip.title}`;
    this.clips.set(clip.id, drawn);
    this.stretch(drawn, clip.parts);
    this.select(this.selected);
    // The focus stays where a person has it.
    if (held >= 0) (handles.find((node) => edge && node.dataset.edge === edge) ?? parts[0]).focus();
  }

  parts(clip) {
    const name = `Clip ${clip.rank}, ${clip.state}: ${clip.title}`;
    return clip.parts.map(([a, b], index) => {
      const node = this.timeline.mark(`lh-clip lh-clip-${clip.state}`, a, b, `${name} (${clock(a)} - ${clock(b)})`, () => this.choose(clip.id));
      node.tabIndex = index ? -1 : 0;
      node.dataset.clip = clip.id;
      return node;
    });
  }

  stretch(drawn, kept) {
    drawn.parts.forEach((node, at) => Object.assign(node.dataset, { t0: kept[at]?.[0] ?? 0, t1: kept[at]?.[1] ?? 0 }));
    drawn.span = [kept[0][0], kept.at(-1)[1]];
    Object.assign(drawn.label.dataset, { t0: drawn.span[0], t1: drawn.span[1] });
  }

  // A clip as it would be, while a person holds it.
  preview(id, kept) {
    const drawn = this.clips.get(id);
    drawn.looks = "preview";
    this.stretch(drawn, kept);
  }

  // A clip whose picture is a preview, to be drawn as it is stored.
  forget(id) {
    this.timeline.handles.held = null;
    const drawn = this.clips.get(id);
    if (drawn) drawn.looks = undefined;
  }

  warn(id, on) {
    for (const node of this.clips.get(id).parts) node.classList.toggle("lh-clip-warned", on);
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

  place(lane, axis) {
    for (const { parts, label, handles, span, text, rank } of this.clips.values()) {
      for (const node of parts) this.timeline.stretch(node, lane);
      this.timeline.handles.place(handles, ...span, lane, axis);
      const width = this.timeline.stretch(label, { top: lane.top, height: LABEL_PX });
      const shown = width < LEAST_PX ? "" : width < TIGHT_PX ? String(rank) : text;
      label.classList.toggle("lh-clip-label-tight", width < TIGHT_PX);
      if (label.textContent !== shown) label.textContent = shown;
    }
  }
}
