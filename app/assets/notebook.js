// What follows from turning settings: which stages are stale, and what running them would cost.

export const about = (seconds) => (seconds < 1 ? "under 1 s" : seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`);
export const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

export const differing = (values, base) => Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== base[name]));

// Stages that a run with these settings would compute again: those changed, and what needs them.
export const stale = ({ needs }, changed) => {
  const found = new Set(Object.keys(changed).map((name) => name.split(".")[0]));
  for (const [stage, before] of Object.entries(needs)) if (before.some((need) => found.has(need))) found.add(stage);
  return found;
};

// Seconds that the stages took in this run; of rendering only the share that is new clips.
export const estimate = ({ costs }, stages, changed, found) => {
  const { clips = [], before_s: before } = found ?? {};
  const fresh = clips.filter((clip) => clip.change !== "kept");
  const anew = stages.has("extract") && !Object.keys(changed).some((name) => name.startsWith("compile."));
  const seconds = (clip) => clip.parts.reduce((all, [a, b]) => all + b - a, 0);
  const share = anew && before ? fresh.reduce((sum, clip) => sum + seconds(clip), 0) / before : 1;
  return [...stages].reduce((sum, stage) => sum + (costs[stage] ?? 0) * (stage === "compile" ? share : 1), 0);
};
