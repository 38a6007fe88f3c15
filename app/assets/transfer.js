// One recording on its way, over tus 1.0.0: 8 MiB slices, back-off with resync, pause, time left.

const SLICE = 8 * 2 ** 20;
const LATEST_WAIT_S = 30;
const BUSY_S = 5;

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
// Ends early when the browser finds the network again.
const wait = (seconds) => new Promise((done) => {
  const end = () => { clearTimeout(timer); removeEventListener("online", end); done(); };
  const timer = setTimeout(end, seconds * 1000);
  addEventListener("online", end);
});
const fingerprint = (file) => `lh-upload:${file.name}:${file.size}:${file.lastModified}`;
export const megabytes = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`);

const send = (method, url, headers = {}, body = undefined, signal = undefined) =>
  fetch(url, { method, headers: { "Tus-Resumable": "1.0.0", ...headers }, body, signal });

class Refused extends Error {}

const refusal = async (response) => {
  const problem = await response.json().catch(() => ({}));
  return new Refused(problem.detail ?? `The server refused the upload (${response.status}).`);
};

// Seconds that a busy server asks to wait; none for an answer, and a used-up quota is one.
const toldWait = async (response) => {
  if (response.status !== 429) return undefined;
  const { code } = await response.clone().json().catch(() => ({}));
  return code?.startsWith("quota_") ? undefined : Number(response.headers.get("Retry-After")) || BUSY_S;
};

export class Upload {
  constructor(file, fields, captions) {
    Object.assign(this, { file, fields, captions, offset: 0, state: "running", message: "", started: 0 });
    this.listeners = new Set();
    this.guard = (event) => event.preventDefault();
    addEventListener("beforeunload", this.guard);
  }

  tell() {
    for (const listener of this.listeners) listener(this);
  }

  set(state, message = "") {
    Object.assign(this, { state, message });
    if (state === "done" || state === "failed") {
      removeEventListener("beforeunload", this.guard);
      if (state === "failed") localStorage.removeItem(fingerprint(this.file));
    }
    this.tell();
  }

  // A turn ends with a pause: the one that was waiting then must not go on beside the next.
  async run() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const mine = () => this.state === "running" && this.turn === turn;
    let failures = 0;
    while (mine()) {
      try {
        await this.resume();
        failures = 0;
        while (mine() && !this.result) await this.slice();
        if (mine() && this.result) this.set("done");
      } catch (error) {
        if (!mine()) return;
        if (error instanceof Refused) {
          this.set("failed", error.message);
          return;
        }
        failures += 1;
        const seconds = Math.min(LATEST_WAIT_S, 2 ** failures * (0.5 + Math.random() / 2));
        this.message = "The connection was lost; the upload goes on by itself.";
        this.tell();
        await wait(seconds);
      }
    }
  }

  // The answer of a server that has time: the same request is sent again until it has, since another
  // one would use up what the wait was for.
  async ask(...request) {
    const { turn } = this;
    for (;;) {
      const response = await send(...request);
      const seconds = await toldWait(response);
      if (seconds === undefined) return response;
      for (let left = Math.ceil(seconds); left > 0; left -= 1) {
        if (this.state !== "running" || this.turn !== turn) throw new Error("stopped");
        this.message = `The server is busy; the upload goes on by itself in ${left} s.`;
        this.tell();
        await wait(1);
      }
      this.message = "";
    }
  }

  async resume() {
    const known = this.url ?? localStorage.getItem(fingerprint(this.file));
    if (known) {
      const head = await this.ask("HEAD", known);
      if (head.ok) {
        this.url = known;
        this.offset = Number(head.headers.get("Upload-Offset"));
        this.note(head);
      } else if (head.status >= 500) {
        throw new Error("unavailable");
      } else {
        this.url = undefined;
        localStorage.removeItem(fingerprint(this.file));
      }
    }
    if (!this.url) await this.create();
    if (this.captions && !this.result) await this.sendCaptions();
    Object.assign(this, { started: performance.now(), from: this.offset, message: "" });
    this.tell();
  }

  async create() {
    const metadata = Object.entries({ filename: this.file.name, ...this.fields })
      .filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(",");
    const response = await this.ask("POST", "/api/v1/uploads",
      { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata });
    if (response.status >= 500 && response.status !== 507) throw new Error("unavailable");
    if (!response.ok) throw await refusal(response);
    this.url = response.headers.get("Location");
    localStorage.setItem(fingerprint(this.file), this.url);
    this.offset = 0;
  }

  async sendCaptions() {
    const query = new URLSearchParams({ name: this.captions.name });
    const put = await this.ask("PUT", `${this.url}/captions?${query}`, {}, this.captions);
    if (put.status >= 500 && put.status !== 507) throw new Error("unavailable");
    if (!put.ok) throw await refusal(put);
    this.captions = undefined;
  }

  async slice() {
    const body = this.file.slice(this.offset, this.offset + SLICE);
    this.abort = new AbortController();
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(this.offset) };
    const response = await this.ask("PATCH", this.url, headers, body, this.abort.signal);
    if (response.status === 409 || response.status === 423) throw new Error("resync");
    if (response.status >= 500 && response.status !== 507) throw new Error("unavailable");
    if (!response.ok) throw await refusal(response);
    this.offset = Number(response.headers.get("Upload-Offset"));
    this.note(response);
    this.tell();
  }

  note(response) {
    const job = response.headers.get("Job-Id");
    if (!job) return;
    this.result = { job, lecture: response.headers.get("Lecture-Id"), name: this.file.name };
    localStorage.removeItem(fingerprint(this.file));
  }

  pause() {
    this.set("paused");
    this.abort?.abort();
  }

  go() {
    this.set("running");
    this.run();
  }

  async cancel() {
    this.set("failed", "Cancelled; nothing was kept.");
    this.abort?.abort();
    if (this.url) await send("DELETE", this.url).catch(() => undefined);
  }

  describe() {
    if (this.message) return this.message;
    if (this.state === "done") return "Uploaded.";
    const speed = (this.offset - this.from) / Math.max(0.1, (performance.now() - this.started) / 1000);
    const left = speed > 0 ? Math.ceil((this.file.size - this.offset) / speed) : 0;
    const eta = this.state === "running" && left ? `, ${left} s left` : "";
    return `${megabytes(this.offset)} of ${megabytes(this.file.size)}${eta}`;
  }
}
