"""Environments made by uv: requirements → lock → folder named by the lock's hash, built once, shared by all jobs.

A folder without its `complete` mark is what a crash left and is built anew. Requirements of a job are locked together with
the image's own lock as constraints, so they add to the image and never change it; from uv's cache that takes seconds.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import uv

from studiolo.run import protocol
from studiolo.run.local.environments import catalog, editor, index
from studiolo.run.local.environments.bytecode import Bytecode
from studiolo.run.local.environments.catalog import Image
from studiolo.run.local.environments.own import BASE, OwnImages, described, packages
from studiolo.run.protocol import Environment, EnvironmentError_, Lock

FORMAT = "1"
MAX_ERROR = 700
MAX_WHOLE = 8000
Progress = Callable[[str], None]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join((FORMAT, sys.version.split()[0], *parts)).encode()).hexdigest()[:16]


def short_error(text: str, most: int = MAX_ERROR) -> str:
    """uv's words without its drawing, short enough for a FailureReason."""
    lines = [re.sub(r"^[\s×╰─▶├│╭⎿]+", "", line).strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("Using Python", "Creating virtual", "warning:"))]
    return " ".join(kept)[:most] or "uv failed without a word"


def pinned(requirements: Sequence[str]) -> list[str]:
    """PyTorch from a local folder of wheels where there is one: the index's own build may be gigabytes of CUDA."""
    version = index.local_wheel_version("torch")
    if version is None:
        return list(requirements)
    return [f"torch=={version}" if re.match(r"torch(?!\w)", one) else one for one in requirements]


def torch_backend(requirements: Sequence[str]) -> list[str]:
    """Where no local folder has PyTorch: the build that fits this machine, from PyTorch's own index. PyPI's is always the
    one of several gigabytes for CUDA."""
    asked = any(re.match(r"torch(?!\w)", one) for one in requirements)
    return ["--torch-backend", "auto"] if asked and index.local_wheel_version("torch") is None else []


