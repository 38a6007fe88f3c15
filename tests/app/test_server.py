"""What Streamlit is started with, wherever the command is called from."""

import json
import subprocess
import sys
import tomllib

from app.server import CONFIG, streamlit_options

TAKEN = """
import json
from app.server import streamlit_options
from streamlit import config
from streamlit.web.bootstrap import load_config_options

options = streamlit_options()
load_config_options(options)
print(json.dumps({name: config.get_option(name) for name in options}))
"""


def test_streamlit_takes_theme_and_safety_in_a_folder_without_a_config(tmp_path):
    command = [sys.executable, "-c", TAKEN]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    taken, file = json.loads(told.stdout), tomllib.loads(CONFIG.read_text())
    assert taken == streamlit_options()
    assert taken["theme.light.primaryColor"] == file["theme"]["light"]["primaryColor"]
    assert taken["client.showErrorDetails"] == "none"
    assert taken["server.enableXsrfProtection"] is True
    assert taken["server.enableAgentApi"] is False
    assert taken["runner.postScriptGC"] is False


def test_nested_tables_become_dotted_names(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('top = 1\n[a]\nb = "c"\n[a.d]\ne = [1, 2]\n')
    assert streamlit_options(path) == {"top": 1, "a.b": "c", "a.d.e": [1, 2]}
