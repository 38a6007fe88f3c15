// What people correct in a layout, as it is stored: each change at once, and each can be taken back.

const SAVE_MS = 500;

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class LayoutStore {
  constructor(editor) {
    Object.assign(this, { editor, past: [], future: [], stored: [] });
  }

  store(mine, { remember = true } = {}) {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.queue = (this.queue ?? Promise.resolve()).then(() => this.put(mine, remember));
    return this.queue;
  }

  // Keys held down are stored when they rest.
  storeLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.store(this.editor.mine()), SAVE_MS);
  }

  finish() { if (this.timer) this.store(this.editor.mine()); }

  async put(mine, remember) {
    const { editor, stored: before } = this;
    const { edits } = editor;
    if (same(mine, before)) return;
    const body = JSON.stringify({ version: editor.data.version, regions: mine });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(editor.page.address, { method: "PUT", headers, body }).catch(() => null);
    if (answer?.ok) {
      if (remember) {
        this.past.push(before);
        this.future.length = 0;
      }
      this.took(await answer.json(), mine, edits === editor.edits);
      return;
    }
    const why = (await answer?.json().catch(() => null))?.detail ?? "The change was not stored: the server does not answer.";
    const now = await fetch(editor.page.address).catch(() => null);
    if (now?.ok) editor.take(await now.json());
    editor.say(why);
  }

  // What was changed meanwhile is on its way and must not jump back.
  took(found, mine, rests) {
    const { editor } = this;
    if (rests) editor.take(found);
    else {
      this.stored = mine;
      editor.data = { ...editor.data, version: found.version };
    }
    editor.say("Stored.");
  }

  undo() { this.travel(this.past, this.future); }
  redo() { this.travel(this.future, this.past); }

  travel(from, to) {
    const mine = from.pop();
    if (!mine) return;
    to.push(this.stored);
    this.store(mine, { remember: false });
  }
}
