// How often each level occurs in a recording, and the threshold among the levels.

const HEIGHT = 220;
const AROUND_DB = 4;

const minus = (text) => String(text).replace("-", "\u2212");
const seconds = (value) => (value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`);
const percent = (share) => `${Math.round(share * 100)} %`;

export const silenceWords = ({ threshold_db: threshold, quieter, count, total_s: total, longest_s: longest }, duration) => {
  const line = threshold === null
    ? "No threshold: by its levels alone, nothing in this recording stands out as speech."
    : `The threshold lies at ${minus(threshold.toFixed(1))} dB: ${percent(quieter)} of the recording is quieter.`;
  const sum = count ? `${count} ${count === 1 ? "silence" : "silences"}, ${seconds(total)} in all (${percent(total / duration)}), the longest ${seconds(longest)}.` : "No silence is found.";
  return `${line} ${sum}`;
};

const bars = (found, { ink, accent }) => {
  const { counts, edges, threshold_db: threshold } = found;
  const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
  const middles = counts.map((_, i) => (edges[i] + edges[i + 1]) / 2);
  return {
    type: "bar", x: middles, y: counts.map((count) => (100 * count) / total),
    width: edges[1] - edges[0],
    marker: { color: middles.map((level) => (threshold === null || level < threshold ? ink(0.4) : accent())) },
    hovertemplate: "%{x:.0f} dB: %{y:.1f} % of the time<extra></extra>",
  };
};

const figure = (found, { ink, font, background }) => {
  const { counts, edges, threshold_db: threshold } = found;
  const heard = counts.map((count, i) => (count ? i : -1)).filter((i) => i >= 0);
  const from = Math.min(edges[heard[0] ?? 0], threshold ?? 0) - AROUND_DB;
  const at = { x: threshold, xref: "x", yref: "paper" };
  return {
    height: HEIGHT, margin: { l: 44, r: 8, t: 22, b: 40 }, bargap: 0, showlegend: false, dragmode: false,
    paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink(), family: font, size: 12 },
    hoverlabel: { bgcolor: background, font: { color: ink() } },
    xaxis: { title: { text: "Level in dB below full scale", standoff: 6 }, range: [from, Math.min(0, edges[(heard.at(-1) ?? 0) + 1] + AROUND_DB)], fixedrange: true, gridcolor: ink(0.1), zeroline: false },
    yaxis: { ticksuffix: " %", rangemode: "tozero", fixedrange: true, gridcolor: ink(0.1), zeroline: false, nticks: 4 },
    shapes: threshold === null ? [] : [{ type: "line", x0: threshold, x1: threshold, yref: "paper", y0: 0, y1: 1, line: { color: "#e11d48", width: 2 } }],
    annotations: threshold === null ? [] : [{ ...at, y: 1, yanchor: "bottom", showarrow: false, text: `threshold ${minus(threshold.toFixed(1))} dB`, font: { size: 12 } }],
  };
};

export const drawHistogram = (Plotly, node, found, theme) =>
  Plotly.react(node, [bars(found, theme)], figure(found, theme), { displayModeBar: false, responsive: true });
