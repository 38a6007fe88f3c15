// What a person does to clips where the playhead is: edges set, new ones made, one after another.

const LEAST_S = 25;
const MOST_S = 60;
const USUAL_S = 30;

const span = ({ parts }) => [parts[0][0], parts.at(-1)[1]];

export class Clipwork {
  constructor(deck) { this.deck = deck; }

  setEdge(edge, to = this.deck.video.currentTime) {
    const clip = this.deck.clip();
    if (!clip) return this.deck.say("Select a clip first.");
    const [start, end] = span(clip);
    const wanted = { start, end, [edge]: to };
    if (wanted.start >= wanted.end) return this.deck.say(`The clip cannot ${edge} there: its other edge lies before.`);
    return this.deck.edits.clip("resize", wanted);
  }

  // Longer by what is said up to the next pause, or from the one before.
  toPause(edge) {
    const clip = this.deck.clip();
    const to = clip && this.deck.timeline.handles.pause(clip, edge);
    if (clip && to === undefined) this.deck.say(`There is no pause ${edge === "end" ? "after" : "before"} it, up to the next clip.`);
    else this.setEdge(edge, to);
  }

  // Earlier or later as a whole; where that may not be, the answer to the edit says why.
  shift(by) {
    const { data, edits, timeline } = this.deck;
    const clip = this.deck.clip();
    if (data.may_change && clip && !clip.locked) timeline.handles.shift(clip, by);
    else edits.clip("move", { start: clip?.parts[0][0] });
  }

  // Of what is marked on the timeline or selected in the transcript; else half a minute from the
  // sentence under the playhead, as far as there is room.
  make() {
    const { captions, edits, timeline } = this.deck;
    if (captions.make()) return;
    const { marked } = timeline.handles;
    if (marked) {
      edits.send("create", { start: marked[0], end: marked[1] });
      timeline.handles.unmark();
      return;
    }
    const stretch = this.here(this.deck.video.currentTime);
    if (stretch) edits.send("create", stretch);
    else this.deck.say("There is a clip already; split it, or go where none is.");
  }

  here(now) {
    const { duration, sentences } = this.deck.bundle;
    const spans = this.deck.data.live.clips.filter(({ state }) => state !== "rejected").map(span);
    if (spans.some(([a, b]) => a <= now && now < b)) return null;
    const low = Math.max(0, ...spans.filter(([, b]) => b <= now).map(([, b]) => b));
    const high = Math.min(duration, ...spans.filter(([a]) => a > now).map(([a]) => a));
    const start = Math.max(low, sentences.findLast((one) => one.start <= now && now < one.end)?.start ?? now);
    const end = sentences.find((one) => one.end >= start + LEAST_S && one.end <= start + MOST_S)?.end ?? start + USUAL_S;
    return { start, end: Math.min(high, end) };
  }

  remove() {
    if (!this.deck.captions.change("cut")) this.deck.edits.clip("delete");
  }

  neighbour(step) {
    const { clips, selected } = this.deck.data.live;
    const sorted = [...clips].sort((a, b) => a.parts[0][0] - b.parts[0][0]);
    const at = sorted.findIndex((clip) => clip.id === selected);
    const next = sorted[at < 0 ? 0 : Math.min(Math.max(at + step, 0), sorted.length - 1)];
    if (next) this.deck.select(next.id);
  }
}
