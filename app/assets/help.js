// Help where one stands: a sheet about the page under "?", and a tour that points at its parts.
// The tour goes on from page to page: what has been seen is remembered by the browser.

const TOUR = "lh-tour";
const TYPED = "input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true]";

const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
const read = () => JSON.parse(localStorage.getItem(TOUR) ?? "null");
const write = (tour) => localStorage.setItem(TOUR, JSON.stringify(tour));

class Help {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`.lh-${name}`);
    this.sheet = this.find("help-sheet");
    this.card = this.find("tour");
    this.abort = new AbortController();
    document.addEventListener("keydown", (event) => this.key(event), { signal: this.abort.signal });
    this.find("help-open").onclick = () => this.sheet.showModal();
    this.find("help-close").onclick = () => this.sheet.close();
    this.find("help-tour").onclick = () => { this.sheet.close(); this.begin(); };
    this.find("tour-next").onclick = () => this.next();
    this.find("tour-end").onclick = () => this.end();
    // A part of the page may come later than the page: it is waited for.
    this.watcher = new MutationObserver(() => this.look());
    this.watcher.observe(document.body, { childList: true, subtree: true });
  }

  load(data) {
    const other = this.data?.page !== data.page;
    this.data = data;
    this.find("help-title").textContent = data.title;
    this.find("help-about").textContent = data.about;
    this.find("help-next").replaceChildren(...data.next.map((text) => make("li", text)));
    this.find("help-keys").replaceChildren(...data.keys.flatMap(([keys, what]) => [make("dt", keys), make("dd", what)]));
    if (data.tour && !read()) write({ active: true, seen: [] });
    this.root.dataset.ready = "true";
    if (other) {
      this.at = 0;
      this.hide();
      this.look();
    }
  }

  key(event) {
    const target = event.composedPath()[0];
    if (event.key === "Escape" && !this.card.hidden && !this.sheet.open) this.end();
    if (event.key !== "?" || event.defaultPrevented || target.closest?.(TYPED)) return;
    event.preventDefault();
    if (!this.sheet.open) this.sheet.showModal();
  }

  begin() {
    write({ active: true, seen: [] });
    this.at = 0;
    this.look();
  }

  look() {
    const tour = read();
    if (!tour?.active || !this.data || !this.card.hidden || tour.seen.includes(this.data.page)) return;
    const [selector, title, text] = this.data.steps[this.at] ?? [];
    const target = selector && document.querySelector(selector);
    if (!target?.getClientRects().length) return;
    this.target = target;
    target.classList.add("lh-pointed");
    target.scrollIntoView({ block: "center", behavior: "smooth" });
    this.find("tour-title").textContent = title;
    this.find("tour-text").textContent = text;
    this.find("tour-count").textContent = `${this.at + 1} of ${this.data.steps.length} on this page`;
    this.find("tour-next").textContent = this.at + 1 < this.data.steps.length ? "Next" : "Go on";
    this.card.hidden = false;
    this.find("tour-title").focus({ preventScroll: true });
  }

  hide() {
    this.target?.classList.remove("lh-pointed");
    this.card.hidden = true;
  }

  next() {
    this.hide();
    this.at += 1;
    if (this.at < this.data.steps.length) return this.look();
    const tour = read();
    return write({ ...tour, seen: [...tour.seen, this.data.page] });
  }

  end() {
    this.hide();
    write({ active: false, seen: [] });
  }

  destroy() {
    this.abort.abort();
    this.watcher.disconnect();
    this.hide();
  }
}

export default function render({ data, parentElement }) {
  const root = parentElement.querySelector(".lh-help");
  const help = (root.lhHelp ??= new Help(root));
  help.load(data);
  return () => {
    help.destroy();
    root.lhHelp = null;
  };
}
