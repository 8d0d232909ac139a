"""Takes away what was built of a team's images that were dropped: folders, locks, and at last the note that they were dropped.

Called through the port, again and again, until nothing is left: all it knows is what lies on the disk, so a kill at any moment
only means that the next call goes on. A folder goes under the lock of those who build it and while no address is kept or
dropped; it is moved aside first, so nobody ever finds half of one.
"""

import contextlib
import shutil
import uuid
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from studiolo.run.local.environments.catalog import Image
from studiolo.run.local.environments.exclusive import exclusive
from studiolo.run.local.environments.own import OwnImages, address_of, read, since
from studiolo.run.local.environments.places import OWN, Made, Places

BESIDE = (".txt", ".in", ".without.txt", ".new", ".lock", OWN)
"""What a lock lies beside, and itself."""


class Sweeper:
    def __init__(self, root: Path, places: Places, teams: OwnImages, catalogue: Callable[[], Sequence[Image]]) -> None:
        self._places, self._teams, self._catalogue = places, teams, catalogue
        self._pile = root / "given-back"

    def dropped(self) -> list[tuple[str, float]]:
        """What there is anything to do for, and since when: the oldest entry of each address."""
        found = dict[str, float]()
        for entry in self._teams.entries():
            found.setdefault(address_of(entry), since(entry))
        if not found:
            self._empty()
        return list(found.items())

    def sweep(self, uri: str, used: Collection[Path]) -> Collection[Path] | None:
        """The folders that are gone now; None where something is used or being built, and has to be asked for again."""
        self._empty()
        gone = set[Path]()
        for entry in self._teams.entries(uri):
            image = read(entry, uri)
            if image is not None and not self._clear(image, entry, used, gone):
                return None
            # The last: as long as it lies there, the rest is looked for.
            self._aside(entry)
        self._empty()
        return gone

    def _clear(self, image: Image, entry: Path, used: Collection[Path], gone: set[Path]) -> bool:
        """Of one entry, all but itself; what goes is noted in `gone`. False: something is used or being built."""
        made = self._places.made(image)
        own = made.prefixes - self._needed(image, entry).prefixes
        if {one.resolve() for one in own} & {one.resolve() for one in used}:
            return False
        for prefix in own:
            if not self._take(prefix, image, entry):
                return False
            gone.add(prefix)
        self._forget(made.locks - self._needed(image, entry).locks)
        return True

    def _needed(self, image: Image, but: Path) -> Made:
        """What images of the same name lead to that are kept, or that were dropped and not swept: two projects' environments
        of one name and one content lie in one folder."""
        others = [*self._teams.like(image.name), *(one for one in self._catalogue() if one.name == image.name)]
        for entry in self._teams.entries():
            other = read(entry, address_of(entry)) if entry != but else None
            if other is not None and other.name == image.name:
                others.append(other)
        made = [self._places.made(one) for one in others]
        return Made(
            frozenset[Path]().union(*(one.locks for one in made)), frozenset[Path]().union(*(one.prefixes for one in made))
        )  # fmt: skip

    def _take(self, prefix: Path, image: Image, but: Path) -> bool:
        """False: somebody builds it just now."""
        builder = self._places.builder(prefix)
        with self._teams.changing(), exclusive(builder, wait=False) as held:
            if not held:
                return False
            # Looked at again, now that nobody can come to need it.
            if prefix not in self._needed(image, but).prefixes:
                self._aside(prefix)
                builder.unlink(missing_ok=True)
        return True

    def _forget(self, locks: Collection[Path]) -> None:
        for lock in locks:
            with exclusive(lock.with_suffix(".lock")):
                # By the requirements the rest is found, so they go last.
                for ending in BESIDE:
                    lock.with_suffix(ending).unlink(missing_ok=True)

    def _aside(self, folder: Path) -> None:
        self._pile.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            folder.rename(self._pile / uuid.uuid4().hex)

    def _empty(self) -> None:
        """What lies aside, also what a killed server left there."""
        if self._pile.exists():
            for place in self._pile.iterdir():
                shutil.rmtree(place, ignore_errors=True)
