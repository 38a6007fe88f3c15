// The waveform of a whole lecture, fetched once: the lowest and the highest sample of each bucket,
// a byte each; drawn by hand, since a new view of it then costs no redraw of anything else.

const NONE = { from: 0, step: 1, pairs: new Int8Array(0) };

export const fetchWave = async (address) => {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) return NONE;
  return { from: 0, step: Number(response.headers.get("x-step")), pairs: new Int8Array(await response.arrayBuffer()) };
};

// A stretch of it, more closely; null where it cannot be had.
export const fetchStretch = async (address, from, to, count) => {
  const query = new URLSearchParams({ from: from.toFixed(2), to: to.toFixed(2), n: count });
  const response = await fetch(`${address}?${query}`).catch(() => null);
  if (!response?.ok) return null;
  const { peaks } = await response.json();
  return { from, to, step: (to - from) / peaks.length, pairs: Int8Array.from(peaks.flat()) };
};

// Lowest and highest of the buckets from `first` up to `last`.
const reach = (pairs, first, last) => {
  let [low, high] = [0, 0];
  for (let i = 2 * first; i < 2 * last; i += 2) {
    if (pairs[i] < low) low = pairs[i];
    if (pairs[i + 1] > high) high = pairs[i + 1];
  }
  return [low, high];
};

// Draws what lies between two times into a box, a column of a pixel at a time.
export const drawWave = (pen, { from: begin, step, pairs }, [from, to], { left, top, width, height }) => {
  const count = pairs.length / 2;
  const each = (to - from) / width;
  const middle = top + height / 2;
  const scale = height / 254;
  pen.beginPath();
  for (let x = 0; x < width; x += 1) {
    const first = Math.floor((from + x * each - begin) / step);
    const last = Math.min(count, Math.max(first + 1, Math.floor((from + (x + 1) * each - begin) / step)));
    if (first < 0 || first >= last) continue;
    const [low, high] = reach(pairs, first, last);
    pen.rect(left + x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
  }
  pen.fill();
};
