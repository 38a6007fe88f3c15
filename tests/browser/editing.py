"""What tests of the deck do with clips, words and the timeline."""

from playwright.sync_api import expect

from tests.browser.ways import settled, wait_for_time

CLIPS = "[...document.querySelector('.lh-deck').lhDeck.data.live.clips]"
SELECTED = "document.querySelector('.lh-deck').lhDeck.clip()"


def told(page):
    return page.evaluate(CLIPS)


def said(page, text):
    """Wait until the last edit is answered and the page stands still."""
    page.wait_for_function("!document.querySelector('.lh-deck').lhDeck.edits.flying")
    settled(page)
    expect(page.locator(".lh-status")).to_have_text(text)


def span(page):
    """Return where the selected clip begins and ends."""
    parts = page.evaluate(SELECTED)["parts"]
    return parts[0][0], parts[-1][1]


def seek(page, time):
    page.evaluate(f"document.querySelector('.lh-deck').lhDeck.seek({time})")
    wait_for_time(page, f"Math.abs(t - {time}) < 0.2")


def press(page, key, text):
    page.keyboard.press(key)
    said(page, text)


def select_text(line, first, last):
    line.evaluate(
        """(node, [from, to]) => {
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          let at = 0;
          for (let text; (text = walker.nextNode()); at += text.length) {
            if (from >= at && from <= at + text.length) range.setStart(text, from - at);
            if (to >= at && to <= at + text.length) range.setEnd(text, to - at);
          }
          const selection = document.getSelection();
          selection.removeAllRanges();
          selection.addRange(range);
        }""",
        [first, last],
    )


def at_time(page, time, lane=0.6):
    """Return where a time lies on the page, at a height between the timeline's top and bottom."""
    box = page.locator(".lh-plot").bounding_box()
    x = page.evaluate(
        f"(a => a._offset + a.d2p({time}))(document.querySelector('.lh-plot')._fullLayout.xaxis)"
    )
    return box["x"] + x, box["y"] + lane * box["height"]


def drag(page, locator, dx, **keys):
    box = locator.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag_to(page, (x, y), (x + dx, y), **keys)


def drag_to(page, start, end, **keys):
    page.mouse.move(*start)
    for name in keys:
        page.keyboard.down(name)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, start[1], steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()
    for name in keys:
        page.keyboard.up(name)


def free_stretch(page):
    """Return the longest stretch that no clip has."""
    return page.evaluate(
        """() => { const d = document.querySelector('.lh-deck').lhDeck;
          const spans = d.data.live.clips.map(c => [c.parts[0][0], c.parts.at(-1)[1]]);
          const edges = [[0, 0], ...spans.sort((a, b) => a[0] - b[0]), [d.bundle.duration, 0]];
          let best = [0, 0];
          for (let i = 1; i < edges.length; i++)
            if (edges[i][0] - edges[i - 1][1] > best[1] - best[0])
              best = [edges[i - 1][1], edges[i][0]];
          return best; }"""
    )
