// The deck: player, timeline and transcript of one lecture, kept in step.
// Streamlit calls the default export again whenever data or theme change; the instance stays.

import { Boxes } from "./boxes.js";
import { Captions } from "./captions.js";
import { Clipbar } from "./clipbar.js";
import { Clipwork } from "./clipwork.js";
import { clock, loadPlotly } from "./drawing.js";
import { Edits } from "./edits.js";
import { fillSheet, press } from "./keys.js";
import { Player } from "./player.js";
import { Reel } from "./reel.js";
import { Strip } from "./strip.js";
import { Timeline } from "./timeline.js";
import { Transcript } from "./transcript.js";
import { fetchStretch, fetchWave } from "./wave.js";

// What goes wrong while the deck is fetched is said where it is waited for.
const later = (promise) => { promise.catch(() => {}); return promise; };

class Deck {
  constructor(root) {
    this.root = root;
    this.status = root.querySelector(".lh-status");
    this.abort = new AbortController();
    const { signal } = this.abort;
    document.addEventListener("keydown", (event) => { if (this.bundle) press(this, event); }, { signal, capture: true });
    // What others on the page would call silence, while nothing of it is stored.
    document.addEventListener("lh-silences", (event) => this.timeline.showSilences(event.detail), { signal });
    this.build();
    this.wire();
    this.tick = this.tick.bind(this);
    requestAnimationFrame(this.tick);
  }

  build() {
    const helpers = {
      seek: (t) => this.seek(t), play: (parts) => this.player.play(parts), select: (id) => this.select(id), say: (text) => this.say(text),
      explain: (topic) => this.setTrigger("topic", topic), listen: (...stretch) => fetchStretch(this.data.peaks, ...stretch), limits: () => this.data.live.limits,
      newClip: () => this.clipwork.make(), edit: (op, fields) => this.edits.send(op, fields),
    };
    this.player = new Player(this.root, helpers);
    this.video = this.player.video;
    this.clipwork = new Clipwork(this);
    this.edits = new Edits(this);
    this.boxes = new Boxes(this.root, this.video);
    this.reel = new Reel(this.root, helpers);
    this.strip = new Strip(this.root, helpers);
    this.transcript = new Transcript(this.root.querySelector(".lh-transcript"), helpers);
    this.timeline = new Timeline(this.root.querySelector(".lh-timeline"), this.strip, helpers);
    this.clipbar = new Clipbar(this.root, this);
    this.captions = new Captions(this.root, this.transcript, this);
    fillSheet(this.root.querySelector(".lh-sheet"));
  }

  wire() {
    const on = (name, action) => { this.root.querySelector(`.lh-${name}`).onclick = action; };
    on("play-clip", () => this.playClip());
    on("play-all", () => this.playAll());
    on("zoom", () => this.zoom());
    on("nearer", () => this.timeline.scale(0.5));
    on("farther", () => this.timeline.scale(2));
    on("whole", () => this.timeline.zoom(null));
    on("help", () => this.sheet());
    this.video.onloadedmetadata = () => this.boxes.place();
    this.sizes = new ResizeObserver(() => this.boxes.place());
    this.sizes.observe(this.video);
  }

  // --- coming and going ---------------------------------------------------------------------------

  async load(data) {
    // The version changes when a stage of a running job ends: then more is known than before.
    const wanted = `${data.bundle} ${data.version}`;
    const again = this.loaded === wanted;
    this.data = again ? { ...data, live: this.edits.newest(data.live, this.data.live) } : data;
    this.root.classList.toggle("lh-looking", !data.may_change);
    if (again) return this.captioned === data.captions ? this.refresh() : this.recaption(data);
    this.loaded = wanted;
    // All that has to be fetched is asked for at once.
    const [bundle, plotly, wave] = [later(this.fetchBundle(data)), later(loadPlotly()), later(fetchWave(data.wave))];
    this.player.open(data);
    const found = await bundle;
    if (this.abort.signal.aborted || this.loaded !== wanted) return undefined;
    if (!found) return this.failed("The analysis of this lecture could not be loaded; reload the page to try again.");
    this.show(found, data);
    try {
      await this.timeline.show(this.bundle, this.live(), { Plotly: await plotly, wave: await wave });
    } catch {
      return this.failed("The timeline could not be loaded; reload the page to try again.");
    }
    if (this.abort.signal.aborted) return undefined;
    this.shown = undefined;
    this.refresh();
    if (!this.video.currentTime && this.clip()) this.seek(this.clip().parts[0][0]);
    this.root.dataset.ready = "true";
    return undefined;
  }

  async fetchBundle({ bundle }) {
    const response = await fetch(bundle, { headers: { Accept: "application/json" } }).catch(() => null);
    return response?.ok ? response.json() : null;
  }

