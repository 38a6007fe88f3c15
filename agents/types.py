"""The values that flow between stages: frozen, in seconds from the start of the lecture.

`start`, `end` and `duration` are float seconds. Sequences are tuples. A `File` is absolute while
a stage runs; the store keeps it relative to the folder that belongs to the stage key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

if TYPE_CHECKING:
    import numpy as np


def _relative(path: Path, info: SerializationInfo) -> str:
    folder = (info.context or {}).get("folder")
    return os.path.relpath(path, folder) if folder else str(path)


def _resolved(value: str | Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return Path(os.path.normpath(Path(folder) / value)) if folder else Path(value)


File = Annotated[Path, PlainSerializer(_relative), PlainValidator(_resolved)]
"""A file of a stage result: serialised relative to `context["folder"]`, resolved against it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the lecture in seconds."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"start={self.start} must lie in [0, end={self.end})")

    @property
    def duration(self) -> float:
        """Return the length in seconds."""
        return self.end - self.start

    def overlap(self, other: Interval) -> float:
        """Return the seconds that both cover, 0 when they are apart."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


class Box(NamedTuple):
    """A rectangle in pixels of the shown source frame; the origin is the top left corner."""

    x: int
    y: int
    w: int
    h: int


# --- intake ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Media:
    """A readable recording: what demuxing all of it showed, not what its header claims."""

    path: File
    demuxer: str
    """The FFmpeg demuxer forced by the first bytes: mov, matroska, avi or mpegts."""
    duration: float
    width: int
    """Shown width in pixels: rotated, with square pixels."""
    height: int
    fps: float
    has_audio: bool
    audio_stream: int
    """Index among the audio streams of the one that carries the speech."""
    audio_channel: int
    """Channel of that stream with the most speech: channels are never mixed down."""
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Loudness envelope: dB relative to full scale per hop, float32, shape (n,), floor -120."""

    hop_s: float
    peak_db: np.ndarray
    rms_db: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class SpeechProbability:
    """Silero's probability of speech 0-1 per hop, float32, shape (n,); empty if not measured."""

    hop_s: float
    values: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Prosody:
    """Voice per second of the lecture, float32, shape (n,): dB, and Hz (0 where unvoiced)."""

    level_db: np.ndarray
    pitch_hz: np.ndarray
    pitch_range: np.ndarray
    """90th minus 10th percentile of the second's pitch, in semitones."""


@dataclass(frozen=True, slots=True, eq=False)
class PacketTable:
    """Every video packet in order of presentation: seconds, bytes, whether it is a key frame."""

    time: np.ndarray
    size: np.ndarray
    key: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class KeyFrames:
    """Luma of key frames, uint8, shape (n, 180, 320), with their times in seconds, float64 (n,)."""

    time: np.ndarray
    luma: np.ndarray


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know about a result, in one plain sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What the one pass over an upload measured; no threshold has been applied."""

    media: Media
    levels: Levels
    speech: SpeechProbability
    prosody: Prosody
    packets: PacketTable
    key_frames: KeyFrames
    audio: Path
    """16 kHz mono s16 WAV whose time 0 is the lecture's time 0."""
    poster: Path
    """JPEG of a representative frame."""
    proxy: Path | None
    """MP4 that browsers play, made when they cannot play the upload itself."""
    notices: tuple[Notice, ...] = ()


# --- the three parallel agents --------------------------------------------------------------------

SilenceType = Literal["audio_silence", "blank_screen", "both"]


@dataclass(frozen=True, slots=True)
class SilenceRegion(Interval):
    """A stretch without speech; `level_db` is its mean level."""

    level_db: float
    silence_type: SilenceType = "audio_silence"


@dataclass(frozen=True, slots=True)
class Word(Interval):
    """One spoken word; `probability` is the engine's confidence 0-1."""

    text: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class TranscriptSegment(Interval):
    """One sentence of the transcript with the words it is made of."""

    text: str
    words: tuple[Word, ...]
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole lecture's speech: segments are sentences, in order, without overlap."""

    language: str
    """ISO 639-1 code, or "und"."""
    engine: str
    """What produced it, for people: "captions (talk.vtt)", "faster-whisper small", ..."""
    segments: tuple[TranscriptSegment, ...]
    notices: tuple[Notice, ...] = ()


LayoutKind = Literal["screen_only", "camera_only", "picture_in_picture", "side_by_side"]


@dataclass(frozen=True, slots=True)
class LayoutRegion(Interval):
    """A stretch with one arrangement of screen and camera, boxes in source pixels."""

    kind: LayoutKind
    screen: Box | None
    camera: Box | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Slide(Interval):
    """A stretch in which one slide is shown; `still` is its last complete state."""

    still: File | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is seen over time: regions and slides each cover the lecture without gaps."""

    regions: tuple[LayoutRegion, ...]
    slides: tuple[Slide, ...]


# --- content, extract, compile --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sentence(Interval):
    """A transcript segment seen by the analyzer: its topic and unweighted score components 0-1."""

    index: int
    """Position of the segment in the transcript."""
    text: str
    topic: int
    components: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContentSegment(Interval):
    """One topic: title, summary, keywords, and the components of its sentences combined."""

    topic: int
    title: str
    summary: str
    keywords: tuple[str, ...]
    components: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an outside model was asked for one result, as its API counts it."""

    model: str
    prompt: str
    """Version of the instructions."""
    requests: int = 0
    """Requests that were answered, and so paid for."""
    reused: int = 0
    """Requests whose answer was known from an earlier run, at no cost."""
    input_tokens: int = 0
    """With those that the service had in its own cache."""
    cached_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    usd: float | None = None
    """US dollars by the table of prices; None where it has no price of this model."""
    priced: str = ""
    """Date of that table."""

    @property
    def tokens(self) -> int:
        """Return all tokens that are charged."""
        return self.input_tokens + self.output_tokens + self.thinking_tokens


