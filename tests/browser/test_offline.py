"""The zip of a lecture's clips, unpacked and opened without any server."""

import io
import zipfile

from playwright.sync_api import expect

PLAY = """async video => {
  video.muted = true;
  video.textTracks[0].mode = "showing";
  await video.play();
  await new Promise(done => video.ontimeupdate = () => video.currentTime > 0.5 && done());
  video.pause();
  return [video.videoWidth, video.textTracks[0].cues.length];
}"""


def test_downloaded_clips_play_from_a_folder(browser, page, server, sample, tmp_path):
    page.goto(f"{server.url}/clips?lecture={sample}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all as zip").click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
        archive.extractall(tmp_path)
    with browser.new_page() as offline:
        asked = []
        offline.on("request", lambda request: asked.append(request.url))
        offline.goto((tmp_path / "index.html").as_uri())
        videos = offline.locator("video")
        expect(videos).to_have_count(len(list(tmp_path.glob("*.mp4"))))
        for video in videos.all():
            width, cues = video.evaluate(PLAY)
            assert width == 1280
            assert cues > 0
        for link in offline.get_by_role("link").all():
            assert (tmp_path / link.evaluate("a => decodeURI(a.getAttribute('href'))")).is_file()
        assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
        assert offline.locator("script").count() == 0


def test_clips_are_offered_to_every_editor(page, server, sample):
    page.goto(f"{server.url}/clips?lecture={sample}")
    page.get_by_role("button", name="Downloads").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="EDL, CMX 3600").click()
    assert waiting.value.suggested_filename.endswith("-highlights.edl")
    assert waiting.value.path().read_text().startswith("TITLE: ")
