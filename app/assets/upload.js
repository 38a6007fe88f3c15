// The upload page: what is chosen, and how far it is on its way.
// Uploads live in a registry of the page, so that a rerun or a switch of pages does not end them.

import { Batch } from "./batch.js";
import { captionsFor, filesIn } from "./chosen.js";
import { Upload, megabytes } from "./transfer.js";

const uploads = (globalThis.__lhUploads ??= new Map());

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
    if (captions.length) this.nameCaptions();
    if (this.file && !this.find("title").value) this.find("title").placeholder = this.file.name.replace(/\.[^.]+$/, "");
    this.check();
  }

  // The field names captions that came with the recording, instead of saying that none are chosen.
  nameCaptions() {
    const held = new DataTransfer();
    held.items.add(this.captions);
    this.find("captions-input").files = held.files;
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
