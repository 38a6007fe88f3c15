// What everything drawn by us shares: Plotly, loaded once, and the colours of the page's theme.

// The basic one, which draws bars, lines and areas: a quarter of the whole to read and to compile.
const PLOTLY = "./plotly-basic.min.js";
let plotly;
export const loadPlotly = () => (plotly ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = PLOTLY;
  script.onload = () => resolve(globalThis.Plotly);
  script.onerror = () => { plotly = undefined; reject(new Error("plotly")); };
  document.head.append(script);
  return undefined;
}));

export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

export const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const withAlpha = (colour, alpha) => {
  const hex = colour.match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i);
  const rgb = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : (colour.match(/\d+/g) ?? [128, 128, 128]).slice(0, 3);
  return `rgba(${rgb.join(",")},${alpha})`;
};

// The theme as it is at the node now: read again at each call, since it changes under us.
export const theme = (node) => {
  const css = (name) => getComputedStyle(node).getPropertyValue(name).trim();
  return {
    font: css("--st-font"),
    background: css("--st-background-color"),
    ink: (alpha = 1) => (alpha === 1 ? css("--st-text-color") : withAlpha(css("--st-text-color"), alpha)),
    accent: (alpha = 1) => (alpha === 1 ? css("--st-primary-color") : withAlpha(css("--st-primary-color"), alpha)),
  };
};
