"""Environments made by uv: requirements → lock → folder named by the lock's hash, built once, shared by all jobs.

A folder without its `complete` mark is what a crash left and is built anew. Requirements of a job are locked together with
the image's own lock as constraints, so they add to the image and never change it; from uv's cache that takes seconds.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import uv

from studiolo.base.reserve import scarce
from studiolo.run import protocol
from studiolo.run.local.environments import catalog, editor, index
from studiolo.run.local.environments.bytecode import Bytecode
from studiolo.run.local.environments.catalog import Image
from studiolo.run.local.environments.cell import Cells
from studiolo.run.local.environments.exclusive import exclusive
from studiolo.run.local.environments.own import BASE, OwnImages, described, packages
from studiolo.run.local.environments.places import OWN, Places
from studiolo.run.local.environments.sweeping import Sweeper
from studiolo.run.local.environments.words import MAX_ERROR, MAX_WHOLE, checked, short_error
from studiolo.run.protocol import Environment, EnvironmentError_, Lock

SECONDS = 3600.0
Progress = Callable[[str], None]


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
    def __init__(self, root: Path, own_images: Path | None = None, hide: Sequence[Path] = ()) -> None:
        """root: where environments lie. own_images: the team's environments.toml, read again when it changes. hide: folders that
        no package's code may see while it is built."""
        self._root = root
        self._own = own_images
        self._images: tuple[float, list[Image]] | None = None
        self._places = Places(root)
        self._teams = OwnImages(root)
        self._building = threading.Semaphore(2)
        self._bytecode = Bytecode()
        self._cells = Cells()
        self._hide = [root, *hide]
        self._sweeper = Sweeper(root, self._places, self._teams, self._catalogue)

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

    def ready(self, image: str, requirements: str | None = None) -> Environment | None:
        found = self._known(image)
        if found is None:
            return None
        lock = self._places.lock_file(found, requirements)
        if not lock.exists():
            return None
        prefix = self._places.prefix(found, lock.read_text())
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
            prefix = self._places.prefix(found, lock.read_text())
            with exclusive(self._places.builder(prefix)):
                if not (prefix / "complete").exists():
                    self._built(found, prefix, lock, say)
        self._bytecode.used(prefix)
        return self._environment(found, prefix)

    def _locked(self, image: Image, requirements: str | None, say: Progress) -> Path:
        """The lock file, made if it is not there."""
        lock = self._places.lock_file(image, requirements)
        with exclusive(lock.with_suffix(".lock")):
            if lock.exists():
                return lock
            say(f"Choosing versions for {image.name}")
            source = lock.with_suffix(".in")
            source.write_text(image.lock.read_text() if image.lock else "\n".join(pinned(image.requirements)) + "\n")
            words = ["pip", "compile", "--python", sys.executable, "--no-header", "--no-annotate", "--emit-find-links"]
            words += self._choice(image, lock)
            sources = [str(source)]
            if requirements is not None:
                own = lock.with_suffix(OWN)
                own.write_text(checked(requirements))
                sources.append(str(own))
                words += ["--constraint", str(self._places.lock_file(image, None))]
            shown = [Path(word) for word in (*words, *sources) if word.startswith(f"{self._root}/")]
            new = lock.with_suffix(".new")
            new.write_text(self._uv([*words, *sources, "--quiet"], show=shown, trusted=False))
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
            checked("\n".join(lines))
            say(f"Choosing versions for {len(lines)} requirements")
            with tempfile.TemporaryDirectory(prefix="studiolo-lock-") as folder:
                source = Path(folder) / "requirements.in"
                # A line each: what the team names wins, and the rest is what jobs lean on.
                source.write_text("\n".join([*pinned(lines), *BASE]) + "\n")
                words = ["pip", "compile", "--python", sys.executable, "--no-header", "--no-annotate"]
                words += ["--emit-find-links", *torch_backend(lines), str(source), "--quiet"]
                text = self._uv(words, whole=True, show=[source], trusted=False)
        say(f"Chose {len(packages(text))} packages")
        return described(text)

    def keep(self, uri: str, lock: Lock) -> None:
        self._teams.keep(uri, lock)

    def drop(self, uri: str) -> None:
        self._teams.drop(uri)

    def gone(self, image: str) -> bool:
        return self._teams.gone(image)

    def dropped(self) -> Sequence[tuple[str, float]]:
        return self._sweeper.dropped()

    def sweep(self, uri: str, used: Collection[Path]) -> bool:
        taken = self._sweeper.sweep(uri, used)
        if taken is not None:
            self._bytecode.forget(taken)
        return taken is not None

    def _choice(self, image: Image, lock: Path) -> list[str]:
        """What is left out, and which build of PyTorch is taken."""
        words = torch_backend(image.requirements)
        if image.without:
            excluded = lock.with_suffix(".without.txt")
            excluded.write_text("\n".join(image.without) + "\n")
            words += ["--excludes", str(excluded)]
        return words

    def _built(self, image: Image, prefix: Path, lock: Path, say: Progress) -> None:
        """Leaves it whole or nothing: half of one on a full disk is room that the studio needs to write down the failure."""
        if scarce(self._root):
            raise EnvironmentError_(f"The studio's disk is full: free some space for the environment {image.name}.")
        try:
            self._build(image, prefix, lock, say)
        except BaseException:
            shutil.rmtree(prefix, ignore_errors=True)
            raise

    def _build(self, image: Image, prefix: Path, lock: Path, say: Progress) -> None:
        say(f"Building the environment {image.name}")
        shutil.rmtree(prefix, ignore_errors=True)
        self._uv(["venv", "--quiet", "--python", sys.executable, str(prefix)])
        say(f"Installing {sum('==' in line for line in lock.read_text().splitlines())} packages for {image.name}")
        words = ["pip", "sync", "--quiet", *torch_backend(image.requirements)]
        words += ["--python", str(prefix / "bin" / "python"), str(lock)]
        try:
            # Wheels run nothing, and are linked from uv's cache.
            self._uv([*words, "--no-build"])
        except EnvironmentError_:
            say("Some packages have to be built")
            self._uv(words, show=[lock], write=[prefix], trusted=False)
        for name in ("pip3", "python3"):
            plain = prefix / "bin" / name.rstrip("3")
            if plain.exists() and not (prefix / "bin" / name).exists():
                (prefix / "bin" / name).symlink_to(plain.name)
        if image.npm:
            editor.install(prefix, image.npm, say)
        (prefix / "complete").write_text(lock.read_text())

    def _uv(
        self,
        words: Sequence[str],
        whole: bool = False,
        show: Sequence[Path] = (),
        write: Sequence[Path] = (),
        trusted: bool = True,
    ) -> str:
        """What it printed. whole: its explanation of a failure is not cut. trusted: it runs no code of packages, so it may see
        everything; else of the studio's home only what is shown. Raises EnvironmentError_."""
        command, *rest = words
        options = index.arguments() if command == "pip" else []
        line = [uv.find_uv_bin(), command, *rest[:1], *(options if command == "pip" else []), *rest[1:]]
        hide = () if trusted else self._hide
        try:
            return self._cells.run(line, SECONDS, hide, [*show, *index.folders()], [*write, index.cache()])
        except subprocess.CalledProcessError as error:
            said = short_error(error.stderr, MAX_WHOLE if whole else MAX_ERROR)
            raise EnvironmentError_(f"The environment could not be made: {said}") from None
        except subprocess.TimeoutExpired:
            raise EnvironmentError_("The environment could not be made within an hour.") from None
        except OSError as error:
            raise EnvironmentError_(f"The environment could not be made: {error.strerror}.") from error

    def close(self) -> None:
        self._cells.close()

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
            if image.framework not in catalog.NO_JOBS
        ]
