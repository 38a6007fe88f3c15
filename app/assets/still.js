// A still of the clip: the server says where each part of the frame goes, the browser's own frame
// of the lecture gives the pixels.

const ASK_MS = 80;
const GROUND = "#121212";
const EDGE = "#3a3a3a";

export class Still {
  constructor(canvas, video, ask) {
    Object.assign(this, { canvas, video, ask, wanted: undefined });
    for (const event of ["seeked", "loadeddata"]) video.addEventListener(event, () => this.draw());
  }

  // At most one question is under way; the last one that was wanted is always answered.
  follow(region) {
    this.wanted = region;
    this.timer ??= setTimeout(() => this.settle(), ASK_MS);
  }

  async settle() {
    const region = this.wanted;
    const made = await this.ask(region).catch(() => null);
    this.timer = undefined;
    if (made) {
      this.composition = made;
      this.draw();
    }
    if (this.wanted !== region) this.follow(this.wanted);
  }

  draw() {
    const { composition, canvas, video } = this;
    if (!composition || video.readyState < 2) return;
    if (canvas.width !== composition.width || canvas.height !== composition.height) {
      Object.assign(canvas, { width: composition.width, height: composition.height });
    }
    const pen = canvas.getContext("2d");
    pen.fillStyle = GROUND;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = EDGE;
    for (const { target: [x, y, w, h] } of composition.panels) pen.fillRect(x - 2, y - 2, w + 4, h + 4);
    for (const panel of composition.panels) this.panel(pen, panel);
    if (composition.bubble) this.bubble(pen, composition.bubble);
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn ?? 0) + 1);
  }

  // A player may play a smaller copy of the recording than the boxes are counted in.
  part(pen, source, target) {
    const share = this.video.videoWidth / this.size.width;
    pen.drawImage(this.video, ...source.map((side) => side * share), ...target);
  }

  panel(pen, { source, target, patch }) {
    this.part(pen, source, target);
    if (!patch) return;
    const [x, y] = source;
    const scale = target[2] / source[2];
    const from = ([px, py, w, h]) => [x + px, y + py, w, h];
    const to = ([px, py, w, h]) => [target[0] + px * scale, target[1] + py * scale, w * scale, h * scale];
    this.part(pen, from(patch.beside), to(patch.place));
  }

  bubble(pen, { source, target }) {
    const [x, y, w, h] = target;
    pen.save();
    pen.beginPath();
    pen.arc(x + w / 2, y + h / 2, w / 2, 0, 2 * Math.PI);
    pen.clip();
    this.part(pen, source, target);
    pen.restore();
  }
}
