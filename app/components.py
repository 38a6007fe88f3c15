"""Our own Streamlit components: the deck, the resumable upload and the live progress.

Only a loader is sent with each rerun; the modules come once from `/assets`, under names that
change with their content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.components.v2 import component

from agents.transcript.captions import FORMATS
from app.api.assets import ASSETS, asset_url
from app.services.uploads import GIVEN_SUFFIXES

LOADER = """\
const mods = (globalThis.__lhMods ??= new Map());
const styled = (href) => {
  if (document.querySelector(`link[href="${href}"]`)) return undefined;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => { link.onload = link.onerror = done; document.head.append(link); });
};
export default async (component) => {
  const url = new URL(component.data.module, document.baseURI).href;
  if (!mods.has(url)) mods.set(url, import(url));
  await Promise.all([component.data.style].flat().map(styled));
  return (await mods.get(url)).default(component);
};
"""

DECK_HTML = """
<div class="lh-deck">
  <div class="lh-stage-area">
    <video class="lh-video" controls preload="metadata" playsinline
      aria-label="The lecture"></video>
    <div class="lh-boxes"></div>
  </div>
  <div class="lh-words">
    <div class="lh-transcript" role="list" aria-label="Transcript" tabindex="0"></div>
    <div class="lh-pick" role="toolbar" aria-label="The selected words" hidden>
      <button type="button" class="lh-pick-make">Make a clip</button>
      <button type="button" class="lh-pick-cut">Cut from the clip</button>
      <button type="button" class="lh-pick-fill">Put back</button>
      <button type="button" class="lh-pick-fix">Correct the line</button>
    </div>
  </div>
  <div class="lh-controls">
    <span class="lh-time">0:00</span>
    <button type="button" class="lh-play-clip" disabled>Play the clip as kept</button>
    <button type="button" class="lh-play-all">Play all kept</button>
    <button type="button" class="lh-zoom" disabled>Zoom to clip</button>
    <button type="button" class="lh-nearer" aria-label="Zoom in">+</button>
    <button type="button" class="lh-farther" aria-label="Zoom out">&minus;</button>
    <button type="button" class="lh-whole">Whole lecture</button>
    <button type="button" class="lh-show-boxes" aria-pressed="true">Layout boxes</button>
    <button type="button" class="lh-help" aria-haspopup="dialog">Keys (?)</button>
    <span class="lh-layout"></span>
    <span class="lh-chapter"></span>
    <span class="lh-status" role="status"></span>
  </div>
  <div class="lh-timeline" role="group" aria-label="Timeline; the clip table below says the same">
    <div class="lh-plot"></div>
    <div class="lh-overlay"></div>
  </div>
  <div class="lh-clipbar" role="toolbar" aria-label="The selected clip">
    <label class="lh-clip-title">Title <input type="text" class="lh-do-title" maxlength="200"
      autocomplete="off"></label>
    <button type="button" class="lh-do-accept">Accept</button>
    <button type="button" class="lh-do-reject">Reject</button>
    <span class="lh-stars" role="group" aria-label="Stars">@STARS@</span>
    <button type="button" class="lh-do-lock">Lock</button>
    <button type="button" class="lh-do-longer">End at the next pause</button>
    <button type="button" class="lh-do-split">Split here</button>
    <button type="button" class="lh-do-merge">Merge with next</button>
    <button type="button" class="lh-do-delete">Delete</button>
    <button type="button" class="lh-do-new">New clip</button>
    <span class="lh-of-run">
      <button type="button" class="lh-do-undo">Undo</button>
      <button type="button" class="lh-do-redo">Redo</button>
      <button type="button" class="lh-do-compile">Compile</button>
    </span>
  </div>
  <dialog class="lh-sheet" aria-label="Keys">
    <div class="lh-sheet-keys" tabindex="0" role="group" aria-label="The keys" autofocus></div>
    <form method="dialog"><button type="submit">Close</button></form>
  </dialog>
  <dialog class="lh-goto" aria-label="Go to a time">
    <form method="dialog"><label>Go to <input name="time" type="text" inputmode="numeric"
      placeholder="1:15" autocomplete="off" autofocus></label>
      <button type="submit">Go</button></form>
  </dialog>
  <div class="lh-reel" role="group" aria-label="Highlight reel" hidden>
    <strong>Highlight reel</strong>
    <span class="lh-reel-length"></span>
    <button type="button" class="lh-play-reel">Play the reel</button>
    <ol class="lh-reel-list"></ol>
  </div>
