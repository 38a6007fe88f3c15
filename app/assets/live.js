// Live progress of one job over a WebSocket: events move the bars here, in the browser;
// Python runs again only when a stage begins or ends.

const RETRY_MS = 1500;
const TELL_AGAIN_MS = 3000;
const LABELS = { pending: "waiting", queued: "waiting", done: "done", failed: "failed", cancelled: "not run", running: "running" };
const FINAL = ["completed", "failed", "cancelled"];

const make = (tag, className, text = "") => {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
};

const detail = (row) => {
  if (row.status === "done") return row.reused ? "found by an earlier run" : row.seconds ? `in ${row.seconds.toFixed(1)} s` : "";
  return row.error || (row.status === "running" ? row.message : "") || "";
};

class Live {
  constructor(root) {
    this.root = root;
    this.stages = {};
  }

  // `data.stages` is what the database says at this rerun; the socket brings what follows.
  follow(data) {
    this.data = data;
    for (const row of data.stages) this.merge(row);
    this.draw();
    const watched = `${data.job} ${FINAL.includes(data.status)}`;
    if (this.watched === watched) return;
    this.watched = watched;
    this.ended = false;
    this.close();
    if (!FINAL.includes(data.status)) this.open(data.after);
  }

  open(after) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = after ? `?after=${encodeURIComponent(after)}` : "";
    this.socket = new WebSocket(`${scheme}://${location.host}/api/v1/jobs/${this.data.job}/ws${query}`);
    this.socket.onmessage = (message) => this.take(JSON.parse(message.data));
    // A reconnect asks for a snapshot again, so nothing that was missed stays hidden. A server that
    // stops closes in good order too: only the run's own end ends the watching.
    this.socket.onclose = (event) => {
      if (this.ended || event.code === 4404) return;
      this.timer = setTimeout(() => this.open(), RETRY_MS);
    };
  }

  take(event) {
    const before = this.states();
    if (event.type === "snapshot") for (const row of event.stages) this.merge(row);
    else if (event.stage) this.merge({ ...event, name: event.stage });
    this.draw();
    const ended = FINAL.includes(event.type === "snapshot" || !event.stage ? event.status : "");
    if (ended) this.ended = true;
    if (ended || this.states() !== before) this.tell();
  }

  // A page whose own connection is down loses what it is told: the end of the run is said again
  // until Python has seen it.
  tell() {
    clearTimeout(this.again);
    if (this.ended && FINAL.includes(this.data.status)) return;
    this.setTrigger("changed", this.states());
    if (this.ended) this.again = setTimeout(() => this.tell(), TELL_AGAIN_MS);
  }

  states() {
    return Object.values(this.stages).map((row) => `${row.name}:${row.status}`).sort().join();
  }

  merge(row) {
    const known = this.stages[row.name];
    // The database's row has no percent of its own; a live one for the same state is newer.
    const live = known?.status === row.status && !row.percent ? { percent: known.percent, message: known.message, eta_s: known.eta_s } : {};
    this.stages[row.name] = { ...known, ...row, ...live };
  }

  // One column per step of the pipeline: what runs side by side stands one below the other.
  build() {
    const columns = new Map();
    for (const { name, title, step } of this.data.stages) {
      const column = columns.get(step) ?? make("div", "lh-step");
      columns.set(step, column);
      const node = make("div", "lh-stage");
      node.dataset.stage = name;
      const bar = make("progress", "lh-stage-bar");
      bar.max = 100;
      bar.setAttribute("aria-label", title);
      node.append(make("span", "lh-stage-title", title), bar, make("span", "lh-stage-state"), make("span", "lh-stage-message"));
      column.append(node);
    }
    this.root.replaceChildren(...columns.values());
  }

  draw() {
    if (!this.root.firstChild) this.build();
    for (const node of this.root.querySelectorAll("[data-stage]")) {
      const row = this.stages[node.dataset.stage] ?? { status: "pending" };
      const percent = row.status === "done" ? 100 : Math.round(row.percent ?? 0);
      node.dataset.status = row.status;
      node.querySelector(".lh-stage-bar").value = percent;
      const eta = row.status === "running" && row.eta_s ? `, about ${Math.ceil(row.eta_s)} s left` : "";
      node.querySelector(".lh-stage-state").textContent = row.status === "running" ? `${percent} %${eta}` : LABELS[row.status] ?? row.status;
      node.querySelector(".lh-stage-message").textContent = detail(row);
    }
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.again);
    if (!this.socket) return;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }
}

export default function render({ data, parentElement, setTriggerValue }) {
  const live = (parentElement.lhLive ??= new Live(parentElement.querySelector(".lh-live")));
  live.setTrigger = setTriggerValue;
  live.follow(data);
  return () => {
    live.close();
    parentElement.lhLive = null;
  };
}
