// A clip's player; while it has not been played, pointing at it shows moments of it.
// Nothing moves for those who have asked their system for less motion.

const still = matchMedia("(prefers-reduced-motion: reduce)");

class Film {
  constructor(root) {
    this.video = root.querySelector("video");
    this.moments = root.querySelector("img");
    this.root = root;
    root.onpointerenter = (event) => { if (event.pointerType === "mouse") this.preview(); };
    root.onpointerleave = () => this.hide();
    this.video.onplay = () => { this.played = true; this.hide(); };
    // the controls lie below the moments: whoever goes for them sees the player
    this.video.onpointerdown = () => this.hide();
    this.moments.onerror = () => { this.missing = true; this.hide(); };
  }

  show({ video, poster, moving, vtt, title, width, height }) {
    const shown = `${video} ${vtt}`;
    if (this.shown === shown) return;
    Object.assign(this, { shown, moving, missing: !moving, played: false });
    this.root.style.setProperty("--lh-shape", `${width || 16} / ${height || 9}`);
    this.video.setAttribute("aria-label", title);
    this.video.poster = poster;
    this.video.src = video;
    this.video.querySelector("track").src = vtt;
  }

  preview() {
    if (this.played || this.missing || still.matches || !this.video.paused) return;
    if (this.moments.getAttribute("src") !== this.moving) this.moments.src = this.moving;
    this.moments.hidden = false;
  }

  hide() {
    this.moments.hidden = true;
  }
}

export default ({ data, parentElement }) => {
  const root = parentElement.querySelector(".lh-film");
  const film = (parentElement.__lhFilm ??= new Film(root));
  film.show(data);
  return () => { film.video.pause(); film.video.removeAttribute("src"); film.video.load(); };
};
