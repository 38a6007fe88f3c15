"""What every agent keeps, whatever it does: one test per promise, over all agents."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter

from agents.intake import measure
from agents.params import Tunable
from agents.registry import Context, Resources, all_agents, stage_key
from agents.tuning import parse_tuning, tuning_type
from tests.rendering import Look, Scene, render_lecture

AGENTS = all_agents()
NAMES = [agent.name for agent in AGENTS]
UPSTREAM = ("streamlit", "redis", "rq", "duckdb", "starlette", "boto3")
HEAVY = ("av", "cv2", "librosa", "moviepy", "sklearn", "scipy", "faster_whisper", "google.genai")
SCENES = (
    Scene("One", ("first", "second"), (5, 6, 7), "picture_in_picture"),
    Scene("Two", ("third",), (13, 14, 15), "screen_only", topic=1),
    Scene("Three", ("fourth",), (24, 25, 26), "picture_in_picture", topic=2),
)


@contextmanager
def workshop(root: Path, captions: Path | None = None):
    """Yield a maker of contexts whose `once` keeps folders below `root`."""

    def once(key, make):
        folder = root / "once" / key
        if not folder.exists():
            folder.mkdir(parents=True)
            make(folder)
        return folder

    def context(name):
        workdir = root / name
        workdir.mkdir(parents=True)
        name = "talk.vtt" if captions else ""
        resources = Resources(captions=captions, captions_name=name, download_models=False)
        return Context(workdir, resources, lambda percent, message: None, once)

    yield context


def run_all(source: Path, root: Path, captions: Path | None) -> dict:
    """Run intake and every agent on a recording; return their values by name."""
    with workshop(root, captions) as context:
        values = {"intake": measure(source, context=context("intake"))}
        for agent in AGENTS:
            needed = [values[need] for need in agent.needs]
            values[agent.name] = agent.run(
                *needed, params=agent.params(), context=context(agent.name)
            )
    return values


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A short lecture with captions, and what every agent makes of it, twice."""
    folder = tmp_path_factory.mktemp("spoken")
    source, captions = folder / "talk.mp4", folder / "talk.vtt"
    truth = render_lecture(source, SCENES, Look(size=(320, 180), fps=10))
    cues = [f"{_t(s['t0'])} --> {_t(s['t1'])}\n{s['text']}\n" for s in truth["sentences"]]
    captions.write_text("WEBVTT\n\n" + "\n".join(cues))
    return [run_all(source, folder / name, captions) for name in ("first", "second")]


def _t(seconds):
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


@pytest.fixture(scope="module")
def hushed(tmp_path_factory):
    """A lecture in which nobody says a word: only faint noise."""
    from agents.errors import MediaError

    folder = tmp_path_factory.mktemp("hushed")
    source = folder / "talk.mp4"
    render_lecture(source, SCENES[:1], Look(size=(320, 180), fps=10))
    quiet = folder / "quiet.mp4"
    _with_noise_only(source, quiet)
    try:
        return run_all(quiet, folder / "run", None)
    except MediaError as error:
        raise AssertionError(f"refused: {error.code}") from error


def _with_noise_only(source: Path, target: Path) -> None:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source)]
    command += ["-f", "lavfi", "-i", "anoisesrc=a=0.002:d=12:c=white:s=3:r=16000"]
    command += ["-map", "0:v", "-map", "1:a", "-t", "12", "-c:v", "copy", str(target)]
    subprocess.run(command, check=True)


def test_the_six_are_there_each_after_what_it_needs():
    assert set(NAMES) == {"silence", "transcript", "layout", "content", "extract", "compile"}
    for at, agent in enumerate(AGENTS):
        assert set(agent.needs) <= {"intake", *NAMES[:at]}


def test_importing_the_agents_loads_nothing_from_above_and_nothing_heavy():
    code = (
        "import sys; from agents.registry import all_agents; all_agents();"
        f"print([m for m in {UPSTREAM + HEAVY!r} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def leaves(params: type[BaseModel]):
    """Yield every field of a params class, those of nested ones included."""
    for name, field in params.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation)
        else:
            yield name, field


