"""Make the bundled sample lecture: `uv run python -m benchmarks.sample` writes data/samples/."""

from agents.subtitles import make_cues, to_vtt
from agents.types import Interval, Word
from data.samples import sample_paths
from tests.rendering import Look, render_lecture, spoken_scenes

LOOK = Look(
    size=(1280, 720),
    fps=25,
    noise_db=-58.0,
    encoding=("-c:v", "libx264", "-preset", "slow", "-crf", "25"),
    audio=("-c:a", "aac", "-b:a", "64k"),
)


def main() -> None:
    """Render the recording and write the captions that a lecture platform would export."""
    sample = sample_paths()
    truth = render_lecture(sample.video, spoken_scenes(), LOOK)
    words = [Word(word["t0"], word["t1"], word["text"]) for word in truth["words"]]
    whole = (Interval(0.0, truth["duration"]),)
    sample.captions.write_text(to_vtt(make_cues(words, whole)))
    print(f"{sample.video}: {truth['duration']:.1f} s, {sample.video.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
