"""What the review page fetches, and the services behind it."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from agents.errors import NotFound, TuningError
from agents.extract import plan_clips
from agents.tuning import with_values
from agents.types import Box, Decisions, Interval, LayoutRegion
from app.services.live import NEEDS
from app.services.results import Results
from data.artifacts import load_result
from data.clips import StaleRevision
from tests.app.small_stages import ENGINE
from tests.app.tus import recording


@pytest.fixture
def finished_job(services, finished):
    return services.jobs.latest(finished)


@pytest.fixture
def job(services, lecture):
    return services.jobs.latest(lecture)


def test_the_bundle_holds_everything_that_was_found(client, finished, finished_job):
    bundle = client.get(f"/api/v1/lectures/{finished}/bundle").json()
    assert bundle["job"]["id"] == finished_job.id
    assert bundle["lecture"]["duration"] == 120.0
    assert bundle["engine"] == ENGINE
    assert bundle["analyzer"] == "local"
    assert [topic["title"] for topic in bundle["topics"]] == ["Topic 0", "Topic 1"]
    assert bundle["silences"] == [
        {"start": 58.0, "end": 60.0, "db": -60.0, "type": "audio_silence"}
    ]
    assert len(bundle["sentences"]) == len(bundle["cues"]) == 12
    assert [slide["still"] is None for slide in bundle["slides"]] == [False, True]
    assert bundle["layouts"][0]["kind"] == "screen_only"
    assert [notice["code"] for notice in bundle["notices"]] == ["extension_mismatch", "captions"]
    assert [clip["title"] for clip in bundle["clips"]] == ["Größe & Form", "Second"]
    assert bundle["clips"][0]["parts"] == [[20.0, 40.0], [45.0, 50.0]]


def test_every_address_in_the_bundle_answers(client, finished):
    bundle = client.get(f"/api/v1/lectures/{finished}/bundle").json()
    urls = [*bundle["media"].values(), bundle["slides"][0]["still"]]
    urls += [
        clip[name] for clip in bundle["clips"] for name in ("video", "poster", "vtt", "download")
    ]
    assert [client.get(url).status_code for url in urls] == [200] * len(urls)


def test_the_reel_has_the_best_passage_of_each_topic_and_says_why(client, finished):
    reel = client.get(f"/api/v1/lectures/{finished}/bundle").json()["reel"]
    assert [passage["title"] for passage in reel] == ["Topic 0", "Topic 1"]
    for passage in reel:
        assert 5 <= passage["duration"] <= 25
        assert passage["score"] == pytest.approx(sum(passage["contributions"].values()), abs=1e-4)
        assert passage["contributions"]["information"] > 0
        assert passage["quote"].startswith("Sentence")


def test_the_reel_under_a_moved_tunable_needs_no_job(services, finished_job):
    tuning = services.jobs.tuning(finished_job)
    extract = tuning.extract.model_copy(
        update={"reel": tuning.extract.reel.model_copy(update={"max_passages": 1})}
    )
    moved = tuning.model_copy(update={"extract": extract})
    assert len(services.live.reel(finished_job.id, moved)) == 1
    assert len(services.live.reel(finished_job.id, tuning)) == 2


def shown_in(reel, clips):
    """Return the first clip that the reel takes something from."""
    spans = [(clip, clip.parts[0].start, clip.parts[-1].end) for clip in clips]
    return next(
        (c for c, start, end in spans if any(p["start"] < end and p["end"] > start for p in reel)),
        None,
    )


def test_a_clip_that_is_rejected_leaves_the_reel_and_comes_back_with_an_undo(
    client, services, lecture, job
):
    url = f"/api/v1/lectures/{lecture}/bundle"
    before = client.get(url).json()["reel"]
    clip = shown_in(before, services.clips.list(job.id))
    services.clips.set_state(clip.id, "rejected")
    after = client.get(url).json()["reel"]
    assert after
    assert shown_in(after, [clip]) is None
    services.clips.undo(clip.job_id)
    assert client.get(url).json()["reel"] == before


def test_scores_follow_the_weights_of_the_run(client, services, finished, finished_job):
    bundle = client.get(f"/api/v1/lectures/{finished}/bundle").json()
    weight = services.jobs.tuning(finished_job).extract.weights.information
    expected = [round(weight * s["components"]["information"], 4) for s in bundle["sentences"]]
    assert weight > 0
    assert [s["score"] for s in bundle["sentences"]] == pytest.approx(expected, abs=1e-4)


def test_an_unchanged_bundle_is_not_sent_again(client, services, lecture, job):
    url = f"/api/v1/lectures/{lecture}/bundle"
    etag = client.get(url).headers["etag"]
    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    services.clips.rename(services.clips.list(job.id)[0].id, "Another")
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_lecture_that_has_just_arrived_has_an_empty_bundle(client, tus):
    done = tus.upload("talk.mp4", recording(5_000, salt="fresh"))
    bundle = client.get(f"/api/v1/lectures/{done.headers['lecture-id']}/bundle").json()
    assert (bundle["topics"], bundle["clips"], bundle["sentences"]) == ([], [], [])
    assert bundle["reel"] == []
    assert bundle["media"]["source"] is None


def test_a_bundle_is_sent_again_only_when_it_has_changed_itself(client, services, finished):
    url = f"/api/v1/lectures/{finished}/bundle"
    first = client.get(url)
    assert first.headers["content-encoding"] == "gzip"
    preset = services.presets.save("Beside", {})  # a commit that the bundle does not show
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get(url, headers=known).status_code == 304
    services.presets.delete(preset.id)
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == first.json()


def test_the_waveform_comes_whole_as_bytes(client, finished):
    answer = client.get(f"/api/v1/lectures/{finished}/wave")
    step, pairs = float(answer.headers["x-step"]), np.frombuffer(answer.content, np.int8)
    pairs = pairs.reshape(-1, 2)
    assert len(pairs) * step == pytest.approx(120.0)
    peaks = client.get(f"/api/v1/lectures/{finished}/peaks?from=0&to=120&n=12").json()["peaks"]
    blocks = pairs.reshape(12, -1, 2)
    assert [
        list(p) for p in zip(blocks[..., 0].min(1), blocks[..., 1].max(1), strict=True)
    ] == peaks


def test_an_edit_is_answered_with_what_can_be_taken_back(client, services, finished, finished_job):
    url = f"/api/v1/jobs/{finished_job.id}/edits"
    clip = services.clips.list(finished_job.id)[0]
    done = client.post(url, json={"op": "rate", "clip_id": clip.id, "rating": 4}).json()
    assert done["history"]["undo"] == f"Rated clip {clip.idx}"
    assert next(one for one in done["clips"] if one["id"] == clip.id)["rating"] == 4
    known = next(one for one in done["clips"] if one["id"] == clip.id)
    shown = client.get(f"/api/v1/lectures/{finished}/bundle").json()["clips"]
    page = next(one for one in shown if one["id"] == clip.id)
    names = known.keys() & page.keys()
    assert {"parts", "revision", "state", "locked", "rating", "score"} <= names
    assert [known[name] for name in names] == [page[name] for name in names]
    back = client.post(url, json={"op": "undo"}).json()
    assert back["history"]["redo"] == f"Rated clip {clip.idx}"
    assert back["history"]["stamp"] > done["history"]["stamp"]


def test_peaks_are_loud_where_the_sound_is(client, finished):
    answer = client.get(f"/api/v1/lectures/{finished}/peaks?from=0&to=120&n=12").json()
    heights = np.ptp(answer["peaks"], axis=1)
    assert heights.shape == (12,)
    assert heights[:6].min() > 100 > 5 > heights[6:].max()


def ask_silence(client, lecture, **values):
    return client.get(f"/api/v1/lectures/{lecture}/silence", params=values)


def test_silences_are_decided_again_without_a_run(client, services, finished):
    before = len(services.jobs.list(finished))
    found = ask_silence(client, finished).json()
    assert sum(found["counts"]) == 12_000  # 120 s in hops of 10 ms
    assert found["edges"][found["counts"].index(6_000)] == -60
    assert -60 < found["threshold_db"] < -6
    assert found["quieter"] == 0.5
    start = 60 + services.silences.params(services.jobs.latest(finished).id).padding_s
    assert (found["count"], found["total_s"], found["longest_s"]) == (1, 120 - start, 120 - start)
    assert found["silences"] == [
        {"start": start, "end": 120.0, "db": -60.0, "type": "audio_silence"}
    ]
    padded = ask_silence(client, finished, padding_s="0.5").json()
    assert padded["silences"][0]["start"] == 60.5
    assert len(services.jobs.list(finished)) == before


@pytest.mark.parametrize(
    ("values", "said"),
    [({"top_db": "99"}, "less than or equal to 80"), ({"nothing": "1"}, "there is no such field")],
)
def test_silence_with_a_senseless_tunable_is_refused(client, finished, values, said):
    answer = ask_silence(client, finished, **values)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_silence_before_the_recording_was_read_is_not_found(client, tus):
    done = tus.upload("talk.mp4", recording(5_000, salt="unread"))
    assert ask_silence(client, done.headers["lecture-id"]).status_code == 404


def test_values_that_were_tried_become_those_of_a_run(services, lecture, job):
    tuning = services.silences.tuning(job.id, {"top_db": 33})
    again = services.jobs.recompile(lecture, tuning)
    stages = {stage.name: stage.status for stage in services.jobs.view(again.id).stages}
    assert services.jobs.tuning(again).silence.top_db == 33
    assert stages["intake"] == stages["transcript"] == "done"
    assert stages["silence"] != "done"


@pytest.mark.parametrize("query", ["n=0", "n=99999", "from=x", "from=-1", "from=nan", "to=1e12"])
def test_a_senseless_stretch_is_refused(client, finished, query):
    assert client.get(f"/api/v1/lectures/{finished}/peaks?{query}").status_code == 422


def test_a_stretch_after_the_end_is_refused(client, finished):
    answer = client.get(f"/api/v1/lectures/{finished}/peaks?from=500")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_transcript_is_escaped_webvtt(client, finished):
    answer = client.get(f"/api/v1/lectures/{finished}/transcript.vtt")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert answer.text.startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:06.080\nSentence 0 &lt;b&gt;&amp;"
    )


def test_the_transcript_is_saved_in_every_format_under_the_lectures_name(client, finished):
    urls = client.get(f"/api/v1/lectures/{finished}/bundle").json()["transcripts"]
    assert list(urls) == ["vtt", "srt", "txt", "json", "ttml"]
    for suffix, url in urls.items():
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == (
            f"attachment; filename*=utf-8''heat-mass.{suffix}"
        )
        assert "Sentence 11" in answer.text


def test_a_transcript_that_is_not_there_is_a_problem_in_one_sentence(client, tus, finished):
    foreign = client.get(f"/api/v1/lectures/{finished}/transcript.docx")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert "vtt, srt, txt, json, ttml" in foreign.json()["detail"]
    assert client.get("/api/v1/lectures/nobody/transcript.srt").status_code == 404
    waiting = tus.upload("talk.mp4", recording(5_000, salt="unheard")).headers["lecture-id"]
    early = client.get(f"/api/v1/lectures/{waiting}/transcript.srt")
    assert (early.status_code, early.json()["detail"]) == (404, "There is no transcript yet.")


def test_chapters_are_saved_in_every_format_under_the_lectures_name(client, finished):
    bundle = client.get(f"/api/v1/lectures/{finished}/bundle").json()
    types = {"vtt": "text/vtt", "txt": "text/plain", "json": "application/json+chapters"}
    assert list(bundle["chapters"]) == list(types)
    for suffix, url in bundle["chapters"].items():
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(types[suffix])
        assert answer.headers["content-disposition"] == (
            f"attachment; filename*=utf-8''heat-mass-chapters.{suffix}"
        )
        assert "Topic 1" in answer.text
    assert [notice["code"] for notice in bundle["chapter_notices"]] == ["few_chapters"]


def test_chapters_that_are_not_there_are_a_problem_in_one_sentence(client, tus, finished):
    foreign = client.get(f"/api/v1/lectures/{finished}/chapters.docx")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert "vtt, txt, json" in foreign.json()["detail"]
    waiting = tus.upload("talk.mp4", recording(5_000, salt="unsorted")).headers["lecture-id"]
    early = client.get(f"/api/v1/lectures/{waiting}/chapters.vtt")
    assert (early.status_code, early.json()["detail"]) == (404, "There are no chapters yet.")
    assert client.get(f"/api/v1/lectures/{waiting}/bundle").json()["chapters"] == {}


def test_a_deleted_lectures_transcript_is_not_given_away(client, services, lecture):
    url = f"/api/v1/lectures/{lecture}/transcript.json"
    assert client.get(url).status_code == 200
    services.lectures.delete(lecture)
    assert client.get(url).status_code == 404


def test_a_foreign_run_is_not_shown_with_a_lecture(client, finished, tus):
    other = tus.upload("talk.mp4", recording(5_000, salt="foreign")).headers["job-id"]
    assert client.get(f"/api/v1/lectures/{finished}/bundle?job={other}").status_code == 404


def test_live_plans_need_no_job(services, finished, finished_job):
    before = len(services.jobs.list(finished))
    tuning = services.jobs.tuning(finished_job)
    weights = tuning.extract.weights.model_copy(update={"information": 0.0})
    flat = tuning.model_copy(
        update={"extract": tuning.extract.model_copy(update={"weights": weights})}
    )
    live = services.live.plan(finished_job.id, tuning)
    assert len(live.scores) == 12
    assert live.scores.max() > 0
    assert live.plans
    assert services.live.plan(finished_job.id, flat).scores.max() == 0
    assert len(services.jobs.list(finished)) == before


def test_live_plans_read_no_store_once_the_values_are_there(services, finished_job, monkeypatch):
    tuning = services.jobs.tuning(finished_job)
    services.live.plan(finished_job.id, tuning)

    def refuse():
        raise AssertionError("the store was opened")

    monkeypatch.setattr(services.store, "read", refuse)
    assert services.live.plan(finished_job.id, tuning).plans


def test_live_plans_are_those_of_the_agent_whatever_was_tried_before(services, finished_job):
    keys = services.results.keys(finished_job.id)
    found = services.results.values({name: keys[name] for name in NEEDS})
    values = [found[name] for name in NEEDS]
    slides = LayoutRegion(0.0, 20.0, "screen_only", Box(0, 0, 320, 180), None, 1.0)
    for tried, decided in (
        ({"weights.information": 0.9}, Decisions()),
        ({"weights.information": 0.1}, Decisions()),
        ({"edge_pad_s": 0.5, "min_clip_s": 15}, Decisions()),
        ({"edge_pad_s": 0.0, "min_clip_s": 15}, Decisions()),
        ({"edge_pad_s": 0.0, "min_clip_s": 15}, Decisions(layout=(slides,))),
        ({"edge_pad_s": 0.0, "min_clip_s": 15, "max_clips": 3}, Decisions()),
    ):
        named = {f"extract.{name}": value for name, value in tried.items()}
        tuning = with_values(services.jobs.tuning(finished_job), named)
        for quiet in (None, ()):
            live = services.live.plan(finished_job.id, tuning, quiet, decided)
            given = [values[0], values[1] if quiet is None else quiet, *values[2:]]
            assert live.plans == plan_clips(*given, params=tuning.extract, decisions=decided)
            assert live.scores.tolist() == services.live.scores(values[3], tuning).tolist()


def test_who_reads_a_result_first_reads_for_all(services, finished_job, monkeypatch):
    results, loaded = Results(services), []

    def slow(con, artifacts, name, key):
        loaded.append(name)
        time.sleep(0.05)
        return load_result(con, artifacts, name, key)

    monkeypatch.setattr("app.services.results.load_result", slow)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(results.of, [finished_job] * 4))
    assert all(one.transcript is found[0].transcript for one in found)
    assert sorted(loaded) == sorted(set(loaded))


def test_live_plans_of_a_run_that_has_not_begun_are_not_found(services, tus):
    job_id = tus.upload("talk.mp4", recording(5_000, salt="not begun")).headers["job-id"]
    with pytest.raises(NotFound):
        services.live.plan(job_id, services.jobs.tuning(services.jobs.get(job_id)))


def test_a_run_with_another_tuning_repeats_only_what_depends_on_it(services, lecture, job):
    again = services.jobs.recompile(lecture, {"extract": {"max_clips": 5}})
    stages = {stage.name: stage.status for stage in services.jobs.view(again.id).stages}
    assert again.parent == job.id
    assert {name for name, status in stages.items() if status != "done"} == {"extract", "compile"}
    assert services.jobs.tuning(again).extract.max_clips == 5


def test_the_same_tuning_again_is_completed_at_once_with_its_clips(services, lecture, job):
    again = services.jobs.recompile(lecture, services.jobs.tuning(job))
    assert services.jobs.get(again.id).status == "completed"
    assert [clip.title for clip in services.clips.list(again.id)] == ["Größe & Form", "Second"]


def test_a_tuning_out_of_bounds_is_refused_in_one_sentence(services, finished):
    with pytest.raises(TuningError, match=r"extract\.max_clips: .*less than or equal to 12"):
        services.jobs.recompile(finished, {"extract": {"max_clips": 99}})


def test_clips_are_accepted_renamed_locked_and_rated(services, job):
    clip = services.clips.list(job.id)[0]
    services.clips.set_state(clip.id, "accepted")
    services.clips.rename(clip.id, "  A   better title ")
    services.clips.lock(clip.id, True)
    changed = services.clips.rate(clip.id, 5)
    assert (changed.state, changed.title, changed.locked, changed.rating) == (
        "accepted", "A better title", True, 5,
    )  # fmt: skip
    assert services.clips.undo(job.id).label == "Rated clip 1"
    assert services.clips.get(clip.id).rating is None
    assert changed.parts[0] == Interval(20.0, 40.0)


def test_the_fit_is_shown_and_what_was_shown_is_kept_on_a_yes(client, services, lecture, job):
    assert client.get("/api/v1/fit?lecture=nobody").status_code == 404
    url = f"/api/v1/fit?lecture={lecture}"
    assert client.get(url).status_code == 404
    for clip, state in zip(services.clips.list(job.id), ("accepted", "rejected"), strict=True):
        services.clips.set_state(clip.id, state)
    shown = client.get(url).json()
    assert (shown["judgements"], shown["accepted"], shown["lectures"]) == (2, 1, [lecture])
    assert {notice["code"] for notice in shown["notices"]} >= {"few_judgements", "no_gain"}
    assert services.lectures.preset_names() == ()
    body = {"name": "Mine", "weights": shown["proposed"]}
    for wrong in ({}, {**body, "more": 1}, {"name": 1, "weights": []}, {**body, "weights": None}):
        assert client.post("/api/v1/fit", json=wrong).status_code == 422
    assert client.post("/api/v1/fit", content=b"\xff").status_code in (400, 422)
    weights = {**body, "weights": {"novelty": 9}}
    assert client.post("/api/v1/fit", json=weights).status_code == 422
    foreign = {"Origin": "http://evil.example"}
    assert client.post("/api/v1/fit", json=body, headers=foreign).status_code == 403
    assert services.lectures.preset_names() == ()
    try:
        assert client.post("/api/v1/fit", json=body).status_code == 201
        kept = services.lectures.preset_params("Mine")
        assert kept == {"extract": {"weights": shown["proposed"]}}
    finally:
        with services.store.write() as con:
            con.run("delete from preset")


def test_an_edit_of_an_outdated_clip_is_refused(services, job):
    clip = services.clips.list(job.id)[0]
    services.clips.rename(clip.id, "First", revision=clip.revision)
    with pytest.raises(StaleRevision):
        services.clips.rename(clip.id, "Second", revision=clip.revision)


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_title_of_no_use_is_refused(services, job, title):
    with pytest.raises(TuningError):
        services.clips.rename(services.clips.list(job.id)[0].id, title)


def test_the_library_shows_state_poster_and_clips(client, services, finished):
    card = next(card for card in services.lectures.list() if card.lecture.id == finished)
    assert (card.state, card.clips, card.lecture.duration) == ("completed", 2, 120.0)
    assert client.get(card.poster_url).status_code == 200


def test_a_deleted_lecture_is_gone_until_it_is_restored(client, services, lecture):
    url = f"/api/v1/lectures/{lecture}/bundle"
    services.lectures.delete(lecture)
    assert client.get(url).status_code == 404
    assert client.get(f"/app/static/media/lectures/{lecture}/source").status_code == 404
    assert lecture not in {card.lecture.id for card in services.lectures.list()}
    services.lectures.restore(lecture)
    assert client.get(url).status_code == 200


def test_a_cancelled_run_can_be_run_again(services, tus):
    job_id = tus.upload("talk.mp4", recording(5_000, salt="cancel")).headers["job-id"]
    services.jobs.cancel(job_id)
    assert services.jobs.view(job_id).job.status == "cancelled"
    services.jobs.retry(job_id)
    assert services.jobs.get(job_id).status == "queued"


def test_the_sample_is_one_lecture_however_often_it_is_asked_for(services):
    first, second = services.lectures.add_sample(), services.lectures.add_sample()
    assert first.id == second.id
    assert services.lectures.get(first.lecture_id).captions_name == "sample.vtt"
