// The lanes of what is measured, on a canvas under the marks: silences, and the sound. Hundreds of
// silences and a waveform cost a millisecond here, and many frames as elements of a picture.

import { clock, make } from "./drawing.js";
import { drawWave } from "./wave.js";

export class Lanes {
  constructor(timeline) {
    this.timeline = timeline;
    this.canvas = make("canvas", "lh-lanes");
    timeline.overlay.prepend(this.canvas);
    this.silences = [];
    timeline.plot.addEventListener("mousemove", (event) => this.tell(event));
  }

  // Plotly's axis, and the lanes from the top of the picture in pixels.
  draw({ axis, wave, silence, theme, sound }) {
    this.axis = axis;
    this.lane = silence;
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.timeline.overlay;
    const size = `${width} ${height} ${ratio}`;
    if (size !== this.size) {
      this.size = size;
      Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = theme.ink(0.45);
    this.drawSilences(pen, axis, silence);
    if (sound) drawWave(pen, sound, axis.range, { left: axis._offset, width: axis._length, ...wave });
  }

  drawSilences(pen, axis, { top, height }) {
    const [from, to] = axis.range;
    const scale = axis._length / (to - from);
    for (const { start, end } of this.silences) {
      if (end < from || start > to) continue;
      const [x0, x1] = [Math.max(from, start), Math.min(to, end)].map((time) => axis._offset + (time - from) * scale);
      pen.fillRect(x0, top, Math.max(0.5, x1 - x0), height);
    }
  }

  // Names the silence under the pointer, as the browser shows names.
  tell(event) {
    if (!this.axis) return;
    const { left, top } = this.timeline.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const inside = y >= this.lane.top && y <= this.lane.top + this.lane.height;
    const time = this.axis.p2d(x - this.axis._offset);
    const found = inside && this.silences.find(({ start, end }) => start <= time && time < end);
    const name = found ? `${found.type.replace("_", " ")}, ${clock(found.start)} - ${clock(found.end)}` : "";
    if (this.timeline.plot.title !== name) this.timeline.plot.title = name;
  }
}
