// A picture that the server composes: one question at a time, and the last one that was wanted is
// the one that is shown.

export class Composed {
  constructor(image, { wait, say }) {
    Object.assign(this, { image, wait, say, asking: false });
  }

  // `ask` fetches the picture; it is called when nothing else was wanted for a while.
  want(ask) {
    this.ask = ask;
    this.image.dataset.state = "asking";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), this.wait);
  }

  async settle() {
    if (this.asking) return;
    this.asking = true;
    while (this.ask && !this.gone) {
      const { ask } = this;
      this.ask = undefined;
      const answer = await ask().catch(() => null);
      const body = await (answer?.ok ? answer.blob() : answer?.json())?.catch(() => null);
      if (!this.ask && !this.gone) this.show(answer?.ok && body, body?.detail);
    }
    this.asking = false;
  }

  show(picture, problem) {
    this.forget();
    this.image.hidden = !picture;
    this.image.dataset.state = picture ? "shown" : "missing";
    if (picture) this.image.src = this.url = URL.createObjectURL(picture);
    this.say(picture ? "" : (problem ?? "The picture could not be made; change something to try again."));
  }

  forget() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.forget();
  }
}
