"""The notebook of the tune page as a component; its parts are fetched once from `/assets`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.components.v2 import component

from app.api.assets import asset_url
from app.components import LOADER

LAB_HTML = """
<div class="lh-lab">
  <div class="lh-lab-top">
    <div class="lh-lab-words">
      <span class="lh-lab-summary" role="status">Looking at the run ...</span>
      <span class="lh-lab-changed"></span>
    </div>
    <div class="lh-lab-line"></div>
    <div class="lh-lab-hover"></div>
    <div class="lh-lab-row">
      <button type="button" class="lh-lab-run" disabled>Run with these settings</button>
      <button type="button" class="lh-lab-reset" disabled>As in this run</button>
      <button type="button" class="lh-lab-defaults" disabled>Defaults</button>
      <button type="button" class="lh-lab-nearer" aria-label="Zoom in">+</button>
      <button type="button" class="lh-lab-farther" aria-label="Zoom out">&minus;</button>
      <button type="button" class="lh-lab-whole">Whole lecture</button>
      <span class="lh-lab-said" role="status"></span>
    </div>
    <p class="lh-lab-problem" role="alert"></p>
  </div>
  <div class="lh-lab-figures" aria-live="polite"></div>
  <details class="lh-lab-transcript">
    <summary>Transcript: mark the sentences that are important</summary>
    <div class="lh-lab-sentences"></div>
  </details>
  <details>
    <summary>Presets, link, file and command</summary>
    <div class="lh-lab-presets">
      <label>Saved preset <select class="lh-presets-list" disabled></select></label>
      <button type="button" class="lh-presets-load" disabled>Load</button>
      <button type="button" class="lh-presets-delete" disabled>Delete</button>
      <label>Name <input type="text" class="lh-presets-name" maxlength="100"></label>
      <button type="button" class="lh-presets-save">Save as preset</button>
      <button type="button" class="lh-presets-link">Copy the link</button>
      <button type="button" class="lh-presets-export">Save as TOML</button>
      <label>Read TOML <input type="file" class="lh-presets-import" accept=".toml"></label>
    </div>
    <div class="lh-lab-row">
      <code class="lh-lab-command" tabindex="0"></code>
      <button type="button" class="lh-lab-copy">Copy the command</button>
    </div>
  </details>
  <div class="lh-lab-cells"></div>
</div>
"""

_lab = component("lh-lab", html=LAB_HTML, js=LOADER, isolate_styles=False)


def lab(data: dict[str, Any], *, on_run: Callable[[], None], key: str = "lab") -> None:
    """Show the cells of a run; `run` is triggered with {job, values} that a person wants to run."""
    styles = [asset_url("lab.css"), asset_url("components.css")]
    assets = {"module": asset_url("lab.js"), "style": styles}
    _lab(data={**assets, **data}, on_run_change=on_run, key=key)