@pytest.mark.parametrize("agent", AGENTS, ids=NAMES)
def test_every_field_is_a_tunable_a_choice_or_a_switch_and_says_what_it_does(agent):
    fields = list(leaves(agent.params))
    assert fields
    for name, field in fields:
        assert field.description, name
        assert field.description.endswith("."), name
        choice = get_origin(field.annotation) is Literal and get_args(field.annotation)
        tunable = any(isinstance(bound, Tunable) for bound in field.metadata)
        assert choice or field.annotation is bool or tunable, name


@pytest.mark.parametrize("agent", AGENTS, ids=NAMES)
def test_schema_carries_step_and_unit_of_every_number(agent):
    text = str(agent.params.model_json_schema())
    numbers = [n for n, f in leaves(agent.params) if f.annotation in (int, float)]
    assert text.count("'step':") >= len(numbers)


@pytest.mark.parametrize("agent", AGENTS, ids=NAMES)
def test_result_survives_json(agent, spoken):
    value = spoken[0][agent.name]
    kind = TypeAdapter(agent.gives)
    context = {"folder": "/somewhere"}
    again = kind.validate_json(kind.dump_json(value, context=context), context=context)
    assert kind.dump_python(again) == kind.dump_python(value)


@pytest.mark.parametrize("agent", [a for a in AGENTS if a.name != "compile"], ids=NAMES[:-1])
def test_same_input_gives_the_same_result(agent, spoken):
    kind = TypeAdapter(agent.gives)
    first, second = (
        kind.dump_json(values[agent.name], context={"folder": root})
        for values, root in zip(spoken, _roots(spoken, agent.name), strict=True)
    )
    assert first == second


def _roots(spoken, name):
    """Return the folder that the files of a value lie in, for each of the two runs."""
    return [Path(values["intake"].poster).parents[1] / name for values in spoken]


def test_compiled_clips_are_named_by_the_same_keys(spoken):
    first, second = ([clip.key for clip in values["compile"]] for values in spoken)
    assert first
    assert first == second


def test_spoken_lecture_gives_something_at_every_stage(spoken):
    values = spoken[0]
    assert len(values["transcript"].segments) == 9
    assert values["silence"]
    assert len(values["layout"].slides) == 3
    assert values["content"].sentences
    assert values["extract"]
    assert len(values["compile"]) == len(values["extract"])


def test_silence_gives_an_empty_result_all_the_way(hushed):
    assert hushed["transcript"].segments == ()
    assert hushed["content"].sentences == ()
    assert hushed["extract"] == ()
    assert hushed["compile"] == ()
    covered = sum(region.duration for region in hushed["silence"])
    assert covered == pytest.approx(hushed["intake"].media.duration, abs=0.5)


def test_bad_parameter_is_refused_in_one_sentence():
    with pytest.raises(Exception, match=r"silence\.\w+: Input should be .*\(got 9999\)"):
        parse_tuning({"silence": {"top_db": 9999}})


def test_stage_key_changes_with_all_that_decides_a_result():
    base = stage_key("a", 1, {"x": 1}, ["k"], {"e": "v"})
    others = [
        stage_key("b", 1, {"x": 1}, ["k"], {"e": "v"}),
        stage_key("a", 2, {"x": 1}, ["k"], {"e": "v"}),
        stage_key("a", 1, {"x": 2}, ["k"], {"e": "v"}),
        stage_key("a", 1, {"x": 1}, ["l"], {"e": "v"}),
        stage_key("a", 1, {"x": 1}, ["k"], {"e": "w"}),
    ]
    assert len({base, *others}) == 6
    assert stage_key("a", 1, {"x": 1}, ["k"], {"e": "v"}) == base


def test_tuning_has_one_field_per_agent():
    assert set(tuning_type().model_fields) == set(NAMES)
