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
      this.take([...event.dataTransfer.files]);
    };
    video.onchange = () => this.take([...video.files]);
    this.find("captions-input").onchange = (event) => this.take([...event.target.files]);
    this.find("start").onclick = () => this.start();
    this.find("pause").onclick = () => (this.upload.state === "paused" ? this.upload.go() : this.upload.pause());
    this.find("cancel").onclick = () => this.upload.cancel();
    this.watch(uploads.get(key));
  }

  take(files) {
    const types = this.find("captions-input").accept.split(",");
    for (const file of files) {
      if (types.some((type) => file.name.toLowerCase().endsWith(type))) this.captions = file;
      else this.file = file;
    }
    this.find("file-name").textContent = this.file ? `${this.file.name} (${megabytes(this.file.size)})` : "";
    this.find("captions-name").textContent = this.captions ? this.captions.name : "";
    if (this.file && !this.find("title").value) this.find("title").placeholder = this.file.name.replace(/\.[^.]+$/, "");
    this.check();
  }

  limits() {
    const { limit, extensions } = this.data;
    this.find("limits").textContent = `${extensions.join(", ")}; up to ${(limit / 1e9).toFixed(1)} GB and 3 hours`;
    this.find("video-input").accept = extensions.map((extension) => `.${extension}`).join();
  }

  check() {
    const { limit, extensions } = this.data;
    let error = "";
    if (this.file) {
      const extension = this.file.name.split(".").pop().toLowerCase();
      if (!extensions.includes(extension)) error = `.${extension} is not taken; one of ${extensions.join(", ")} is needed.`;
      else if (!this.file.size) error = "The file is empty; choose the recording itself.";
      else if (this.file.size > limit) error = `The file has ${megabytes(this.file.size)}; up to ${megabytes(limit)} are taken.`;
    }
    this.find("error").textContent = error;
    this.find("start").disabled = !this.file || Boolean(error);
  }

  start() {
    const fields = { title: this.find("title").value.trim(), preset: this.data.preset ?? "" };
    const upload = new Upload(this.file, fields, this.captions);
    uploads.set(this.key, upload);
    this.watch(upload);
    upload.run();
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
  if (!known) form.take([...root.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]));
  return () => {
    form.leave();
    parentElement.lhUpload = null;
  };
}