class LocalEnvironments(protocol.Environments):
    def __init__(self, root: Path, own_images: Path | None = None) -> None:
        """root: where environments lie. own_images: the team's environments.toml, read again when it changes."""
        self._root = root
        self._own = own_images
        self._images: tuple[float, list[Image]] | None = None
        self._teams = OwnImages(root / "own")
        self._building = threading.Semaphore(2)
        self._bytecode = Bytecode()

    def _catalogue(self) -> list[Image]:
        changed = self._own.stat().st_mtime if self._own and self._own.exists() else 0.0
        if self._images is None or self._images[0] != changed:
            try:
                self._images = (changed, catalog.load(self._own))
            except catalog.BadCatalogue as error:
                raise EnvironmentError_(str(error)) from error
        return self._images[1]

    def _known(self, image: str) -> Image | None:
        return self._teams.find(image) or catalog.find(self._catalogue(), image)

    def _find(self, image: str) -> Image:
        found = self._known(image)
        if found is None:
            known = ", ".join(sorted({repository for one in self._catalogue() for repository in one.repositories}))
            raise EnvironmentError_(
                f"The image {image} is not known here. Known repositories: {known}. Others are added in environments.toml."
            )
        return found

    def resolve(self, image: str) -> str | None:
        found = self._known(image)
        if found is None:
            return None
        return found.name if found.lock is None else found.framework

    def owner(self, image: str) -> str | None:
        return self._teams.owner(image)

    def _environment(self, image: Image, prefix: Path) -> Environment:
        return Environment(prefix, image.warm, image.framework)

    def _lock_file(self, image: Image, requirements: str | None) -> Path:
        own = requirements.strip() if requirements else ""
        if image.lock is not None and not own:
            return image.lock
        return (
            self._root
            / "locks"
            / f"{image.name}-{_key(*image.requirements, *(f'-{one}' for one in image.without), '|', own)}.txt"
        )

    def _prefix(self, image: Image, lock: str) -> Path:
        return self._root / f"{image.name}-{_key(lock, *image.npm.values())}"

    def ready(self, image: str, requirements: str | None = None) -> Environment | None:
        found = self._known(image)
        if found is None:
            return None
        lock = self._lock_file(found, requirements)
        if not lock.exists():
            return None
        prefix = self._prefix(found, lock.read_text())
        return self._environment(found, prefix) if (prefix / "complete").exists() else None

    def ensure(self, image: str, requirements: str | None = None, progress: Progress | None = None) -> Environment:
        ready = self.ready(image, requirements)
        if ready is not None:
            self._bytecode.used(ready.prefix)
            return ready
        found = self._find(image)
        say = progress or (lambda line: None)
        with self._building:
            lock = self._locked(found, None, say)
            if requirements and requirements.strip():
                lock = self._locked(found, requirements, say)
            prefix = self._prefix(found, lock.read_text())
            with _exclusive(self._root / f"{prefix.name}.lock"):
                if not (prefix / "complete").exists():
                    self._build(found, prefix, lock, say)
        self._bytecode.used(prefix)
        return self._environment(found, prefix)

    def _locked(self, image: Image, requirements: str | None, say: Progress) -> Path:
        """The lock file, made if it is not there."""
        lock = self._lock_file(image, requirements)
        with _exclusive(lock.with_suffix(".lock")):
            if lock.exists():
                return lock
            say(f"Choosing versions for {image.name}")
            source = lock.with_suffix(".in")
            source.write_text(image.lock.read_text() if image.lock else "\n".join(pinned(image.requirements)) + "\n")
            words = ["pip", "compile", "--python", sys.executable, "--no-header", "--no-annotate", "--emit-find-links"]
            words += self._choice(image, lock)
            sources = [str(source)]
            if requirements is not None:
                own = lock.with_suffix(".own.txt")
                own.write_text(_checked(requirements))
                sources.append(str(own))
                words += ["--constraint", str(self._lock_file(image, None))]
            new = lock.with_suffix(".new")
            self._uv([*words, *sources, "--output-file", str(new), "--quiet"])
            new.replace(lock)
        return lock

    def lock(
        self, requirements: Sequence[str] | None, image: str | None = None, progress: Progress | None = None
    ) -> Lock:
        say = progress or (lambda line: None)
        with self._building:
            if image is not None:
                return described(self._locked(self._find(image), None, say).read_text())
            lines = list(requirements or ())
            _checked("\n".join(lines))
            say(f"Choosing versions for {len(lines)} requirements")
            with tempfile.TemporaryDirectory(prefix="studiolo-lock-") as folder:
                source = Path(folder) / "requirements.in"
                # A line each: what the team names wins, and the rest is what jobs lean on.
                source.write_text("\n".join([*pinned(lines), *BASE]) + "\n")
                words = ["pip", "compile", "--python", sys.executable, "--no-header", "--no-annotate"]
                words += ["--emit-find-links", *torch_backend(lines), str(source), "--quiet"]
                text = self._uv(words, whole=True)
        say(f"Chose {len(packages(text))} packages")
        return described(text)

    def keep(self, uri: str, lock: Lock) -> None:
        self._teams.keep(uri, lock)

    def drop(self, uri: str) -> None:
        self._teams.drop(uri)

    def _choice(self, image: Image, lock: Path) -> list[str]:
        """What is left out, and which build of PyTorch is taken."""
        words = torch_backend(image.requirements)
        if image.without:
            excluded = lock.with_suffix(".without.txt")
            excluded.write_text("\n".join(image.without) + "\n")
            words += ["--excludes", str(excluded)]
        return words

    def _build(self, image: Image, prefix: Path, lock: Path, say: Progress) -> None:
        say(f"Building the environment {image.name}")
        shutil.rmtree(prefix, ignore_errors=True)
        self._uv(["venv", "--quiet", "--python", sys.executable, str(prefix)])
        say(f"Installing {sum('==' in line for line in lock.read_text().splitlines())} packages for {image.name}")
        backend = torch_backend(image.requirements)
        self._uv(["pip", "sync", "--quiet", *backend, "--python", str(prefix / "bin" / "python"), str(lock)])
        for name in ("pip3", "python3"):
            plain = prefix / "bin" / name.rstrip("3")
            if plain.exists() and not (prefix / "bin" / name).exists():
                (prefix / "bin" / name).symlink_to(plain.name)
        if image.npm:
            editor.install(prefix, image.npm, say)
        (prefix / "complete").write_text(lock.read_text())

    def _uv(self, words: Sequence[str], whole: bool = False) -> str:
        """What it printed. whole: its explanation of a failure is not cut. Raises EnvironmentError_."""
        command, *rest = words
        options = index.arguments() if command == "pip" else []
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("VIRTUAL_ENV", "PYTHONPATH", "CONDA_PREFIX")
        }
        line = [uv.find_uv_bin(), command, *rest[:1], *(options if command == "pip" else []), *rest[1:]]
        try:
            done = subprocess.run(line, env=env, check=True, capture_output=True, text=True, timeout=3600)
            return done.stdout
        except subprocess.CalledProcessError as error:
            said = short_error(error.stderr, MAX_WHOLE if whole else MAX_ERROR)
            raise EnvironmentError_(f"The environment could not be made: {said}") from None
        except subprocess.TimeoutExpired:
            raise EnvironmentError_("The environment could not be made within an hour.") from None
        except OSError as error:
            raise EnvironmentError_(f"The environment could not be made: {error.strerror}.") from error

    def catalog(self) -> Sequence[Mapping[str, object]]:
        return [
            {
                "Image": image.example,
                "Name": image.name,
                "Framework": image.framework,
                "Version": image.version,
                "State": "ready" if self.ready(image.example) else "not built",
            }
            for image in self._catalogue()
            # An editor is no image for jobs.
            if not image.npm
        ]


def _checked(requirements: str) -> str:
    """What only means something in the job's own folder is refused, with the line."""
    for number, line in enumerate(requirements.splitlines(), 1):
        text = line.strip()
        if text.startswith(("-e", "--editable", ".", "-r", "--requirement", "-c", "--constraint", "file:")):
            raise EnvironmentError_(
                f"requirements.txt, line {number}: {text!r} points to a file beside it, which is not supported. "
                "Name the packages themselves."
            )
    return requirements


@contextlib.contextmanager
def _exclusive(path: Path) -> Generator[None]:
    """One builder at a time, over all threads and processes."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
