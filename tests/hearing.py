"""Recordings as intake measures them, made from samples or from levels alone."""

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.intake import measure
from agents.registry import Context, Resources
from agents.types import (
    Intake,
    KeyFrames,
    Levels,
    Media,
    PacketTable,
    Prosody,
    SpeechProbability,
)
from tests.recordings import counting, write_recording
from tests.rendering import SPEECH, speech_entries

RATE = 16_000
HOP_S = 0.01
VOTE_HOP_S = 0.032
NOWHERE = Path("nowhere")


def intake_from_levels(
    rms_db: np.ndarray,
    *,
    votes: np.ndarray | None = None,
    frames: list[tuple[float, np.ndarray]] | None = None,
    packets: PacketTable | None = None,
    duration: float | None = None,
) -> Intake:
    """Return an intake whose levels are these, one per 10 ms, with `votes` one per 32 ms."""
    none = np.zeros(0)
    levels = np.asarray(rms_db, np.float32)
    shown = frames or []
    luma = np.array([luma for _, luma in shown], np.uint8).reshape(-1, 180, 320)
    return Intake(
        media=Media(
            path=NOWHERE,
            demuxer="mov",
            duration=duration or max(HOP_S, len(levels) * HOP_S),
            width=640,
            height=360,
            fps=25.0,
            has_audio=True,
            audio_stream=0,
            audio_channel=0,
            sha256="0" * 64,
            size_bytes=1,
        ),
        levels=Levels(HOP_S, levels + 3, levels),
        speech=SpeechProbability(VOTE_HOP_S, none if votes is None else np.asarray(votes)),
        prosody=Prosody(none, none, none),
        packets=packets or PacketTable(none, none, none),
        key_frames=KeyFrames(np.array([t for t, _ in shown]), luma),
        audio=NOWHERE,
        poster=NOWHERE,
        proxy=None,
    )


def intake_from_sound(sound: np.ndarray, wav: Path, *, silero: bool = True) -> Intake:
    """Write the 16 kHz samples to `wav` and return what there is to measure about them."""
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    hops = sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(np.float64)
    rms = np.sqrt((hops**2).mean(axis=1))
    votes = speech_votes(sound) if silero else None
    intake = intake_from_levels(20 * np.log10(np.maximum(rms, 1e-6)), votes=votes)
    return replace(intake, audio=wav)


def intake_from_recording(sound: np.ndarray, folder: Path) -> Intake:
    """Make a real recording of the 16 kHz samples, with AAC, and return what intake measures."""
    frames = counting(len(sound) / RATE, fps=2)
    track = np.clip(sound, -1, 1)[:, None]
    source = write_recording(
        folder / "talk.mp4", frames, [track], "-c:a", "aac", "-b:a", "64k", fps=2, rate=RATE
    )
    workdir = folder / "intake"
    workdir.mkdir()
    return measure(source, context=context(workdir))


def speech_votes(sound: np.ndarray) -> np.ndarray:
    """Return Silero's probability per 32 ms."""
    from faster_whisper.vad import get_vad_model

    padded = np.pad(sound.astype(np.float32), (0, -len(sound) % 512))
    return np.asarray(get_vad_model()(padded)).reshape(-1)


def spoken(indices: tuple[int, ...], *, pause_s: float = 0.8, noise_db: float = -60.0):
    """Return sound and [(t0, t1, entry)] of the sentences of speech.json, with room noise."""
    import soundfile

    entries = speech_entries()
    blocks, said, at = [np.zeros(RATE, np.float32)], [], 1.0
    for index in indices:
        samples, _ = soundfile.read(SPEECH / entries[index]["file"], dtype="float32")
        said.append((at, at + len(samples) / RATE, entries[index]))
        blocks += [samples, np.zeros(round(pause_s * RATE), np.float32)]
        at += len(samples) / RATE + round(pause_s * RATE) / RATE
    sound = np.concatenate(blocks)
    noise = np.random.default_rng(7).standard_normal(len(sound)) * 10 ** (noise_db / 20)
    return (sound + noise).astype(np.float32), said


def context(workdir: Path, progress=None, **resources) -> Context:
    """Return a context that publishes nothing and may not fetch models unless told so."""

    def once(key, make):
        folder = workdir / key
        folder.mkdir()
        make(folder)
        return folder

    given = Resources(**{"download_models": False, **resources})
    return Context(workdir, given, progress or (lambda percent, message: None), once)
