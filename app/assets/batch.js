// Several recordings, one after the other; one that is refused does not keep the others back.

import { Upload } from "./transfer.js";

export class Batch {
  constructor(parts) {
    Object.assign(this, { parts, index: 0, listeners: new Set(), results: [], refused: [] });
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  run() {
    const [file, fields, captions] = this.parts[this.index];
    this.current = new Upload(file, fields, captions);
    this.current.listeners.add(() => this.heard());
    this.current.run();
  }

  heard() {
    const { state, result, message, file } = this.current;
    if (state === "running" || state === "paused") return this.tell();
    if (this.current.counted) return undefined;
    this.current.counted = true;
    if (result) this.results.push(result);
    else this.refused.push(`${file.name}: ${message}`);
    this.index += 1;
    if (this.index < this.parts.length && !this.cancelled) this.run();
    return this.tell();
  }

  get state() {
    const over = this.index >= this.parts.length || this.cancelled;
    return over ? (this.results.length ? "done" : "failed") : this.current.state === "paused" ? "paused" : "running";
  }

  get file() {
    return { name: `${this.current.file.name} (${Math.min(this.index + 1, this.parts.length)} of ${this.parts.length})`, size: this.current.file.size };
  }

  get offset() {
    return this.current.offset;
  }

  get message() {
    return this.refused.join(" ");
  }

  get result() {
    return { several: this.results.length, refused: this.refused };
  }

  describe() {
    return this.current.describe();
  }

  pause() {
    this.current.pause();
  }

  go() {
    this.current.go();
  }

  cancel() {
    this.cancelled = true;
    return this.current.cancel();
  }
}
