// A clip's player; while it has not been played, pointing at it shows moments of it.
// Until then the poster is seen as it is, subtitles and all: the browser's controls would cover them.
// Nothing moves for those who have asked their system for less motion.

const still = matchMedia("(prefers-reduced-motion: reduce)");

class Film {
  constructor(root) {
    this.video = root.querySelector("video");
    this.moments = root.querySelector("img");
    this.root = root;
    root.onpointerenter = (event) => { if (event.pointerType === "mouse") this.preview(); };
    root.onpointerleave = () => this.hide();
    this.button = root.querySelector(".lh-film-play");
    // Only a player with controls can be focused: whoever plays by key goes on by key.
    this.button.onclick = () => { this.video.controls = true; this.video.focus(); this.video.play(); };
    this.video.onplay = () => this.begin();
    this.moments.onerror = () => { this.missing = true; this.hide(); };
  }

  show({ video, poster, moving, vtt, title, width, height }) {
    const shown = `${video} ${vtt}`;
    if (this.shown === shown) return;
    Object.assign(this, { shown, moving, missing: !moving, played: false });
    this.button.setAttribute("aria-label", `Play ${title}`);
    this.button.hidden = false;
    this.video.controls = false;
    this.root.style.setProperty("--lh-shape", `${width || 16} / ${height || 9}`);
    this.video.setAttribute("aria-label", title);
    this.video.poster = poster;
    this.video.src = video;
    this.video.querySelector("track").src = vtt;
  }

  begin() {
    this.played = true;
    this.button.hidden = true;
    this.video.controls = true;
    this.hide();
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
