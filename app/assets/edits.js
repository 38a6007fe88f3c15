// Sends what a person changes to the server, one edit at a time, and shows what became of it; the
// page around the deck follows a little later. The next edit goes out with the revision that the
// answer brought: none ever meets a clip that somebody else has changed without being told.

const FOLLOW_MS = 300;
const SHOWN = ["id", "rank", "title", "state", "parts", "revision", "locked", "rating", "score"];
const SILENT = "The change is not stored: the server does not answer. Do it again when it does.";

const LOOKING = "You may look at this lecture, not change it.";

const shown = (clip) => Object.fromEntries(SHOWN.map((name) => [name, clip[name]]));

// The clip that covers a stretch, or lies next to it; nothing where there is none.
const nearest = (clips, parts) => {
  const away = ({ parts: other }) => Math.max(other[0][0] - parts.at(-1)[1], parts[0][0] - other.at(-1)[1], 0);
  return [...clips].sort((a, b) => away(a) - away(b))[0];
};

export class Edits {
  constructor(deck) {
    Object.assign(this, { deck, queue: [], flying: null });
    // Other windows of this browser hear of a change at once, those of others when they are
    // looked at again; whoever comes too late is told, and nothing is lost.
    this.channel = new BroadcastChannel("lh-edits");
    this.channel.onmessage = ({ data }) => { if (data === deck.data?.edits) this.look(); };
    this.seen = () => { if (!document.hidden) this.look(); };
    document.addEventListener("visibilitychange", this.seen);
  }

  // Asks Python for the clips as they are now, and for all that it says of them.
  look() { this.deck.setTrigger("looked", Date.now()); }

  destroy() {
    this.channel.close();
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }

  // What Python tells may have been read before the last edit: then the answer to that one stays.
  newest(live, before) {
    if (live.history.stamp >= before.history.stamp) return live;
    return { ...live, clips: before.clips, history: before.history };
  }

  send(op, fields = {}) {
    if (!this.deck.data.may_change) { this.deck.say(LOOKING); return; }
    this.queue.push({ op, ...fields });
    this.next();
  }

  // The same for the selected clip; says so when there is none.
  clip(op, fields = {}) {
    const clip = this.deck.clip();
    if (clip) this.send(op, { clip_id: clip.id, ...fields });
    else this.deck.say("Select a clip first.");
  }

  async next() {
    if (this.flying || !this.queue.length) return;
    const { live } = this.deck.data;
    const order = this.queue.shift();
    if (order.clip_id) {
      const clip = live.clips.find(({ id }) => id === order.clip_id);
      if (!clip) { this.next(); return; }
      order.revision = clip.revision;
    }
    if (order.op === "undo" || order.op === "redo") order.at = live.history.at;
    this.flying = order;
    const [ok, body] = await (order.op === "compile" ? this.post(this.deck.data.render) : this.post(this.deck.data.edits, order));
    this.deck.timeline.marks.forget(order.clip_id);
    this.flying = null;
    if (!ok) this.refused(body?.detail ?? SILENT);
    else if (order.op === "compile") this.deck.setTrigger("go", body.id);
    else this.done(order, body);
    this.next();
  }

  async post(address, body) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(address, { method: "POST", headers, body: body && JSON.stringify(body) }).catch(() => null);
    return [response?.ok ?? false, await response?.json().catch(() => null)];
  }

  // What was to follow was made on what is not there: a person does it again, or not.
  refused(why) {
    this.queue = [];
    this.deck.say(why);
    this.deck.refresh();
    this.look();
  }

  done({ op }, { done, clips, history }) {
    const { live } = this.deck.data;
    const known = new Set(live.clips.map(({ id }) => id));
    const before = this.deck.clip();
    Object.assign(live, { clips: clips.map(shown), history });
    const made = (op === "create" || op === "split") && clips.find(({ id }) => !known.has(id));
    // Where the selected clip has gone, its neighbour is: keys go on without a look for it.
    const now = made || (before && !this.deck.clip() && nearest(live.clips, before.parts));
    if (now) this.deck.pick(now.id);
    this.deck.say(done);
    this.deck.refresh();
    this.channel.postMessage(this.deck.data.edits);
    if (!now) this.follow();
  }

  follow() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!this.flying) this.look(); }, FOLLOW_MS);
  }
}