</div>
""".replace(
    "@STARS@",
    "".join(
        f'<button type="button" class="lh-star" aria-label="{n} of 5">&#9734;</button>'
        for n in range(1, 6)
    ),
)

UPLOAD_HTML = """
<div class="lh-upload">
  <div class="lh-choose">
    <div class="lh-drop" role="button" tabindex="0">
      <strong>Drop recordings or a folder here, or click to choose</strong>
      <span class="lh-hint lh-limits"></span>
      <div class="lh-file-name"></div>
    </div>
    <input type="file" class="lh-video-input" multiple hidden>
    <input type="file" class="lh-folder-input" webkitdirectory hidden>
    <button type="button" class="lh-folder">Choose a folder</button>
    <ul class="lh-batch" aria-label="Recordings to upload"></ul>
    <label class="lh-field">Title
      <input type="text" class="lh-title" maxlength="200" placeholder="Taken from the file name">
    </label>
    <label class="lh-field">Captions (@FORMATS@; optional)
      <input type="file" class="lh-captions-input" accept="@CAPTIONS@">
    </label>
    <button type="button" class="lh-start" disabled>Upload and find highlights</button>
  </div>
  <div class="lh-progress" hidden>
    <strong class="lh-progress-name"></strong>
    <progress class="lh-bar" max="100" value="0" aria-label="Upload progress"></progress>
    <span class="lh-progress-text" role="status"></span>
    <div class="lh-buttons">
      <button type="button" class="lh-pause">Pause</button>
      <button type="button" class="lh-cancel">Cancel</button>
    </div>
  </div>
  <div class="lh-error" role="alert"></div>
</div>
""".replace("@CAPTIONS@", ",".join(GIVEN_SUFFIXES)).replace("@FORMATS@", FORMATS)

LIVE_HTML = """
<div class="lh-live" role="group" aria-label="Progress of the agents"></div>
"""

SILENCE_HTML = """
<div class="lh-silence">
  <div class="lh-silence-found">
    <p class="lh-silence-words" role="status">Looking at the levels ...</p>
    <div class="lh-silence-plot" role="img"
      aria-label="How often each level occurs, and the threshold; the sentence above says it"></div>
    <div class="lh-silence-how" hidden>
      <p>The timeline shows a preview; nothing is stored. Run this lecture again with these values,
        or use them in the command:</p>
      <code class="lh-silence-command"></code>
    </div>
    <div class="lh-controls">
      <button type="button" class="lh-silence-apply" disabled>Run again with these</button>
      <button type="button" class="lh-silence-copy" disabled>Copy the command</button>
      <button type="button" class="lh-silence-reset" disabled>As in this run</button>
      <span class="lh-silence-done" role="status"></span>
    </div>
  </div>
  <div class="lh-silence-fields"></div>
</div>
"""

_deck = component("lh-deck", html=DECK_HTML, js=LOADER, isolate_styles=False)
_upload = component("lh-upload", html=UPLOAD_HTML, js=LOADER, isolate_styles=False)
_live = component("lh-live", html=LIVE_HTML, js=LOADER, isolate_styles=False)
_layout = component(
    "lh-layout", html=(ASSETS / "layout.html").read_text(), js=LOADER, isolate_styles=False
)
_help = component(
    "lh-help", html=(ASSETS / "help.html").read_text(), js=LOADER, isolate_styles=False
)
_silence = component("lh-silence", html=SILENCE_HTML, js=LOADER, isolate_styles=False)


def _assets(module: str, *styles: str) -> dict[str, Any]:
    """Return the addresses of a component's script and of its styles.

    A tuple: at a list Streamlit imports pandas, to ask whether it is a table.
    """
    names = ("components.css", *styles)
    return {"module": asset_url(module), "style": tuple(asset_url(name) for name in names)}


def deck(
    data: dict[str, Any],
    *,
    on_select: Callable[[], None],
    on_topic: Callable[[], None],
    on_go: Callable[[], None],
    key: str = "deck",
) -> None:
    """Show player, timeline and transcript; `data` names the addresses and the live part.

    `selected` is triggered with the id of a clip that was chosen there, `topic` with the number of
    a topic, `go` with the id of a run that was started there. Edits go to the API; `looked` is
    triggered after them.
    """
    _deck(
        data={**_assets("deck.js", "deck.css"), **data},
        on_selected_change=on_select,
        on_topic_change=on_topic,
        on_go_change=on_go,
        on_looked_change=lambda: None,  # the page runs again, and shows what was done
        key=key,
    )


def upload(data: dict[str, Any], *, on_uploaded: Callable[[], None], key: str = "upload") -> None:
    """Show the drop zone; `uploaded` is triggered with {job, lecture, name}."""
    _upload(data={**_assets("upload.js"), **data}, on_uploaded_change=on_uploaded, key=key)


def live(data: dict[str, Any], *, on_changed: Callable[[], None], key: str = "live") -> None:
    """Show a job's stages as they go; `changed` is triggered when one begins or ends."""
    _live(data={**_assets("live.js"), **data}, on_changed_change=on_changed, key=key)


def silence(data: dict[str, Any], *, on_apply: Callable[[], None], key: str = "silence") -> None:
    """Show levels, threshold and a slider per tunable; `apply` is triggered with {name: value}."""
    _silence(data={**_assets("silence.js"), **data}, on_apply_change=on_apply, key=key)


def layout(data: dict[str, Any], *, on_render: Callable[[], None], key: str = "layout") -> None:
    """Show the layout editor; `render` is triggered with {shape: {name: value}}."""
    _layout(
        data={**_assets("layout.js", "layout.css"), **data}, on_render_change=on_render, key=key
    )


def help_sheet(data: dict[str, Any]) -> None:
    """Show the button and the sheet of help about a page, and the tour if it is under way."""
    _help(data={**_assets("help.js", "help.css"), **data}, key="help")
