// Resumable upload over tus 1.0.0: 8 MiB slices, back-off with resync, pause, time left.
// Uploads live in a registry of the page, so that a rerun or a switch of pages does not end them.

const SLICE = 8 * 2 ** 20;
const LATEST_WAIT_S = 30;
const uploads = (globalThis.__lhUploads ??= new Map());

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
// Ends early when the browser finds the network again.
const wait = (seconds) => new Promise((done) => {
  const timer = setTimeout(done, seconds * 1000);
  addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
});
const fingerprint = (file) => `lh-upload:${file.name}:${file.size}:${file.lastModified}`;
const megabytes = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`);

const request = (method, url, headers = {}, body = undefined, signal = undefined) =>
  fetch(url, { method, headers: { "Tus-Resumable": "1.0.0", ...headers }, body, signal });

class Refused extends Error {}

const refusal = async (response) => {
  const problem = await response.json().catch(() => ({}));
  return new Refused(problem.detail ?? `The server refused the upload (${response.status}).`);
};

class Upload {
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

  async resume() {
    const known = this.url ?? localStorage.getItem(fingerprint(this.file));
    if (known) {
      const head = await request("HEAD", known);
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
    const response = await request("POST", "/api/v1/uploads",
      { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata });
    if (response.status >= 500 && response.status !== 507) throw new Error("unavailable");
    if (!response.ok) throw await refusal(response);
    this.url = response.headers.get("Location");
    localStorage.setItem(fingerprint(this.file), this.url);
    this.offset = 0;
  }

  async sendCaptions() {
    const query = new URLSearchParams({ name: this.captions.name });
    const put = await fetch(`${this.url}/captions?${query}`, { method: "PUT", body: this.captions });
    if (put.status >= 500 && put.status !== 507) throw new Error("unavailable");
    if (!put.ok) throw await refusal(put);
    this.captions = undefined;
  }

  async slice() {
    const body = this.file.slice(this.offset, this.offset + SLICE);
    this.abort = new AbortController();
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(this.offset) };
    const response = await request("PATCH", this.url, headers, body, this.abort.signal);
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
    if (this.url) await request("DELETE", this.url).catch(() => undefined);
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

// Several recordings, one after the other; one that is refused does not keep the others back.
class Batch {
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

const stem = (name) => name.replace(/\.[^.]+$/, "").toLowerCase();

// Captions belong to the recording of the same name, also with a language: talk.vtt, talk.en.vtt.
const captionsFor = (recording, captions) =>
  captions.find((file) => stem(file.name) === stem(recording.name)) ?? captions.find((file) => stem(stem(file.name)) === stem(recording.name));

// What was dropped, folders with all that lies in them.
const filesIn = async (entry) => {
  if (entry.isFile) return [await new Promise((found, lost) => entry.file(found, lost))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const entries = await new Promise((found, lost) => reader.readEntries(found, lost));
    if (!entries.length) return files;
    for (const one of entries) files.push(...await filesIn(one));
  }
};

class Form {
  constructor(root, key) {
    this.root = root;
    this.key = key;
    this.find = (name) => root.querySelector(`.lh-${name}`);
    const zone = this.find("drop");
    const video = this.find("video-input");
    zone.onclick = () => video.click();
    zone.onkeydown = (event) => { if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); video.click(); } };
    zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("lh-over"); };
    zone.ondragleave = () => zone.classList.remove("lh-over");
    zone.ondrop = (event) => {
      event.preventDefault();
      zone.classList.remove("lh-over");
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      if (entries.some((entry) => entry.isDirectory)) Promise.all(entries.map(filesIn)).then((found) => this.take(found.flat(), true));
      else this.take([...event.dataTransfer.files]);
    };
    this.find("folder").onclick = () => this.find("folder-input").click();
    this.find("folder-input").onchange = (event) => this.take([...event.target.files], true);
    video.onchange = () => this.take([...video.files]);
    this.find("captions-input").onchange = (event) => this.take([...event.target.files]);
    this.find("start").onclick = () => this.start();
    this.find("pause").onclick = () => (this.upload.state === "paused" ? this.upload.go() : this.upload.pause());
    this.find("cancel").onclick = () => this.upload.cancel();
    this.watch(uploads.get(key));
  }

  // What the three fields hold already.
  takeChosen() {
    const [recordings, folder, captions] = ["video", "folder", "captions"].map((name) => [...this.find(`${name}-input`).files]);
    if (folder.length) this.take([...folder, ...captions], true);
    else this.take([...recordings, ...captions]);
  }

  // From a folder only recordings and captions are taken; whatever else lies there is no mistake.
  take(files, folder = false) {
    const types = this.find("captions-input").accept.split(",");
    const captions = files.filter((file) => types.some((type) => file.name.toLowerCase().endsWith(type)));
    const wanted = (file) => !folder || this.data.extensions.includes(file.name.split(".").pop().toLowerCase());
    const recordings = files.filter((file) => !captions.includes(file) && wanted(file));
    if (folder && !recordings.length) {
      this.find("error").textContent = "There is no recording in this folder.";
      return;
    }
    this.batch = recordings.length > 1 ? recordings.map((file) => [file, captionsFor(file, captions)]) : undefined;
    this.listBatch();
    if (this.batch) return;
    if (captions.length) [this.captions] = captions.slice(-1);
    if (recordings.length) [this.file] = recordings.slice(-1);
    this.find("file-name").textContent = this.file ? `${this.file.name} (${megabytes(this.file.size)})` : "";
    this.find("captions-name").textContent = this.captions && !this.find("captions-input").files.length ? this.captions.name : "";
    if (this.file && !this.find("title").value) this.find("title").placeholder = this.file.name.replace(/\.[^.]+$/, "");
    this.check();
  }

  listBatch() {
    const { batch } = this;
    this.find("batch").replaceChildren(...(batch ?? []).map(([file, captions]) => {
      const item = document.createElement("li");
      const error = this.problem(file);
      item.textContent = `${file.name} (${megabytes(file.size)}), ${error || (captions ? `captions: ${captions.name}` : "no captions")}`;
      return item;
    }));
    for (const name of ["title", "captions-input"]) this.find(name).closest(".lh-field").hidden = Boolean(batch);
    if (!batch) return;
    const good = batch.filter(([file]) => !this.problem(file)).length;
    this.find("file-name").textContent = `${batch.length} recordings`;
    this.find("error").textContent = good < batch.length ? `${batch.length - good} of them cannot be taken and will be left out.` : "";
    this.find("start").disabled = !good;
  }

  limits() {
    const { limit, extensions } = this.data;
    this.find("limits").textContent = `${extensions.join(", ")}; up to ${(limit / 1e9).toFixed(1)} GB and 3 hours`;
    this.find("video-input").accept = extensions.map((extension) => `.${extension}`).join();
  }

  problem(file) {
    const { limit, extensions } = this.data;
    const extension = file.name.split(".").pop().toLowerCase();
    if (!extensions.includes(extension)) return `.${extension} is not taken; one of ${extensions.join(", ")} is needed.`;
    if (!file.size) return "The file is empty; choose the recording itself.";
    return file.size > limit ? `The file has ${megabytes(file.size)}; up to ${megabytes(limit)} are taken.` : "";
  }

  check() {
    const error = this.file ? this.problem(this.file) : "";
    this.find("error").textContent = error;
    this.find("start").disabled = !this.file || Boolean(error);
  }

  start() {
    const preset = this.data.preset ?? "";
    const title = this.find("title").value.trim();
    const good = this.batch?.filter(([file]) => !this.problem(file));
    const upload = good
      ? new Batch(good.map(([file, captions]) => [file, { preset }, captions]))
      : new Upload(this.file, { title, preset }, this.captions);
    uploads.set(this.key, upload);
    upload.run();
    this.watch(upload);
  }

  watch(upload) {
    this.upload = upload;
    if (!upload) return;
    upload.listeners.add((this.listener ??= (changed) => this.show(changed)));
    this.show(upload);
  }

  show(upload) {
    const going = upload.state === "running" || upload.state === "paused";
    this.find("progress").hidden = !going;
    this.find("choose").hidden = going;
    const bar = this.find("bar");
    bar.max = upload.file.size;
    bar.value = upload.offset;
    this.find("progress-name").textContent = upload.file.name;
    this.find("progress-text").textContent = upload.describe();
    this.find("pause").textContent = upload.state === "paused" ? "Resume" : "Pause";
    if (upload.state === "failed") this.find("error").textContent = upload.message;
    if (upload.state === "done") {
      uploads.delete(this.key);
      this.setTrigger("uploaded", upload.result);
    }
    if (upload.state === "failed") uploads.delete(this.key);
  }

  leave() {
    this.upload?.listeners.delete(this.listener);
  }
}

export default function render({ data, parentElement, setTriggerValue, key }) {
  const root = parentElement.querySelector(".lh-upload");
  const known = parentElement.lhUpload;
  const form = (parentElement.lhUpload ??= new Form(root, key ?? "upload"));
  form.data = data;
  form.setTrigger = setTriggerValue;
  form.limits();
  // What was chosen while this script was still on its way has fired its event already.
  if (!known) form.takeChosen();
  return () => {
    form.leave();
    parentElement.lhUpload = null;
  };
}
