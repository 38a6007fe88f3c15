import dataclasses
import shutil

import pytest
from pydantic import TypeAdapter

import agents.compile.compiler as compiler
import agents.sandbox as sandbox
from agents.compile import AGENT, CompileParams, clip_key
from agents.compile.render import REEL_ALONE
from agents.errors import RenderFailed
from agents.registry import Context, Resources
from agents.types import Box, Clip, Cue, Interval
from tests.colour_lecture import make_colour_lecture

PARAMS = CompileParams(size="360p", preset="ultrafast")


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    return make_colour_lecture(
        tmp_path_factory.mktemp("compile") / "lecture.mp4",
        seconds=6,
        size=(320, 180),
        fps=10,
        screen=Box(0, 0, 240, 136),
        camera=Box(240, 0, 80, 60),
    )


@pytest.fixture
def plans(lecture):
    return tuple(
        lecture.plan((i, i + 1.5), cues=[(0.1, 1.0, f"Clip {i}")], rank=i + 1) for i in range(3)
    )


class Shelf:
    """Folders under their keys, as the artifact store keeps them, and what was made."""

    def __init__(self, root):
        self.root = root
        self.made = []
        self.said = []

    def once(self, key, make):
        folder = self.root / key
        if not folder.exists():
            self.made.append(key)
            work = self.root / f"work-{key}"
            work.mkdir(parents=True)
            try:
                make(work)
                work.rename(folder)
            except BaseException:
                shutil.rmtree(work)
                raise
        return folder

    def find(self, key):
        return self.root / key if (self.root / key).is_dir() else None

    def rendered(self):
        """Return how many clips were made, their groups and sounds not counted."""
        return sum(key.startswith("clip-") for key in self.made)

    def context(self, cores=2):
        return Context(
            workdir=self.root,
            resources=Resources(cores=cores),
            progress=lambda percent, message: self.said.append((percent, message)),
            once=self.once,
            find=self.find,
        )


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf")


def run(lecture, plans, shelf, params=PARAMS):
    return AGENT.run(lecture.intake, plans, params=params, context=shelf.context())


def test_every_plan_becomes_a_clip_in_its_place(lecture, plans, shelf):
    clips = run(lecture, plans, shelf)
    assert [clip.plan for clip in clips] == list(plans)
    assert len({clip.key for clip in clips}) == 3
    for clip in clips:
        assert clip.video.stat().st_size == clip.size_bytes
        assert all(file.is_file() for file in (clip.poster, clip.srt, clip.vtt))
        assert clip.duration == pytest.approx(1.5, abs=0.051)
    percents = [percent for percent, _ in shelf.said]
    assert percents == sorted(percents)
    assert percents[-1] == pytest.approx(100)
    assert any("of 3" in message for _, message in shelf.said)


def test_a_second_run_renders_nothing(lecture, plans, shelf, monkeypatch):
    first = run(lecture, plans, shelf)
    monkeypatch.setattr(compiler, "render_clip", lambda *args, **kwargs: pytest.fail("rendered"))
    assert run(lecture, plans, shelf) == first
    assert shelf.rendered() == 3


def test_only_the_clip_that_changed_is_rendered(lecture, plans, shelf):
    run(lecture, plans, shelf)
    moved = dataclasses.replace(plans[1], parts=(Interval(1.2, 2.5),))
    renamed = dataclasses.replace(plans[0], title="Another title", rank=3, score=0.1)
    clips = run(lecture, (moved, renamed, plans[2]), shelf)
    assert shelf.rendered() == 4
    assert clips[1].plan.title == "Another title"


def test_no_plans_give_no_clips(lecture, shelf):
    assert run(lecture, (), shelf) == ()


def test_clips_survive_json(lecture, plans, shelf):
    clips = run(lecture, plans[:1], shelf)
    stored = TypeAdapter(tuple[Clip, ...])
    assert stored.validate_json(stored.dump_json(clips)) == clips


def test_a_clip_that_fails_stops_the_others_and_leaves_no_work(lecture, plans, shelf):
    outside = dataclasses.replace(plans[0], parts=(Interval(50.0, 60.0),))
    with pytest.raises(RenderFailed, match="nothing of the clip at 50"):
        run(lecture, (outside, *plans), shelf)
    left = [path.name.partition("-")[0] for path in shelf.root.iterdir()]
    assert set(left) <= {"sound", "group"}  # what is done stays done


