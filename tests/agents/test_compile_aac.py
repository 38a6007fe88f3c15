"""Sound is encoded in passages: what a moved edge does not touch is kept, and nobody hears it."""

import av
import numpy as np
import pytest

from agents.compile import aac
from agents.compile.aac import AAC_FRAME, encode_sound
from agents.compile.shelf import scratch_shelf

RATE, KBPS, PASSAGE = 48_000, 96, 32


@pytest.fixture(autouse=True)
def short_passages(monkeypatch):
    monkeypatch.setattr(aac, "PASSAGE", PASSAGE)


@pytest.fixture(scope="module")
def recording():
    """Return 8 s of a voice-like sound: a buzz whose pitch and level wander."""
    time = np.arange(8 * RATE) / RATE
    phase = np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * time)) / RATE * 2 * np.pi
    buzz = sum(np.sin(k * phase) / k for k in range(1, 12))
    return (0.1 * buzz * (1.2 + np.sin(2 * np.pi * 1.3 * time))).astype(np.float32)


class Kept:
    """A shelf that counts the passages that were not on it."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.shelf = folder, scratch_shelf(folder)

    def encode(self, samples, first):
        before = len(self.names())
        made = encode_sound(samples, first, KBPS, self.shelf, self.folder)
        return made, len(self.names()) - before

    def names(self):
        return list(self.folder.glob("passage-*"))


def decoded(made):
    """Return what is heard from the clip's first sample on."""
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = bytes.fromhex(made.facts["extradata"])
    frames = [frame for one in made.packets for frame in decoder.decode(av.Packet(one.content))]
    heard = np.concatenate([frame.to_ndarray()[0] for frame in [*frames, *decoder.decode(None)]])
    return heard[-made.packets[0].pts :]


@pytest.mark.parametrize("first", [0, 700, 1_000_333])
def test_passages_sound_as_one(tmp_path, monkeypatch, recording, first):
    made, _ = Kept(tmp_path / "passages").encode(recording, first)
    monkeypatch.setattr(aac, "PASSAGE", 10**9)
    whole, count = Kept(tmp_path / "whole").encode(recording, first)
    assert count == 1
    assert [packet.pts for packet in made.packets] == [packet.pts for packet in whole.packets]
    assert made.packets[0].pts == -AAC_FRAME - first % AAC_FRAME
    errors = []
    for one in (made, whole):
        off = decoded(one)[: len(recording)] - recording
        errors.append(np.sqrt((off[: len(off) // 256 * 256].reshape(-1, 256) ** 2).mean(axis=1)))
    assert errors[0].max() < 1.5 * errors[1].max()
    assert errors[1].max() < 0.01


def test_moved_edges_keep_what_lies_away_from_them(tmp_path, recording):
    kept = Kept(tmp_path / "shelf")
    first = 5 * RATE + 123
    _, count = kept.encode(recording[: 6 * RATE], first)
    assert count == 6 * RATE // (PASSAGE * AAC_FRAME) + 2
    edges = ((0, 5 * RATE), (0, 7 * RATE), (RATE + 77, 6 * RATE))
    for edge, (begin, end) in enumerate(edges):
        warm, count = kept.encode(recording[begin:end], first + begin)
        assert count <= 3
        cold, _ = Kept(tmp_path / f"cold{edge}").encode(recording[begin:end], first + begin)
        assert warm == cold


def test_other_rates_are_other_packets(tmp_path, recording):
    kept = Kept(tmp_path / "shelf")
    kept.encode(recording[:RATE], 0)
    made = encode_sound(recording[:RATE], 0, 64, kept.shelf, kept.folder)
    assert sum(len(p.content) for p in made.packets) * 8 / 1000 == pytest.approx(64, rel=0.2)
