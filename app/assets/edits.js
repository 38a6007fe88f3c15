// Sends what a person changes to Python, one edit at a time, and hears what became of it.
// The next one goes out with the revision that the answer brought: an edit never meets a clip
// that somebody else has changed meanwhile without being told.

const PATIENCE_MS = 15000;

export class Edits {
  constructor(deck) {
    Object.assign(this, { deck, queue: [], flying: null, seq: 0 });
    // Other windows of this browser hear of a change at once, those of others when they are
    // looked at again; whoever comes too late is told, and nothing is lost.
    this.channel = new BroadcastChannel("lh-edits");
    this.channel.onmessage = ({ data }) => { if (data === deck.data.bundle) this.look(); };
    this.seen = () => { if (!document.hidden) this.look(); };
    document.addEventListener("visibilitychange", this.seen);
  }

  // Asks for the clips as they are now; an edit that is under way brings them anyway.
  look() {
    if (!this.flying) this.deck.setTrigger("looked", Date.now());
  }

  destroy() {
    this.channel.close();
    document.removeEventListener("visibilitychange", this.seen);
  }

  send(op, fields = {}) {
    this.queue.push({ op, ...fields });
    this.next();
  }

  // The same for the selected clip; says so when there is none.
  clip(op, fields = {}) {
    const clip = this.deck.clip();
    if (clip) this.send(op, { clip_id: clip.id, ...fields });
    else this.deck.say("Select a clip first.");
  }

  next() {
    if (this.flying || !this.queue.length) return;
    const { live } = this.deck.data;
    const order = this.queue.shift();
    if (order.clip_id) {
      const clip = live.clips.find(({ id }) => id === order.clip_id);
      if (!clip) return this.next();
      order.revision = clip.revision;
    }
    if (order.op === "undo" || order.op === "redo") order.at = live.history.at;
    this.seq = Math.max(this.seq, live.ack) + 1;
    this.flying = { ...order, seq: this.seq };
    this.timer = setTimeout(() => this.deck.say("This change is not stored yet; reload the page if it stays so."), PATIENCE_MS);
    this.deck.setState("edit", this.flying);
    return undefined;
  }

  settle(live) {
    if (!this.flying || live.ack < this.flying.seq) return;
    clearTimeout(this.timer);
    this.deck.timeline?.forget(this.flying.clip_id);
    this.flying = null;
    // What was to follow was made on what is not there: a person does it again, or not.
    if (live.error) this.queue = [];
    else this.channel.postMessage(this.deck.data.bundle);
    this.deck.say(live.error || live.done);
    this.next();
  }
}
