"""Everything that can go wrong for a reason a person can understand.

LectureError
  MediaError          UnsupportedMedia, NoAudio, LectureTooLong
  TuningError
  StageError          AnalyzerUnavailable (retried), RenderFailed
  NotFound, AccessDenied, ServiceUnavailable

`code` is shared by the API, the log and the screen. The message is one sentence that gives the
actual value and what is needed.
"""

from __future__ import annotations


class LectureError(Exception):
    """A failure with a code and one plain sentence."""

    code = "failed"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code

    @property
    def message(self) -> str:
        """Return the sentence for people."""
        return str(self.args[0])


class MediaError(LectureError):
    """The upload cannot be used; codes: empty_file, truncated, corrupt, no_video, no_speech, ..."""

    code = "corrupt"


class UnsupportedMedia(MediaError):
    """The bytes are no container that is read here."""

    code = "not_media"


class NoAudio(MediaError):
    """There is no audio track; silence and transcript need one."""

    code = "no_audio"


class LectureTooLong(MediaError):
    """The recording passes the limit of length or packets."""

    code = "too_long"


class TuningError(LectureError):
    """A parameter, or a pair of them, cannot be used."""

    code = "bad_parameter"


class StageError(LectureError):
    """A stage could not finish."""

    code = "stage_failed"


class AnalyzerUnavailable(StageError):
    """An outside analyzer did not answer; the call is retried, then the local one is used."""

    code = "analyzer_unavailable"


class RenderFailed(StageError):
    """A rendered clip did not pass its checks."""

    code = "render_failed"


class NotFound(LectureError):
    """No such thing, or not one that this person may see."""

    code = "not_found"


class AccessDenied(LectureError):
    """The person may not do this."""

    code = "access_denied"


class ServiceUnavailable(LectureError):
    """Broker, store or disk cannot be used now; codes: storage, no_space."""

    code = "service_unavailable"
