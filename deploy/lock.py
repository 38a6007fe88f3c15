"""Pin every dependency: `uv run python deploy/lock.py` resolves anew and writes both places.

`requirements.lock` holds the run-time tree with its extras and hashes, for images. The same
versions, and those of the development tools, stand in `[tool.uv] constraint-dependencies`, so that
`uv run` on a bare machine gets exactly what was tested. `tests/test_packaging.py` compares the two.
"""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
BEGIN, END = "constraint-dependencies = [\n", "]\n"


def resolve(*options: str) -> str:
    """Return what uv resolves for every platform."""
    command = ["uv", "pip", "compile", "--universal", "--upgrade", "--quiet", "--no-emit-index-url"]
    command += ["--no-annotate", "--no-header", *options, "pyproject.toml"]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def without_constraints(project: str) -> str:
    """Return the project file with its own pins taken out, so that they cannot hold each other."""
    return re.sub(re.escape(BEGIN) + r".*?\n\]\n", BEGIN + END, project, flags=re.DOTALL)


def main() -> None:
    """Write both places."""
    project = without_constraints(PROJECT.read_text())
    if BEGIN not in project:
        project = project.replace("[tool.uv]\n", f"[tool.uv]\n{BEGIN}{END}")
    PROJECT.write_text(project)
    pins = [
        line.split(" \\")[0].strip()
        for line in resolve("--all-extras", "--group", "dev").splitlines()
    ]
    body = "".join(f"  {pin!r},\n" if '"' in pin else f'  "{pin}",\n' for pin in pins)
    PROJECT.write_text(project.replace(BEGIN, BEGIN + body))
    LOCK.write_text(resolve("--all-extras", "--generate-hashes"))


if __name__ == "__main__":
    main()
