// The deck: player, timeline and transcript of one lecture, kept in step.
// Streamlit calls the default export again whenever data or theme change; the instance stays.

const KEYS = {
  " ": (deck) => deck.toggle(), k: (deck) => deck.toggle(), j: (deck) => deck.move(-5),
  l: (deck) => deck.faster(), ArrowLeft: (deck, e) => deck.move(-stride(e)),
  ArrowRight: (deck, e) => deck.move(stride(e)), ArrowUp: (deck) => deck.neighbour(-1),
  ArrowDown: (deck) => deck.neighbour(1), ",": (deck) => deck.move(-1 / 25),
  ".": (deck) => deck.move(1 / 25), p: (deck) => deck.playClip(), r: (deck) => deck.reel?.play(), z: (deck) => deck.zoom(),
  a: (deck) => deck.timeline?.zoom(null), "+": (deck) => deck.timeline?.scale(0.5), "-": (deck) => deck.timeline?.scale(2),
  m: (deck) => { deck.video.muted = !deck.video.muted; }, b: (deck) => deck.boxes?.toggle(),
  w: (deck) => deck.strip?.step(-1, deck.video.currentTime), e: (deck) => deck.strip?.step(1, deck.video.currentTime),
  f: (deck) => deck.fullScreen(),
};
const RATES = [1, 2, 4, 8];
// Where a key means something of its own: a field takes every key, a button Space and Enter.
const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=combobox], [role=listbox]";
const PRESSED = "button, a, summary, input[type=checkbox], [role=button], [role=grid], canvas";
const MOVED = "[role=slider], [role=grid], [role=radio], [role=tab], canvas";

const stride = (event) => (event.ctrlKey ? 60 : event.shiftKey ? 5 : 1);

class Deck {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector(".lh-video");
    this.status = root.querySelector(".lh-status");
    this.playing = null;
    this.abort = new AbortController();
    const options = { signal: this.abort.signal, capture: true };
    document.addEventListener("keydown", (event) => this.key(event), options);
    // What others on the page would call silence, while nothing of it is stored.
    document.addEventListener("lh-silences", (event) => this.timeline?.showSilences(event.detail), { signal: this.abort.signal });
    root.querySelector(".lh-play-clip").onclick = () => this.playClip();
    root.querySelector(".lh-zoom").onclick = () => this.zoom();
    root.querySelector(".lh-nearer").onclick = () => this.timeline?.scale(0.5);
    root.querySelector(".lh-farther").onclick = () => this.timeline?.scale(2);
    root.querySelector(".lh-whole").onclick = () => this.timeline?.zoom(null);
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
    if (this.loaded === wanted) return this.refresh();
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
      const names = ["drawing", "boxes", "reel", "strip", "timeline", "transcript"];
      const [drawing, { Boxes }, { Reel }, { Strip }, { Timeline }, { Transcript }] = await Promise.all(names.map(part));
      if (this.abort.signal.aborted) return;
      const helpers = { ...drawing, seek: (t) => this.seek(t), play: (parts) => this.play(parts), select: (id) => this.select(id) };
      this.clock = drawing.clock;
      this.boxes = new Boxes(this.root, this.video, helpers);
      this.reel = new Reel(this.root, helpers);
      this.strip = new Strip(this.root, helpers);
      this.transcript = new Transcript(this.root.querySelector(".lh-transcript"), helpers);
      this.timeline = new Timeline(this.root.querySelector(".lh-timeline"), this.strip, helpers, data);
    })();
    // A part that could not be fetched is asked for again at the next rerun.
    this.equipped.catch(() => { this.equipped = this.loaded = undefined; });
    return this.equipped;
  }

  refresh() {
    if (!this.timeline?.Plotly) return;
    this.timeline.update(this.data.live);
    this.transcript.update(this.data.live);
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

  zoom() {
    const clip = this.clip();
    this.timeline?.zoom(clip ? [clip.parts[0][0], clip.parts.at(-1)[1]] : null);
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

  key(event) {
    const target = event.composedPath()[0];
    if (event.metaKey || event.altKey || target.closest?.(FIELDS)) return;
    if (target.closest?.(PRESSED) && [" ", "Enter"].includes(event.key)) return;
    if (target.closest?.(MOVED) && event.key.startsWith("Arrow")) return;
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (event.ctrlKey && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    event.stopPropagation();
    action(this, event);
  }

  destroy() {
    this.abort.abort();
    this.sizes.disconnect();
    for (const part of [this.boxes, this.strip, this.timeline]) part?.destroy();
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lh-deck");
  const deck = (root.lhDeck ??= new Deck(root));
  deck.setTrigger = setTriggerValue;
  deck.load(data).catch(() => deck.say("The deck could not start; reload the page to try again."));
  return () => {
    deck.destroy();
    root.lhDeck = null;
  };
}
