// What the settings would give: the clips with what becomes of each, and the figures against what
// people have marked or accepted.

import { clock, make, theme } from "./drawing.js";
import { many } from "./notebook.js";
import { SIGNS } from "./planline.js";

const WORDS = { kept: "kept", moved: "moved", new: "new", lost: "lost" };
const FIGURES = { precision: "Precision", recall: "Recall", f1: "F1", topic_coverage: "Topics covered", edge_error_s: "Edges off by" };
const REFERENCES = { marked: "Against what is marked", accepted: "Against the accepted clips" };
const COLUMNS = ["Rank", "Change", "From", "To", "Score", "Title"];
const NO_FIGURES = "Drag over the timeline to mark what is important, or mark sentences below; a click on a mark takes it off. The figures of these settings then stand here.";

const figure = (name, value) => (value === null ? "\u2013" : name.endsWith("_s") ? `${value.toFixed(1)} s` : `${Math.round(100 * value)} %`);

export const drawLine = (line, { found, bundle, marks, root }) => {
  const gone = new Set(found.lost.map((clip) => clip.rank));
  const before = bundle.clips.filter((clip) => clip.state !== "rejected").map((clip) => ({ ...clip, change: gone.has(clip.rank) ? "lost" : "kept" }));
  line.show({
    duration: bundle.lecture.duration, topics: bundle.topics, sentences: bundle.sentences, scores: found.scores,
    threshold: found.threshold, before, clips: found.clips, marks, theme: theme(root),
  });
};

// How many clips are kept, moved, new and lost.
export const counts = ({ clips, lost }) => {
  const count = { kept: 0, moved: 0, new: 0, lost: lost.length };
  for (const clip of clips) count[clip.change] += 1;
  return count;
};

export const summary = (found) => {
  const told = Object.entries(counts(found)).filter(([, n]) => n).map(([name, n]) => `${n} ${WORDS[name]}`);
  return `${many(found.clips.length, "clip")}, ${clock(found.total_s)} in all${told.length ? `: ${told.join(", ")}` : ""}.`;
};

const row = (kind, texts) => {
  const line = make("tr");
  for (const text of texts) line.append(make(kind, "", String(text)));
  return line;
};

export const drawClips = (node, { clips, lost }) => {
  const table = make("table", "lh-changes");
  table.append(row("th", COLUMNS));
  for (const clip of [...clips, ...lost.map((one) => ({ ...one, change: "lost" }))]) {
    const was = clip.change === "moved" ? ` (was ${clock(clip.was[0])} to ${clock(clip.was[1])})` : "";
    const change = `${SIGNS[clip.change]} ${WORDS[clip.change]}${was}`;
    const line = row("td", [clip.rank, change, clock(clip.parts[0][0]), clock(clip.parts.at(-1)[1]), clip.score.toFixed(2), clip.title]);
    line.className = `lh-change-${clip.change}`;
    table.append(line);
  }
  node.replaceChildren(table);
};

export const drawFigures = (node, { figures }) => {
  const lines = Object.entries(figures).map(([name, values]) => {
    const told = Object.entries(values).map(([one, value]) => `${FIGURES[one]} ${figure(one, value)}`);
    return make("p", "", `${REFERENCES[name]}: ${told.join(", ")}.`);
  });
  node.replaceChildren(...(lines.length ? lines : [make("p", "lh-hint", NO_FIGURES)]));
};
