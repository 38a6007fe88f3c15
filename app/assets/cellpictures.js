// The pictures of the cells that stay as the run found them: words, layouts, topics, components.

import { clock, make } from "./drawing.js";
import { drawFrames } from "./frames.js";

const FRAMES = 4;
const LANE_PX = 16;
const NAMES_PX = 130;
const KINDS = {
  screen_only: "Screen only", camera_only: "Camera only",
  picture_in_picture: "Camera inside the screen", side_by_side: "Screen and camera side by side",
};

const unpack = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

export const drawWords = (node, words) => {
  const list = make("dl", "lh-facts");
  for (const [name, value] of words) list.append(make("dt", "", name), make("dd", "", value));
  node.replaceChildren(words.length ? list : make("p", "lh-hint", "The words are not known yet."));
};

// One frame for each arrangement, the longest ones, with its boxes over it.
export const drawLayouts = (node, { layouts, lecture, media, slides }) => {
  const seen = new Map();
  for (const region of layouts) {
    const key = JSON.stringify([region.kind, region.screen, region.camera]);
    const known = seen.get(key) ?? { region, length: 0, times: 0 };
    if (region.end - region.start > known.region.end - known.region.start) known.region = region;
    seen.set(key, { ...known, length: known.length + region.end - region.start, times: known.times + 1 });
  }
  const kinds = [...seen.values()].sort((a, b) => b.length - a.length).slice(0, FRAMES);
  const row = make("div", "lh-frames");
  const wanted = kinds.map(({ region, length, times }) => {
    const canvas = make("canvas");
    row.append(frame(canvas, region, length, times, lecture));
    return [(region.start + region.end) / 2, canvas];
  });
  const sum = make("p", "", layouts.length ? `${layouts.length} ${layouts.length === 1 ? "arrangement" : "arrangements"} over time, ${slides.length} slides.` : "Where screen and camera are is not known yet.");
  node.replaceChildren(sum, row);
  if (wanted.length && media.source) drawFrames(media.source, wanted);
};

const frame = (canvas, region, length, times, lecture) => {
  const figure = make("figure", "lh-frame");
  const picture = make("div", "lh-frame-picture");
  picture.style.aspectRatio = `${lecture.width} / ${lecture.height}`;
  canvas.setAttribute("aria-hidden", "true");
  picture.append(canvas);
  for (const name of ["screen", "camera"]) {
    if (!region[name]) continue;
    const [x, y, w, h] = region[name];
    const box = make("div", `lh-box lh-box-${name}`);
    const percent = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(box.style, { left: percent(x, lecture.width), top: percent(y, lecture.height), width: percent(w, lecture.width), height: percent(h, lecture.height) });
    box.append(make("span", "lh-box-label", name === "screen" ? "Screen" : "Camera"));
    picture.append(box);
  }
  const often = times > 1 ? `, ${times} times` : "";
  figure.append(picture, make("figcaption", "lh-hint", `${KINDS[region.kind] ?? region.kind}, ${clock(length)} in all${often}, ${Math.round(region.confidence * 100)} % sure`));
  return figure;
};

const sized = (canvas, width, height) => {
  const ratio = globalThis.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return pen;
};

// Shares of 0-255 as a picture of one colour, to be stretched.
const picture = (bytes, width, height, colour, strength = () => 1) => {
  const small = new OffscreenCanvas(width, height);
  const pen = small.getContext("2d");
  const pixels = pen.createImageData(width, height);
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  bytes.forEach((value, i) => pixels.data.set([r, g, b, value * strength(Math.floor(i / width))], 4 * i));
  pen.putImageData(pixels, 0, 0);
  return small;
};

// How alike all stretches of the lecture are in their words; topics are the squares along the diagonal.
const drawMatrix = (canvas, content, theme) => {
  const side = Math.min(280, canvas.parentElement.clientWidth);
  const pen = sized(canvas, side, side);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture(unpack(content.matrix), content.size, content.size, theme.accent(0.99)), 0, 0, side, side);
  pen.strokeStyle = theme.ink(0.8);
  const borders = [0, ...content.borders, 1];
  for (let i = 0; i + 1 < borders.length; i += 1) {
    const [from, to] = [borders[i] * side, borders[i + 1] * side];
    pen.strokeRect(from + 0.5, from + 0.5, Math.max(1, to - from - 1), Math.max(1, to - from - 1));
  }
};

// What speaks for each sentence: a lane per component, fainter where its weight is small.
const drawComponents = (canvas, content, weights, theme) => {
  const { names } = content;
  const width = canvas.parentElement.clientWidth;
  const height = LANE_PX * names.length;
  const pen = sized(canvas, width, height);
  const bytes = unpack(content.components);
  const most = Math.max(0.01, ...weights);
  const strength = (lane) => 0.12 + 0.88 * (weights[lane] / most);
  pen.imageSmoothingEnabled = width < bytes.length / names.length;
  pen.drawImage(picture(bytes, bytes.length / names.length, names.length, theme.accent(0.99), strength), NAMES_PX, 0, width - NAMES_PX, height);
  pen.font = `11px ${theme.font}`;
  pen.textBaseline = "middle";
  pen.strokeStyle = theme.ink(0.12);
  names.forEach((name, lane) => {
    pen.fillStyle = theme.ink(weights[lane] ? 1 : 0.5);
    pen.fillText(name.replaceAll("_", " "), 0, (lane + 0.5) * LANE_PX);
    pen.strokeRect(NAMES_PX, lane * LANE_PX, width - NAMES_PX, LANE_PX);
  });
};

const drawTopics = (node, topics) => {
  const list = make("ol", "lh-topic-list");
  for (const topic of topics) {
    const line = make("li");
    line.append(make("span", "lh-line-time", clock(topic.start)), make("span", "", topic.title));
    list.append(line);
  }
  node.replaceChildren(make("p", "", `${topics.length} ${topics.length === 1 ? "topic" : "topics"}`), list);
};

export const drawContent = (node, content, topics, theme) => {
  if (!content) return node.replaceChildren(make("p", "lh-hint", "The topics are not known yet."));
  const [canvas, holder, list] = [make("canvas"), make("div", "lh-matrix"), make("div")];
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "How alike all stretches of the lecture are in their words; the squares are the topics, which the list names");
  holder.append(canvas);
  node.replaceChildren(holder, list);
  drawMatrix(canvas, content, theme);
  drawTopics(list, topics);
  return undefined;
};

export const drawImportance = (node, content, weights, theme) => {
  if (!content) return node.replaceChildren(make("p", "lh-hint", "No sentence is scored yet."));
  if (!node.querySelector("canvas")) {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "What speaks for each sentence of the lecture, a lane per component");
    node.replaceChildren(canvas);
  }
  drawComponents(node.firstChild, content, weights, theme);
  return undefined;
};