@pytest.mark.parametrize("at", [4, 20])
def test_a_stop_asked_for_by_the_progress_ends_all_at_once(lecture, plans, shelf, monkeypatch, at):
    class Stopped(Exception):
        pass

    def stop(percent, message):
        if percent >= at:
            raise Stopped

    started, start = [], sandbox._start
    monkeypatch.setattr(
        sandbox, "_start", lambda *args: started.append(start(*args)) or started[-1]
    )
    context = dataclasses.replace(shelf.context(), progress=stop)
    long = tuple(dataclasses.replace(plan, parts=(Interval(0.1, 5.9),)) for plan in plans)
    with pytest.raises(Stopped):
        AGENT.run(lecture.intake, (*long, *plans), params=PARAMS, context=context)
    assert started
    assert all(process.poll() is not None for process in started)
    left = [path.name.partition("-")[0] for path in shelf.root.iterdir()]
    assert set(left) <= {"sound", "group"}  # what is done stays done


def test_progress_tells_how_long_each_clip_takes(lecture, plans):
    said, now = [], [100.0]
    told = lambda percent, message: said.append((percent, message))  # noqa: E731
    progress = compiler._Progress(plans, told, clock=lambda: now[0])
    for index, percent, seconds in [(1, 5, 0), (1, 10, 2), (1, 25, 8), (0, 5, 8), (1, 100, 30)]:
        now[0] = 100.0 + seconds
        progress.hear(index, percent)
    assert [message for _, message in said] == [
        "Clip 2 of 3: 5 %, 0 done",
        "Clip 2 of 3: 10 %, 0 done",
        "Clip 2 of 3: 25 %, 30 s left, 0 done",
        "Clip 1 of 3: 5 %, 0 done",
        "Clip 2 of 3: 100 %, 1 done",
    ]
    assert said[-1][0] == pytest.approx(35.0)
    now[0] = 138.0
    assert progress._left(0, 15) == ", 4 min left"


PLAN_CHANGES = {
    "parts": lambda plan, lecture: (Interval(0.0, 1.4),),
    "layout": lambda plan, lecture: (lecture.region(0.0, 6.0, "screen_only"),),
    "cues": lambda plan, lecture: (Cue(0.1, 1.0, "Clip O"),),
}
MEDIA_CHANGES = {"sha256": "1" * 64, "audio_stream": 1, "audio_channel": 1}
PARAM_CHANGES = {
    "template": "screen",
    "size": "480p",
    "quality": "draft",
    "caption_track": True,
    "main_share": 0.6,
    "camera_side": "left",
    "camera_crop": "whole",
    "inset": "keep",
    "backdrop": "plain",
    "captions": False,
    "caption_size": 5.0,
    "caption_place": "over",
    "caption_shade": 0.5,
    "caption_colour": "yellow",
    "caption_weight": "regular",
    "caption_highlight": True,
    "title_card_s": 2.0,
    "topic_s": 3.0,
    "progress_bar": True,
    "logo_place": "none",
    "logo_size": 5.0,
    "fade_s": 0.5,
    "max_fps": 15.0,
    "crf": 24.0,
    "preset": "superfast",
    "level_loudness": False,
    "loudness": -18.0,
    "audio_kbps": 64,
}


def test_the_key_changes_with_all_that_the_files_depend_on(lecture, plans):
    # how the reel's passages meet and what they are called concerns no single clip
    assert set(PARAM_CHANGES) == set(CompileParams.model_fields) - REEL_ALONE
    plan, media = plans[0], lecture.intake.media
    keys = [clip_key(plan, media, PARAMS)]
    for name, change in PLAN_CHANGES.items():
        changed = dataclasses.replace(plan, **{name: change(plan, lecture)})
        keys.append(clip_key(changed, media, PARAMS))
    for name, value in MEDIA_CHANGES.items():
        keys.append(clip_key(plan, dataclasses.replace(media, **{name: value}), PARAMS))
    for name, value in PARAM_CHANGES.items():
        keys.append(clip_key(plan, media, PARAMS.model_copy(update={name: value})))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"rank": 9}, {"score": 0.0}, {"reason": "y"}, {"quote": "z"}]
)
def test_the_key_stays_when_only_words_about_the_clip_change(lecture, plans, change):
    media = lecture.intake.media
    renamed = dataclasses.replace(plans[0], **change)
    assert clip_key(renamed, media, PARAMS) == clip_key(plans[0], media, PARAMS)


def test_the_key_does_not_depend_on_where_the_file_lies(lecture, plans, tmp_path):
    media = dataclasses.replace(lecture.intake.media, path=tmp_path / "elsewhere.mp4")
    assert clip_key(plans[0], media, PARAMS) == clip_key(plans[0], lecture.intake.media, PARAMS)
