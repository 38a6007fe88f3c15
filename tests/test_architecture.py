"""The import contracts hold, and agents load nothing that belongs further up."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_imports_run_one_way():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:]
    assert "Contracts: 3 kept, 0 broken." in result.stdout


def test_the_app_starts_without_what_only_stages_need():
    heavy = "av boto3 cv2 faster_whisper google.genai librosa moviepy onnxruntime scipy sklearn"
    program = (
        "import sys; import app.main; from agents.tuning import tuning_type; tuning_type();"
        f"sys.exit(str(sorted(set({heavy.split()}) & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]"
