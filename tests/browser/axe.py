"""What axe-core finds on a page."""

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Streamlit's own frames: what lies in them is not ours to mend, each with its reason.
NOT_OURS = [
    [".stAppHeader"],  # its navigation and menu
    ["[data-testid=stDataFrame]"],  # a canvas with a table of its own for screen readers
    ["[data-testid=stElementToolbar]"],
    [".modebar-container"],  # Plotly's own buttons
]
GRAVE = {"serious", "critical"}
RUN = """skipped => axe.run({ exclude: skipped }, { resultTypes: ["violations"] }).then(
  (found) => found.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help,
    nodes: v.nodes.map((n) => `${n.target.join(" ")}: ${n.html.slice(0, 160)}`) })))"""


def grave_findings(page):
    page.evaluate(AXE)
    found = page.evaluate(RUN, NOT_OURS)
    return [(one["id"], one["help"], one["nodes"][:4]) for one in found if one["impact"] in GRAVE]
