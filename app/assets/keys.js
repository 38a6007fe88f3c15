// The keys of the deck, in one table: what they do, and the sheet that `?` shows.

import { make } from "./drawing.js";

const stride = (event) => (event.ctrlKey ? 60 : event.shiftKey ? 5 : 1);
const rate = (stars) => (deck) => deck.edits.clip("rate", { rating: deck.clip()?.rating === stars ? null : stars });

// Keys, what the sheet says, what they do.
export const KEYS = [
  ["Play and seek"],
  [["Space", "K"], "Play or pause", (deck) => deck.player.toggle()],
  [["J"], "Back 5 s", (deck) => deck.move(-5)],
  [["L"], "Faster: 2, 4, 8 times", (deck) => deck.player.faster()],
  [["ArrowLeft", "ArrowRight"], "1 s; with Shift 5 s, with Ctrl 60 s", (deck, e) => deck.move(e.key === "ArrowLeft" ? -stride(e) : stride(e))],
  [[",", "."], "One frame back, on", (deck, e) => deck.move((e.key === "," ? -1 : 1) / deck.fps())],
  [["[", "]"], "Previous, next edge of a silence", (deck, e) => deck.silence(e.key === "[" ? -1 : 1)],
  [["W", "E"], "Previous, next slide", (deck, e) => deck.strip.step(e.key.toLowerCase() === "w" ? -1 : 1, deck.video.currentTime)],
  [["G"], "Go to a time", (deck) => deck.player.goTo()],
  [["P"], "Play what the clip keeps; with Shift all clips", (deck, e) => (e.shiftKey ? deck.playAll() : deck.playClip())],
  [["R"], "Play the reel", (deck) => deck.reel.play()],
  [["M"], "Mute", (deck) => { deck.video.muted = !deck.video.muted; }],
  [["F"], "Full screen", (deck) => deck.player.fullScreen()],
  ["Look"],
  [["Z"], "Zoom to the clip, or back to all", (deck) => deck.zoom()],
  [["+", "-"], "Zoom in, out", (deck, e) => deck.timeline.scale(e.key === "+" ? 0.5 : 2)],
  [["B"], "Layout boxes", (deck) => deck.boxes.toggle()],
  [["ArrowUp", "ArrowDown"], "Previous, next clip", (deck, e) => deck.clipwork.neighbour(e.key === "ArrowUp" ? -1 : 1)],
  ["Edit the selected clip"],
  [["I", "O"], "It begins here, ends here; with Shift at the pause before, the next pause", (deck, e) => deck.clipwork[e.shiftKey ? "toPause" : "setEdge"](e.key.toLowerCase() === "i" ? "start" : "end")],
  [["<", ">"], "Move it 1 s earlier, later", (deck, e) => deck.clipwork.shift(e.key === "<" ? -1 : 1)],
  [["S"], "Split it here", (deck) => deck.edits.clip("split", { at: deck.video.currentTime })],
  [["N"], "New clip: of what is marked, else here", (deck) => deck.clipwork.make()],
  [["Delete", "Backspace"], "Delete it; in the transcript: cut the selected words", (deck) => deck.clipwork.remove()],
  [["A", "X"], "Accept, reject", (deck, e) => deck.edits.clip("set_state", { state: e.key.toLowerCase() === "a" ? "accepted" : "rejected" })],
  [["1", "2", "3", "4", "5"], "Stars; the same again takes them away", (deck, e) => rate(Number(e.key))(deck)],
  [["Enter"], "Rename", (deck) => deck.clipbar.rename()],
  ["All"],
  [["?"], "This sheet", (deck) => deck.sheet()],
  [["Escape"], "Clear what is marked", (deck) => deck.clear()],
];
export const CONTROLLED = [
  [["Ctrl+Z"], "Undo"], [["Ctrl+Shift+Z", "Ctrl+Y"], "Redo"], [["Ctrl+Enter"], "Compile"],
  [["ArrowLeft", "ArrowRight"], "On an edge of a clip: move it 0.1 s; with Shift 1 s"],
  ["In the transcript"],
  [["ArrowUp", "ArrowDown"], "Line by line; with Shift they are selected"],
  [["Enter"], "Go there"], [["F2"], "Correct the line"],
];
const ACTIONS = new Map(KEYS.flatMap(([keys, , action]) => (action ? keys.map((key) => [key === "Space" ? " " : key.toLowerCase(), action]) : [])));
const NAMES = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", delete: "Del" };

// Where a key means something of its own: a field takes every key, a button Space and Enter.
const FIELDS = "input:not([type=checkbox]), textarea, select, dialog, [contenteditable=true], [role=combobox], [role=listbox]";
const PRESSED = "button, a, summary, input[type=checkbox], [role=button], [role=grid], canvas";
const MOVED = "[role=slider], [role=grid], [role=radio], [role=tab], canvas";

export const press = (deck, event) => {
  const target = event.composedPath()[0];
  if (event.altKey || target.closest?.(FIELDS)) return;
  const action = event.ctrlKey || event.metaKey ? controlled(event) : ACTIONS.get(event.key.toLowerCase());
  if (!action) return;
  const plain = !event.ctrlKey && !event.metaKey;
  if (plain && target.closest?.(PRESSED) && [" ", "Enter"].includes(event.key)) return;
  if (plain && target.closest?.(MOVED) && event.key.startsWith("Arrow")) return;
  // Up and down go through the lines of the transcript while it has the focus.
  if (target.closest?.(".lh-transcript") && ["ArrowUp", "ArrowDown", "Enter", "F2"].includes(event.key)) return;
  // Escape also closes what others have opened over the page: the tour, a slide, a dialog.
  if (event.key !== "Escape") {
    event.preventDefault();
    event.stopPropagation();
  }
  action(deck, event);
};

const controlled = (event) => {
  const key = event.key.toLowerCase();
  if (key === "z") return (deck) => deck.edits.send(event.shiftKey ? "redo" : "undo");
  if (key === "y") return (deck) => deck.edits.send("redo");
  if (key === "enter") return (deck) => deck.edits.send("compile");
  return key.startsWith("arrow") && event.ctrlKey ? ACTIONS.get(key) : undefined;
};

export const fillSheet = (dialog) => {
  const sections = make("div", "lh-keylist");
  let list;
  for (const [keys, says] of [...KEYS, ...CONTROLLED]) {
    if (!says) {
      list = make("dl");
      sections.append(make("h3", "", keys), list);
      continue;
    }
    const row = make("div");
    const term = make("dt");
    for (const key of keys) term.append(make("kbd", "", NAMES[key.toLowerCase()] ?? key), " ");
    row.append(term, make("dd", "", says));
    list.append(row);
  }
  dialog.querySelector(".lh-sheet-keys").replaceChildren(sections);
};