  // What could not be fetched is asked for again at the next rerun.
  failed(text) {
    this.loaded = undefined;
    this.say(text);
  }

  show(found, data) {
    this.bundle = { ...found, ...found.lecture };
    this.captioned = data.captions;
    this.player.duration = this.bundle.duration;
    this.player.showChapters(found.chapters.vtt);
    this.reel.show(found.reel);
    this.boxes.show(this.bundle);
    this.transcript.show(this.bundle);
  }

  // Only words have changed: the picture of the timeline stays.
  async recaption(data) {
    this.captioned = data.captions;
    const found = await this.fetchBundle(data);
    if (found && this.captioned === data.captions) {
      this.bundle = { ...this.bundle, sentences: found.sentences };
      this.timeline.bundle = this.bundle;
      this.transcript.show(this.bundle);
      this.shown = undefined;
    }
    this.refresh();
  }

  refresh() {
    if (!this.timeline.Plotly) return;
    const live = this.live();
    this.timeline.update(live);
    this.transcript.update(live);
    this.clipbar.show(this.clip(), live);
    const { focus } = live;
    if (focus && focus.nonce !== this.focused) {
      this.focused = focus.nonce;
      this.seek(focus.time);
    }
    this.timeline.marks.select(live.selected);
    for (const name of [".lh-play-clip", ".lh-zoom"]) this.root.querySelector(name).disabled = !this.clip();
  }

  destroy() {
    this.abort.abort();
    this.sizes.disconnect();
    for (const part of [this.boxes, this.strip, this.timeline, this.captions, this.edits, this.player]) part.destroy();
  }

  // --- what keys and buttons do -------------------------------------------------------------------

  // The scores of the run came with the bundle; only those under a moved weight come live.
  live() {
    this.data.live.scores ??= this.bundle.sentences.map(({ score }) => score);
    return this.data.live;
  }

  say(text) { this.status.textContent = text; }

  seek(time) {
    this.player.seek(time);
    this.timeline.reveal(time);
  }

  move(by) { this.seek(this.video.currentTime + by); }
  fps() { return this.bundle.fps || 25; }
  sheet() { this.root.querySelector(".lh-sheet").showModal(); }

  clip() {
    const { clips, selected } = this.data.live;
    return clips.find((clip) => clip.id === selected);
  }

  select(id) {
    const clip = this.data.live.clips.find((candidate) => candidate.id === id);
    if (!clip) return;
    this.seek(clip.parts[0][0]);
    if (id === this.data.live.selected) return;
    // Shown at once; the table and the reasons below follow when Python has answered.
    this.data.live.selected = id;
    this.timeline.marks.select(id);
    this.clipbar.show(clip, this.data.live);
    this.setTrigger("selected", id);
  }

  // To the clip; from there back to all.
  zoom() {
    const clip = this.clip();
    const near = this.zoomed === clip?.id && this.timeline.near();
    this.zoomed = near ? null : clip?.id;
    this.timeline.zoom(clip && !near ? [clip.parts[0][0], clip.parts.at(-1)[1]] : null);
  }

  silence(way) {
    const to = this.timeline.handles.silenceEdge(this.video.currentTime, way);
    if (to !== undefined) this.seek(to);
  }

  clear() {
    this.timeline.handles.unmark();
    document.getSelection().removeAllRanges();
  }

  playAll() {
    const there = this.data.live.clips.filter(({ state }) => state !== "rejected");
    const parts = there.flatMap((clip) => clip.parts).sort(([a], [b]) => a - b);
    if (parts.length) this.player.play(parts);
  }

  playClip() {
    if (this.clip()) this.player.play(this.clip().parts);
  }

  // --- following the playhead ---------------------------------------------------------------------

  tick() {
    if (this.abort.signal.aborted) return;
    this.player.follow();
    const time = this.video.currentTime;
    if (this.bundle) {
      this.boxes.follow(time);
      if (time !== this.shown) this.moved(time);
    }
    requestAnimationFrame(this.tick);
  }

  // Playing turns the page too; a person who has panned away from the playhead stays there.
  moved(time) {
    if (this.timeline.sees(this.shown)) this.timeline.reveal(time);
    this.shown = time;
    this.timeline.playhead(time);
    this.strip.follow(time);
    this.reel.follow(time);
    this.transcript.follow(time);
    const text = `${clock(time)} / ${clock(this.bundle.duration)}`;
    if (text === this.timeText) return;
    this.timeText = text;
    this.root.querySelector(".lh-time").textContent = text;
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-deck");
  const deck = (root.lhDeck ??= new Deck(root));
  deck.setTrigger = setTriggerValue;
  deck.load(data).catch((error) => { console.error(error); deck.say("The deck could not start; reload the page to try again."); });
  return () => {
    deck.destroy();
    root.lhDeck = null;
  };
}