@dataclass(frozen=True, slots=True)
class Content:
    """The lecture's topics in order and its sentences, each with components, before any weight."""

    segments: tuple[ContentSegment, ...]
    sentences: tuple[Sentence, ...]
    analyzer: str
    """What judged it, for people: "local", or "local + gemini-2.5-flash"."""
    notices: tuple[Notice, ...] = ()
    usage: Usage | None = None
    """What that cost; None where no outside model was asked."""


@dataclass(frozen=True, slots=True)
class Cue(Interval):
    """One subtitle of one or two lines; seconds from the start of the clip it belongs to."""

    text: str
    spoken: tuple[float, ...] = ()
    """When each word of the text begins, if that is known; a letter where words have no spaces."""


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A clip that a person has accepted or made: it stays as it is."""

    parts: tuple[Interval, ...]
    title: str = ""
    """Empty to have one found."""
    proposed: bool = False
    """It stays because it is on the timeline that is compiled; nobody has judged it."""


@dataclass(frozen=True, slots=True)
class CaptionFix(Interval):
    """What is said in the sentence of these times, as a person has corrected it."""

    text: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people have decided before clips are planned: about clips, and about the layout."""

    kept: tuple[KeptClip, ...] = ()
    rejected: tuple[Interval, ...] = ()
    """Stretches that are not proposed again."""
    layout: tuple[LayoutRegion, ...] = ()
    """Corrections of what was found to be seen; a later one covers an earlier one."""
    captions: tuple[CaptionFix, ...] = ()
    closed: bool = False
    """Nothing is proposed beside what is kept: the timeline is compiled as a person left it."""

    def unclosed(self) -> Decisions:
        """Return what people have judged, without what only stays because it was there."""
        judged = tuple(clip for clip in self.kept if not clip.proposed)
        return replace(self, kept=judged, closed=False)


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change of one tunable that makes a clip drop out; one step less keeps it."""

    tunable: str
    """Its name among the tunables of `extract`: "weights.novelty", "max_clips"."""
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rival(Interval):
    """The stretch that comes next after a clip; from its first second to its last."""

    title: str
    score: float
    behind: float
    """How much worse the plan would be with it instead, in seconds of outstanding speech."""


@dataclass(frozen=True, slots=True)
class DropOut:
    """What would have to change for a clip to drop out of the plan."""

    margin: float
    """How much worse the best plan without it is, in seconds of outstanding speech."""
    weight: Change | None
    """Of the weights tried, the one that has to move least; None if no single one does it."""
    limit: Change | None
    """Number of clips, or else total length; None if neither does it."""
    rival: Rival | None
    """What would take its place if the other clips stayed as they are; None if nothing fits."""


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """One highlight to be rendered, and why it was chosen."""

    parts: tuple[Interval, ...]
    """Kept stretches of the lecture in order; everything between them is cut out."""
    rank: int
    """1 is the best."""
    title: str
    score: float
    contributions: Mapping[str, float]
    """Component x weight; they add up to `score`."""
    reason: str
    """One sentence for people: why this was chosen."""
    quote: str
    """The sentence of the lecture that won it."""
    topic: int
    layout: tuple[LayoutRegion, ...]
    """The layout regions that the parts touch."""
    cues: tuple[Cue, ...]
    """Subtitles in the clip's own time; none in a plan that only follows a slider."""
    subject: str = ""
    """Title of the topic it is taken from."""
    kept: bool = False
    """Whether a person has kept it, whatever its score."""
    drop_out: DropOut | None = None
    """None for a clip that is kept, and where it was not worked out."""

    @property
    def start(self) -> float:
        """Return where the first part begins in the lecture."""
        return self.parts[0].start

    @property
    def end(self) -> float:
        """Return where the last part ends in the lecture."""
        return self.parts[-1].end

    @property
    def duration(self) -> float:
        """Return the seconds that are kept."""
        return sum(part.duration for part in self.parts)


@dataclass(frozen=True, slots=True)
class Clip:
    """A rendered and checked clip."""

    key: str
    """Hash of everything that its pixels and sound depend on."""
    plan: ClipPlan
    video: File
    poster: File
    srt: File
    vtt: File
    width: int
    height: int
    duration: float
    size_bytes: int
    moving: File | None = None
    """A small animated picture of it (WebP)."""


@dataclass(frozen=True, slots=True)
class Film:
    """The highlight reel as one clip."""

    clip: Clip
    chapters: tuple[Cue, ...]
    """Its passages, in its own time."""


@dataclass(frozen=True, slots=True)
class Podcast:
    """The clips as sound alone, with a chapter for each."""

    mp3: File
    m4a: File
    chapters: tuple[Cue, ...]
    duration: float
