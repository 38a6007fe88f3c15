// The slides as a strip of pictures on the timeline: fitted into their stretches, fetched small and
// only where there is room for them, with a larger one under the pointer or the focus.

import { clock, make } from "./drawing.js";

const WIDTHS = [160, 320, 640];
const SHAPE = 16 / 9;
const TICK = 24;
const TITLED = { words: 60, number: 22 };
const PREVIEW = 320;
const LINGER_MS = 150;
const BACK_S = 1;

const still = (slide, width) => {
  const pixels = width * devicePixelRatio;
  return `${slide.still}?width=${WIDTHS.find((w) => w >= pixels) ?? WIDTHS.at(-1)}`;
};

export class Strip {
  constructor(deck, { seek }) {
    Object.assign(this, { deck, seek, marks: [], current: -1 });
    this.preview = make("div", "lh-preview");
    this.preview.hidden = true;
    this.preview.onpointerenter = () => clearTimeout(this.timer);
    this.preview.onpointerleave = () => this.hide();
    deck.append(this.preview);
    this.away = new AbortController();
    const escape = (event) => { if (event.key === "Escape") this.hide(); };
    document.addEventListener("keydown", escape, { capture: true, signal: this.away.signal });
  }

  // `mark` makes a button on the timeline that stretches from one time to another.
  show(slides, mark) {
    for (const { node } of this.marks) node.remove();
    this.hide();
    this.current = -1;
    this.marks = slides.map((slide, index) => {
      const name = `Slide ${index + 1} of ${slides.length}${slide.title ? `: ${slide.title}` : ""}`;
      const times = `${clock(slide.start)} - ${clock(slide.end)}`;
      const node = mark("lh-still", slide.start, slide.end, `${name}, ${times}`, () => { this.hide(); this.seek(slide.start); });
      node.removeAttribute("title");
      node.tabIndex = index ? -1 : 0;
      node.append(make("span", "lh-still-title", slide.title || String(index + 1)));
      const entry = { slide, node, name, times };
      node.onpointerenter = (event) => { if (event.pointerType !== "touch") this.enlarge(entry); };
      node.onpointerleave = () => { this.timer = setTimeout(() => this.hide(), LINGER_MS); };
      node.onfocus = () => { if (node.matches(":focus-visible")) this.enlarge(entry); };
      node.onblur = () => this.hide();
      return entry;
    });
  }

  // `stretch` places a node in the lane and returns its width in pixels, 0 when out of view.
  place(lane, stretch) {
    const picture = Math.round((lane.height - 2) * SHAPE);
    for (const entry of this.marks) {
      const width = stretch(entry.node, lane);
      const tick = width < TICK || !entry.slide.still;
      entry.node.classList.toggle("lh-still-tick", tick);
      entry.node.classList.toggle("lh-tight", width < (entry.slide.still ? picture : 0) + TITLED[entry.slide.title ? "words" : "number"]);
      if (width && !tick) this.fill(entry, picture);
    }
  }

  fill(entry, width) {
    const source = still(entry.slide, width);
    if (entry.source === source) return;
    entry.source = source;
    entry.image ??= this.image(entry);
    entry.image.style.width = `${width}px`;
    entry.image.src = source;
  }

  image(entry) {
    const image = Object.assign(make("img", "lh-still-picture"), { alt: "", loading: "lazy", decoding: "async", draggable: false });
    image.onerror = () => {
      image.remove();
      entry.slide = { ...entry.slide, still: null };
      entry.node.classList.add("lh-still-tick");
    };
    entry.node.prepend(image);
    return image;
  }

  enlarge({ slide, node, name, times }) {
    clearTimeout(this.timer);
    const [deck, at] = [this.deck.getBoundingClientRect(), node.getBoundingClientRect()];
    const width = Math.min(PREVIEW, deck.width);
    const parts = [make("strong", "", name), make("span", "", times)];
    if (slide.still) {
      const image = Object.assign(make("img"), { alt: "", src: still(slide, width) });
      image.onerror = () => image.remove();
      parts.unshift(image);
    }
    this.preview.replaceChildren(...parts);
    const left = Math.min(Math.max(0, at.left + at.width / 2 - deck.left - width / 2), deck.width - width);
    Object.assign(this.preview.style, { width: `${width}px`, left: `${left}px`, bottom: `${deck.bottom - at.top + 4}px` });
    this.preview.hidden = false;
  }

  hide() {
    clearTimeout(this.timer);
    this.preview.hidden = true;
  }

  // Marks the slide under the playhead: it is the one that the Tab key comes to.
  follow(time) {
    const index = this.marks.findIndex(({ slide }) => slide.start <= time && time < slide.end);
    if (index === this.current) return;
    for (const [at, { node }] of this.marks.entries()) {
      node.classList.toggle("lh-still-current", at === index);
      node.tabIndex = at === Math.max(0, index) ? 0 : -1;
      if (at === index) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
    this.current = index;
  }

  // Goes to the next slide, or back: first to where this one began, then to the one before.
  step(direction, time) {
    const starts = this.marks.map(({ slide }) => slide.start);
    const wanted = direction > 0 ? starts.find((start) => start > time + 0.05) : starts.findLast((start) => start < time - BACK_S) ?? starts[0];
    if (wanted !== undefined) this.seek(wanted);
  }

  destroy() {
    this.away.abort();
    this.preview.remove();
  }
}
