"""An errand for the tests: it says how far it is, and leaves a file."""

from pathlib import Path

from rq import get_current_job

from jobs.errands import do_errand


def write(name: str, path: str, order: str) -> None:
    """Write to `path`, after waiting to be stopped when told to hold."""
    delivery = get_current_job()
    assert delivery is not None

    def work(report) -> None:
        report(50.0, "Half way")
        Path(path).write_text(order)
        while order == "hold":
            pass

    do_errand(delivery.connection, name, work)
