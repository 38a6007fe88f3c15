"""What a lecture is made of: pure analysis, with no store, queue, web or UI."""

import os

# onnxruntime otherwise reports each use to its maker; it looks at this once, when it is imported
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
