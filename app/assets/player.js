// The player: seeking, speeds, and playing only what clips keep, straight from the source.

const RATES = [1, 2, 4, 8];
// "1:02:03", "62:03" or "75.5" as seconds; NaN for what is no time.
const seconds = (text) => text.trim().split(":").reduce((sum, part) => sum * 60 + (part === "" ? NaN : Number(part)), 0);

export class Player {
  constructor(root, { say }) {
    Object.assign(this, { root, say, playing: null, duration: undefined });
    this.video = root.querySelector(".lh-video");
    this.video.onerror = () => say("The recording cannot be played; is the lecture still there?");
    const form = root.querySelector(".lh-goto form");
    form.onsubmit = () => { const to = seconds(form.elements.time.value); if (to >= 0) this.seek(to); else say("A time is written as 75, 1:15 or 1:01:15."); };
  }

  // Asked for by its address, so that a rerun leaves a video that plays alone.
  open({ video, poster }) {
    if (this.video.getAttribute("src") === video) return;
    if (poster) this.video.poster = poster;
    this.video.src = video;
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

  seek(time) {
    this.playing = null;
    this.video.currentTime = Math.min(Math.max(0, time), (this.duration ?? time) - 0.05);
  }

  // One that is stopped before it has begun is no error.
  start() { this.video.play().catch(() => {}); }

  toggle() {
    if (this.video.paused) this.start();
    else this.video.pause();
  }

  faster() {
    const next = RATES[(RATES.indexOf(this.video.playbackRate) + 1) % RATES.length];
    this.video.playbackRate = next;
    this.say(`${next}x`);
    this.start();
  }

  // The whole stage, not the bare video: the boxes go with it.
  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.video.parentElement.requestFullscreen?.();
  }

  goTo() {
    const dialog = this.root.querySelector(".lh-goto");
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  // Stretches one after another: nothing needs rendering to be judged.
  play(parts) {
    this.seek(parts[0][0]);
    this.playing = { parts, index: 0 };
    this.start();
  }

  follow() {
    if (!this.playing) return;
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

  destroy() {
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}
