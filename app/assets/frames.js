// Frames of a recording, drawn one after another by one hidden player: a player for each would keep
// a connection open, and stay black wherever a browser saves on what it loads.

const WIDTH = 480;
const PATIENCE_MS = 20000;

const happened = (video, name) => new Promise((done, failed) => {
  const timer = setTimeout(() => failed(new Error(name)), PATIENCE_MS);
  video.addEventListener(name, () => { clearTimeout(timer); done(); }, { once: true });
  video.addEventListener("error", () => { clearTimeout(timer); failed(new Error("error")); }, { once: true });
});

// `wanted` are pairs of a time and the canvas that it is drawn on.
export const drawFrames = async (source, wanted) => {
  const video = Object.assign(document.createElement("video"), { muted: true, preload: "metadata", playsInline: true, src: source });
  try {
    await happened(video, "loadeddata");
    const height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
    for (const [time, canvas] of wanted) {
      video.currentTime = time;
      await happened(video, "seeked");
      Object.assign(canvas, { width: WIDTH, height });
      canvas.getContext("2d").drawImage(video, 0, 0, WIDTH, height);
      canvas.dataset.drawn = "true";
    }
  } catch {
    // The boxes and the words below say where screen and camera are; the picture helps, no more.
  } finally {
    video.removeAttribute("src");
    video.load();
  }
};
