"""The first page after a start: it waits for nothing that it does not show."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
from app.security import identity
from app.services.root import current_services
from app.warming import warm

identity.find_page_principal = lambda: identity.OPERATOR
services = current_services()
services.store.migrate()
for _ in range(2):
    app = AppTest.from_file(UI, default_timeout=60).run()
    assert not app.exception, app.exception
    print("pandas" in sys.modules, [title.value for title in app.title], len(app.checkbox))
    with identity.acting_as(identity.OPERATOR):
        services.lectures.add_sample()
warm()
print("pandas" in sys.modules)
"""
UI = Path(__file__).resolve().parents[2] / "app" / "ui.py"


def test_library_needs_no_pandas_and_warming_brings_it_in(tmp_path, services):
    settings = {"LECTURE_STATE": str(tmp_path), "LECTURE_REDIS_URL": services.settings.redis_url}
    done = subprocess.run(
        [sys.executable, "-c", f"UI = {str(UI)!r}\n{SCRIPT}"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["False ['Library'] 0", "False ['Library'] 1", "True"]
