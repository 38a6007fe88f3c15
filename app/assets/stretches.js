// The stretches of a lecture as a row of buttons, as wide as they are long.

import { clock, make } from "./drawing.js";

const LEAST_SHARE = 0.02;
const KINDS = {
  screen_only: "Screen only", camera_only: "Camera only",
  picture_in_picture: "Camera inside the screen", side_by_side: "Screen and camera side by side",
};
// Which boxes an arrangement has.
export const NEEDED = { screen_only: ["screen"], camera_only: ["camera"], picture_in_picture: ["screen", "camera"], side_by_side: ["screen", "camera"] };

// A stretch as it is stored: without what its arrangement has no use for.
export const bare = ({ start, end, kind, screen, camera }) => ({ start, end, kind, screen: NEEDED[kind].includes("screen") ? screen : null, camera: NEEDED[kind].includes("camera") ? camera : null });

const stretch = (region, share, seek) => {
  const button = make("button", "lh-stretch");
  button.type = "button";
  button.dataset.kind = region.kind;
  button.style.flexGrow = String(Math.max(LEAST_SHARE, share));
  button.append(make("span", "lh-stretch-time", `${clock(region.start)} - ${clock(region.end)}`));
  button.append(make("span", "lh-stretch-kind", KINDS[region.kind]));
  button.append(make("span", "lh-stretch-whose", region.mine ? "yours" : `found, ${Math.round(region.confidence * 100)} % sure`));
  button.onclick = () => seek((region.start + region.end) / 2);
  return button;
};

export const showStretches = (place, { regions, duration }, current, seek) => {
  const items = regions.map((region, index) => {
    const button = stretch(region, (region.end - region.start) / duration, seek);
    if (index === current) button.setAttribute("aria-current", "true");
    const item = make("li");
    item.style.flexGrow = button.style.flexGrow;
    item.append(button);
    return item;
  });
  const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
  place.replaceChildren(...items);
  if (focused >= 0) items[Math.min(focused, items.length - 1)].firstChild.focus();
};
