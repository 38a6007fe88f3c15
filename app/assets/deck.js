// The deck: player, timeline and transcript of one lecture, kept in step.
// Streamlit calls the default export again whenever data or theme change; the instance stays.

const RATES = [1, 2, 4, 8];
// "1:02:03", "62:03" or "75.5" as seconds; NaN for what is no time.
const seconds = (text) => text.trim().split(":").reduce((sum, part) => sum * 60 + (part === "" ? NaN : Number(part)), 0);

class Deck {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector(".lh-video");
    this.status = root.querySelector(".lh-status");
    this.playing = null;
    this.abort = new AbortController();
    const options = { signal: this.abort.signal, capture: true };
    document.addEventListener("keydown", (event) => this.equippedWith?.press(this, event), options);
    // What others on the page would call silence, while nothing of it is stored.
    document.addEventListener("lh-silences", (event) => this.timeline?.showSilences(event.detail), { signal: this.abort.signal });
    root.querySelector(".lh-play-clip").onclick = () => this.playClip();
    root.querySelector(".lh-zoom").onclick = () => this.zoom();
    root.querySelector(".lh-nearer").onclick = () => this.timeline?.scale(0.5);
    root.querySelector(".lh-farther").onclick = () => this.timeline?.scale(2);
    root.querySelector(".lh-whole").onclick = () => this.timeline?.zoom(null);
    root.querySelector(".lh-play-all").onclick = () => this.playAll();
    root.querySelector(".lh-help").onclick = () => this.sheet();
    const form = root.querySelector(".lh-goto form");
    form.onsubmit = () => { const to = seconds(form.elements.time.value); if (to >= 0) this.seek(to); else this.say("A time is written as 75, 1:15 or 1:01:15."); };
    this.video.onloadedmetadata = () => this.boxes?.place();
    this.video.onerror = () => this.say("The recording cannot be played; is the lecture still there?");
    this.sizes = new ResizeObserver(() => this.boxes?.place());
    this.sizes.observe(this.video);
    this.tick = this.tick.bind(this);
    requestAnimationFrame(this.tick);
  }

  async load(data) {
    this.data = data;
    // The version changes when a stage of a running job ends: then more is known than before.
    const wanted = `${data.bundle} ${data.version}`;
    if (this.loaded === wanted) return this.captioned === data.captions ? this.refresh() : this.recaption(data);
    this.loaded = wanted;
    // Asked for by its address, so that a rerun leaves a video that plays alone.
    if (this.video.getAttribute("src") !== data.video) {
      if (data.poster) this.video.poster = data.poster;
      this.video.src = data.video;
    }
    const response = await fetch(data.bundle, { headers: { Accept: "application/json" } }).catch(() => null);
    if (this.loaded !== wanted) return undefined;
    if (!response?.ok) {
      this.loaded = undefined;
      this.say("The analysis of this lecture could not be loaded; reload the page to try again.");
      return undefined;
    }
    const found = await response.json();
    await this.equip(data);
    if (this.abort.signal.aborted || this.loaded !== wanted) return undefined;
    this.bundle = { ...found, ...found.lecture };
    this.captioned = data.captions;
    this.showChapters(found.chapters.vtt);
    this.reel.show(found.reel);
    this.boxes.show(this.bundle);
    this.transcript.show(this.bundle);
    await this.timeline.show(this.bundle);
    this.shown = undefined;
    this.refresh();
    if (!this.video.currentTime && this.clip()) this.seek(this.clip().parts[0][0]);
    this.root.dataset.ready = "true";
    return undefined;
  }

  // Only words have changed: the picture of the timeline stays.
  async recaption(data) {
    this.captioned = data.captions;
    const response = await fetch(data.bundle, { headers: { Accept: "application/json" } }).catch(() => null);
    if (response?.ok && this.captioned === data.captions) {
      this.bundle = { ...this.bundle, sentences: (await response.json()).sentences };
      this.timeline.bundle = this.bundle;
      this.transcript.show(this.bundle);
      this.shown = undefined;
    }
    this.refresh();
  }

  // The chapters are a track of the player, so that whatever knows such tracks finds them there.
  showChapters(url) {
    const before = this.video.querySelector("track");
    if (!url || before?.getAttribute("src") === url) return;
    before?.remove();
    const element = Object.assign(document.createElement("track"), { kind: "chapters", label: "Chapters", src: url });
    this.video.append(element);
    const place = this.root.querySelector(".lh-chapter");
    element.track.mode = "hidden";
    element.track.oncuechange = () => { place.textContent = element.track.activeCues[0]?.getCueAsHTML().textContent ?? ""; };
  }

  // Fetches the parts of the deck and puts them together, once; what they show comes later.
  equip(data) {
    this.equipped ??= (async () => {
      const part = (name) => import(new URL(data.modules[name], document.baseURI).href);
      const names = ["drawing", "boxes", "reel", "strip", "timeline", "transcript", "handles", "keys", "edits", "clipbar", "captions"];
      const [drawing, { Boxes }, { Reel }, { Strip }, { Timeline }, { Transcript }, { Handles }, keys, { Edits }, { Clipbar }, { Captions }] = await Promise.all(names.map(part));
      if (this.abort.signal.aborted) return;
      const helpers = { ...drawing, seek: (t) => this.seek(t), play: (parts) => this.play(parts), select: (id) => this.select(id), Handles,
        explain: (topic) => this.setTrigger("topic", topic),
        say: (text) => this.say(text), limits: () => this.data.live.limits, newClip: () => this.newClip(), edit: (op, fields) => this.edits.send(op, fields) };
      this.make = drawing.make;
      this.edits = new Edits(this);
      this.clock = drawing.clock;
      this.boxes = new Boxes(this.root, this.video, helpers);
      this.reel = new Reel(this.root, helpers);
      this.strip = new Strip(this.root, helpers);
      this.transcript = new Transcript(this.root.querySelector(".lh-transcript"), helpers);
      this.timeline = new Timeline(this.root.querySelector(".lh-timeline"), this.strip, helpers, data);
      this.clipbar = new Clipbar(this.root, this);
      this.captions = new Captions(this.root, this.transcript, this);
      keys.fillSheet(this.root.querySelector(".lh-sheet"), drawing.make);
      this.equippedWith = keys;
    })();
    // A part that could not be fetched is asked for again at the next rerun.
    this.equipped.catch(() => { this.equipped = this.loaded = undefined; });
    return this.equipped;
  }

  refresh() {
    if (!this.timeline?.Plotly) return;
    // The scores of the run came with the bundle; only those under a moved weight come live.
    this.data.live.scores ??= this.bundle.sentences.map(({ score }) => score);
    this.edits.settle(this.data.live);
    this.timeline.update(this.data.live);
    this.transcript.update(this.data.live);
    this.clipbar.show(this.clip(), this.data.live);
    const focus = this.data.live.focus;
    if (focus && focus.nonce !== this.focused) {
      this.focused = focus.nonce;
      this.seek(focus.time);
    }
    this.timeline.select(this.data.live.selected);
    for (const name of [".lh-play-clip", ".lh-zoom"]) this.root.querySelector(name).disabled = !this.clip();
  }

  say(text) {
    this.status.textContent = text;
  }

  clip() {
    const { clips, selected } = this.data.live;
    return clips.find((clip) => clip.id === selected);
  }

  seek(time) {
    this.playing = null;
    this.video.currentTime = Math.min(Math.max(0, time), (this.bundle?.duration ?? time) - 0.05);
  }

  select(id) {
    const clip = this.data.live.clips.find((candidate) => candidate.id === id);
    if (!clip) return;
    this.seek(clip.parts[0][0]);
    if (id === this.data.live.selected) return;
    // Shown at once; the table and the reasons below follow when Python has answered.
    this.data.live.selected = id;
    this.timeline.select(id);
    this.clipbar.show(clip, this.data.live);
    this.setTrigger("selected", id);
  }

  toggle() {
    if (this.video.paused) this.video.play();
    else this.video.pause();
  }

  move(seconds) {
    this.seek(this.video.currentTime + seconds);
  }

  faster() {
    const next = RATES[(RATES.indexOf(this.video.playbackRate) + 1) % RATES.length];
    this.video.playbackRate = next;
    this.say(`${next}x`);
    this.video.play();
  }

  neighbour(step) {
    const clips = [...this.data.live.clips].sort((a, b) => a.parts[0][0] - b.parts[0][0]);
    const at = clips.findIndex((clip) => clip.id === this.data.live.selected);
    const next = clips[at < 0 ? 0 : Math.min(Math.max(at + step, 0), clips.length - 1)];
    if (next) this.select(next.id);
  }

  // The whole stage, not the bare video: the boxes go with it.
  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.video.parentElement.requestFullscreen?.();
  }

  // To the clip; from there back to all.
  zoom() {
    const clip = this.clip();
    const near = this.zoomed === clip?.id && this.timeline?.near();
    this.zoomed = near ? null : clip?.id;
    this.timeline?.zoom(clip && !near ? [clip.parts[0][0], clip.parts.at(-1)[1]] : null);
  }

  fps() { return this.bundle?.fps || 25; }

  silence(way) {
    const to = this.timeline?.handles.silenceEdge(this.video.currentTime, way);
    if (to !== undefined) this.seek(to);
  }

  setEdge(edge, to = this.video.currentTime) {
    const clip = this.clip();
    if (!clip) return this.say("Select a clip first.");
    const span = { start: clip.parts[0][0], end: clip.parts.at(-1)[1], [edge]: to };
    if (span.start >= span.end) return this.say(`The clip cannot ${edge} there: its other edge lies before.`);
    return this.edits.clip("resize", span);
  }

  // Longer by what is said up to the next pause, or from the one before.
  toPause(edge) {
    const clip = this.clip();
    const to = clip && this.timeline.handles.pause(clip, edge);
    if (clip && to === undefined) this.say(`There is no pause ${edge === "end" ? "after" : "before"} it, up to the next clip.`);
    else this.setEdge(edge, to);
  }

  // Of what is marked on the timeline or selected in the transcript; else half a minute from the
  // sentence under the playhead, as far as there is room.
  newClip() {
    const { handles } = this.timeline;
    if (this.captions.make()) return;
    if (handles.marked) {
      this.edits.send("create", { start: handles.marked[0], end: handles.marked[1] });
      handles.unmark();
      return;
    }
    const now = this.video.currentTime;
    const spans = this.data.live.clips.filter(({ state }) => state !== "rejected").map(({ parts }) => [parts[0][0], parts.at(-1)[1]]);
    if (spans.some(([a, b]) => a <= now && now < b)) { this.say("There is a clip already; split it, or go where none is."); return; }
    const low = Math.max(0, ...spans.filter(([, b]) => b <= now).map(([, b]) => b));
    const high = Math.min(this.bundle.duration, ...spans.filter(([a]) => a > now).map(([a]) => a));
    const { sentences } = this.bundle;
    const start = Math.max(low, sentences.findLast((one) => one.start <= now && now < one.end)?.start ?? now);
    const end = sentences.find((one) => one.end >= start + 25 && one.end <= start + 60)?.end ?? start + 30;
    this.edits.send("create", { start, end: Math.min(high, end) });
  }

  remove() {
    if (!this.captions.change("cut")) this.edits.clip("delete");
  }

  clear() {
    this.timeline?.handles.unmark();
    document.getSelection().removeAllRanges();
  }

  sheet() { this.root.querySelector(".lh-sheet").showModal(); }

  goTo() {
    const dialog = this.root.querySelector(".lh-goto");
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  playAll() {
    const there = this.data.live.clips.filter(({ state }) => state !== "rejected");
    const parts = there.flatMap((clip) => clip.parts).sort(([a], [b]) => a - b);
    if (parts.length) this.play(parts);
  }

  // Plays what the clip keeps, straight from the source: nothing needs rendering to be judged.
  playClip() {
    if (this.clip()) this.play(this.clip().parts);
  }

  play(parts) {
    this.seek(parts[0][0]);
    this.playing = { parts, index: 0 };
    this.video.play();
  }

  follow() {
    const { parts, index } = this.playing;
    if (this.video.currentTime < parts[index][1]) return;
    if (index + 1 === parts.length) {
      this.playing = null;
      this.video.pause();
      return;
    }
    this.playing.index += 1;
    this.video.currentTime = parts[index + 1][0];
  }

  tick() {
    if (this.abort.signal.aborted) return;
    if (this.playing) this.follow();
    const time = this.video.currentTime;
    if (this.bundle) {
      this.boxes.follow(time);
      if (time !== this.shown) this.moved(time);
    }
    requestAnimationFrame(this.tick);
  }

  moved(time) {
    this.shown = time;
    this.timeline.playhead(time);
    this.strip.follow(time);
    this.reel.follow(time);
    this.transcript.follow(time);
    this.showTime(`${this.clock(time)} / ${this.clock(this.bundle.duration)}`);
  }

  showTime(text) {
    if (text === this.timeText) return;
    this.timeText = text;
    this.root.querySelector(".lh-time").textContent = text;
  }

  destroy() {
    this.abort.abort();
    this.sizes.disconnect();
    for (const part of [this.boxes, this.strip, this.timeline, this.captions, this.edits]) part?.destroy();
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

export default function render({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-deck");
  const deck = (root.lhDeck ??= new Deck(root));
  deck.setTrigger = setTriggerValue;
  deck.setState = setStateValue;
  deck.load(data).catch(() => deck.say("The deck could not start; reload the page to try again."));
  return () => {
    deck.destroy();
    root.lhDeck = null;
  };
}
