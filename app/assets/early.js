// Begun with the page itself: Plotly takes a tenth of a second to come to life, and once Streamlit
// has found its server and asked it for the page, the browser has that time.

import { loadPlotly } from "./drawing.js";

const LAST = "/_stcore/host-config";
const watch = new PerformanceObserver((found) => {
  if (!found.getEntries().some(({ name }) => name.endsWith(LAST))) return;
  watch.disconnect();
  loadPlotly().catch(() => {});
});
watch.observe({ type: "resource", buffered: true });
