// What can be done with the selected clip, as buttons: everything that keys and handles do.

export class Clipbar {
  constructor(root, deck) {
    Object.assign(this, { root: root.querySelector(".lh-clipbar"), deck });
    const on = (name, action) => { this.at(name).onclick = action; };
    const { edits } = deck;
    on("accept", () => edits.clip("set_state", { state: this.clip?.state === "accepted" ? "proposed" : "accepted" }));
    on("reject", () => edits.clip("set_state", { state: this.clip?.state === "rejected" ? "proposed" : "rejected" }));
    on("lock", () => edits.clip("lock", { locked: !this.clip?.locked }));
    on("longer", () => deck.clipwork.toPause("end"));
    on("split", () => edits.clip("split", { at: deck.video.currentTime }));
    on("merge", () => this.merge());
    on("delete", () => edits.clip("delete"));
    on("new", () => deck.clipwork.make());
    on("undo", () => edits.send("undo"));
    on("redo", () => edits.send("redo"));
    on("compile", () => edits.send("compile"));
    this.title = this.at("title");
    this.title.onkeydown = (event) => {
      if (event.key === "Enter") this.title.blur();
      if (event.key === "Escape") { this.title.value = this.clip?.title ?? ""; this.title.blur(); }
    };
    this.title.onchange = () => { if (this.clip && this.title.value !== this.clip.title) edits.send("rename", { clip_id: this.clip.id, title: this.title.value }); };
    this.stars = [...this.root.querySelectorAll(".lh-star")];
    for (const [index, star] of this.stars.entries()) star.onclick = () => edits.clip("rate", { rating: this.clip?.rating === index + 1 ? null : index + 1 });
  }

  at(name) { return this.root.querySelector(`.lh-do-${name}`); }

  rename() {
    this.title.focus();
    this.title.select();
  }

  // The next clip in time, else the one before.
  merge() {
    const clips = this.deck.data.live.clips.filter(({ state }) => state !== "rejected").sort((a, b) => a.parts[0][0] - b.parts[0][0]);
    const at = clips.findIndex(({ id }) => id === this.clip?.id);
    const other = clips[at + 1] ?? clips[at - 1];
    if (at < 0 || !other) this.deck.say("There is no neighbour to merge with.");
    else this.deck.edits.clip("merge", { other_id: other.id });
  }

  show(clip, live) {
    this.clip = clip;
    for (const name of ["accept", "reject", "lock", "longer", "split", "merge", "delete", "title"]) this.at(name).disabled = !clip;
    for (const star of this.stars) star.disabled = !clip;
    // What is being typed stays.
    if (document.activeElement !== this.title) this.title.value = clip?.title ?? "";
    for (const [name, on] of [["accept", clip?.state === "accepted"], ["reject", clip?.state === "rejected"], ["lock", clip?.locked]]) this.at(name).setAttribute("aria-pressed", String(Boolean(on)));
    for (const [index, star] of this.stars.entries()) {
      star.setAttribute("aria-pressed", String(clip?.rating === index + 1));
      star.textContent = index < (clip?.rating ?? 0) ? "★" : "☆";
    }
    for (const name of ["undo", "redo"]) {
      const label = live.history[name];
      this.at(name).disabled = !label;
      this.at(name).title = label ? `${name === "undo" ? "Undo" : "Redo"}: ${label}` : "";
    }
    const { made } = live.history;
    this.at("compile").textContent = made ? `Compile (${made} ${made === 1 ? "change" : "changes"})` : "Compile";
  }
}
