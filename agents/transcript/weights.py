"""Where Whisper's weights are: in a folder here, else on the hub, if it answers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, get_args

from agents.errors import LectureError
from agents.transcript.params import Model

HUB_TIMEOUT_S = 3.0
"""For name, connection, encryption and answer together; after this there is no hub."""
HUB_CACHE = Path.home() / ".cache" / "huggingface" / "hub"
"""Where weights are looked for and put when no folder is set."""
REPORT_S = 0.5
NEEDED = ("config.json", "model.bin", "tokenizer.json")
"""Without its tokenizer faster-whisper would go to the network for one."""
PATTERNS = (
    "config.json",
    "preprocessor_config.json",
    "model.bin",
    "tokenizer.json",
    "vocabulary.*",
)
REPOSITORIES = {
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    **{size: f"Systran/faster-whisper-{size}" for size in get_args(Model) if "turbo" not in size},
}


class NoWeights(LectureError):
    """There are no Whisper weights here, or they cannot be loaded."""

    code = "no_whisper_weights"


def find_weights(models: Path | None, model: str) -> tuple[str, Path] | None:
    """Return name and folder of the weights for `model`, else of the next size, else None."""
    root = models or HUB_CACHE
    if _is_model(root):
        return root.name.removeprefix("faster-whisper-"), root
    sizes = get_args(Model)
    wanted = sizes.index(model)
    for name in sorted(sizes, key=lambda size: (abs(sizes.index(size) - wanted), size != model)):
        for folder in _places(root, name):
            if _is_model(folder):
                return name, folder
    return None


def fetch_weights(
    models: Path | None, model: str, progress: Callable[[float, str], None] | None = None
) -> Path:
    """Return the folder of weights newly fetched from the hub; NoWeights if it does not answer.

    `progress` takes the share done (0-1) and a message. Who is killed meanwhile leaves a part
    behind, which the next call removes; only one process fetches the same weights at a time.
    """
    from filelock import FileLock
    from huggingface_hub import constants

    if constants.is_offline_mode():
        raise NoWeights("HF_HUB_OFFLINE forbids to fetch them", code="hub_unreachable")
    repository, root, hub = REPOSITORIES[model], models or HUB_CACHE, hub_address()
    ask_hub(f"{hub}/{repository}/resolve/main/config.json")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".fetching-{model}.lock"):
            found = find_weights(models, model)
            if found is not None and found[0] == model:
                return found[1]  # another process has fetched them meanwhile
            for part in (root / _folder(repository)).glob("blobs/*.incomplete"):
                part.unlink(missing_ok=True)
            folder = _download(repository, root, hub, progress or _silent)
    except OSError as error:
        text = f"they cannot be kept in '{root.name}' ({error.strerror or error})"
        raise NoWeights(text, code="hub_unreachable") from error
    if not _is_model(folder):
        raise NoWeights("the hub gave no complete model", code="hub_unreachable")
    return folder


def hub_address() -> str:
    """Return where the hub is: HF_ENDPOINT names a mirror."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def ask_hub(url: str, timeout_s: float = HUB_TIMEOUT_S) -> None:
    """Return when the hub has answered; NoWeights if it has not after `timeout_s` in all.

    A socket's own limit counts anew for the name, for each address and for each read.
    """
    answers: SimpleQueue[Exception | None] = SimpleQueue()
    threading.Thread(target=_ask, args=(url, timeout_s, answers), daemon=True).start()
    try:
        error = answers.get(timeout=timeout_s)
    except Empty:
        error = TimeoutError(f"no answer within {timeout_s:g} s")
    if error is not None:
        host = "/".join(url.split("/")[:3])
        raise NoWeights(f"{host} does not answer", code="hub_unreachable") from error


def _ask(url: str, timeout_s: float, answers: SimpleQueue[Exception | None]) -> None:
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    try:
        urlopen(Request(url, method="HEAD"), timeout=timeout_s).close()
    except (OSError, ValueError, HTTPException) as error:
        answers.put(error)
    else:
        answers.put(None)


def _download(
    repository: str, root: Path, endpoint: str, progress: Callable[[float, str], None]
) -> Path:
    """Return the folder of the snapshot: the hub's client works in a thread, this one reports."""
    bars: list[Any] = []
    results: SimpleQueue[str | Exception] = SimpleQueue()
    args = (repository, root, endpoint, bars, results)
    threading.Thread(target=_fetch, args=args, daemon=True).start()
    name = repository.rpartition("/")[2]
    while True:
        try:
            result = results.get(timeout=REPORT_S)
        except Empty:
            done, total = max(((bar.n, bar.total or 0) for bar in bars), default=(0, 0))
            if done and total:
                told = f"fetching {name}: {done / 1e6:.0f} of {total / 1e6:.0f} MB"
                progress(min(1.0, done / total), told)
            continue
        if isinstance(result, Exception):
            raise NoWeights("the hub did not give the weights", code="hub_unreachable") from result
        progress(1.0, f"{name} is here")
        return Path(result)


def _fetch(
    repository: str,
    root: Path,
    endpoint: str,
    bars: list[Any],
    results: SimpleQueue[str | Exception],
) -> None:
    from huggingface_hub import snapshot_download
    from tqdm import tqdm

    class Bar(tqdm):
        """Counts bytes for us; the hub's client would draw on the terminal."""

        monitor_interval = 0

        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
            super().__init__(*args, **{**options, "file": StringIO()})
            if options.get("unit") == "B":
                bars.append(self)

    try:
        folder = snapshot_download(  # pyright: ignore[reportCallIssue]
            repository,
            cache_dir=root,
            endpoint=endpoint,
            allow_patterns=list(PATTERNS),
            tqdm_class=Bar,  # pyright: ignore[reportArgumentType]
        )
    except Exception as error:  # noqa: BLE001 - raised again where it is waited for
        results.put(error)
    else:
        results.put(folder)


def _silent(share: float, message: str) -> None:
    """Tell nobody."""


def _folder(repository: str) -> str:
    return f"models--{repository.replace('/', '--')}"


def _is_model(folder: Path) -> bool:
    whole = all((folder / name).is_file() for name in NEEDED)
    return whole and any(folder.glob("vocabulary.*"))


def _places(root: Path, model: str) -> Iterator[Path]:
    yield root / model
    yield root / f"faster-whisper-{model}"
    for repository in sorted(root.glob(f"models--*--faster-whisper-{model}")):
        yield from sorted((repository / "snapshots").glob("*"))
