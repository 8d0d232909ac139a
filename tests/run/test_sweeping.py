"""What was built of a dropped image goes, all of it and nothing else, whenever the server is killed."""

import threading
from pathlib import Path

import pytest

from studiolo.run.local.environments import sweeping
from studiolo.run.local.environments.exclusive import exclusive
from studiolo.run.local.environments.local import LocalEnvironments
from studiolo.run.protocol import EnvironmentError_, Lock

ANN, BOB = "111111111111", "222222222222"
LOCK = Lock("numpy==2.0.0\n", "python", ("numpy",))


def uri(account: str = ANN, image: str = "churn", version: int = 1) -> str:
    return f"{account}.dkr.ecr.us-east-1.amazonaws.com/{image}:{version}"


class Local(LocalEnvironments):
    """uv's part done by hand: what it would write, at once."""

    def _uv(self, words, whole=False, show=(), write=(), trusted=True):
        if words[0] == "venv":
            (Path(words[-1]) / "bin").mkdir(parents=True)
        if words[:2] == ["pip", "compile"]:
            return "numpy==2.0.0\nipykernel==7.0\n"
        return ""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "environments"


@pytest.fixture
def environments(root):
    return Local(root)


def kept(environments, address, lock=LOCK, extra=True):
    environments.keep(address, lock)
    found = {environments.ensure(address).prefix}
    if extra:
        found.add(environments.ensure(address, "ipykernel\n").prefix)
    return found


def left(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} - {"own.lock"}


def test_nothing_is_left_of_what_was_dropped(environments, root):
    prefixes = kept(environments, uri())
    assert len(prefixes) == 2
    assert all((prefix / "complete").exists() for prefix in prefixes)
    environments.drop(uri())
    assert [address for address, _ in environments.dropped()] == [uri()]
    assert environments.sweep(uri(), ())
    assert left(root) == set()
    assert environments.dropped() == []
    assert not any(prefix.exists() for prefix in prefixes)
    with pytest.raises(EnvironmentError_, match="not known"):
        environments.ensure(uri())


def test_until_then_what_runs_from_it_can_be_started_again(environments):
    kept(environments, uri())
    environments.drop(uri())
    assert environments.gone(uri())
    assert environments.owner(uri()) == ANN, "it is nobody else's meanwhile"
    assert environments.resolve(uri()) == "python"
    assert environments.ready(uri()) == environments.ensure(uri())


def test_what_is_used_stays(environments):
    environments.keep(uri(), LOCK)
    base, extra = environments.ensure(uri()).prefix, environments.ensure(uri(), "ipykernel\n").prefix
    environments.drop(uri())
    for one in (base, extra):
        assert not environments.sweep(uri(), {one})
        assert (base / "complete").exists() and (extra / "complete").exists()
    assert environments.sweep(uri(), {base.parent / "other"})
    assert not base.exists() and not extra.exists()


def test_a_folder_of_two_projects_goes_with_the_second(environments, root):
    (shared,) = kept(environments, uri(ANN), extra=False)
    assert kept(environments, uri(BOB), extra=False) == {shared}
    environments.drop(uri(ANN))
    assert environments.sweep(uri(ANN), ())
    assert (shared / "complete").exists()
    environments.drop(uri(BOB))
    assert environments.sweep(uri(BOB), ())
    assert left(root) == set()


def test_of_two_that_were_dropped_the_last_takes_the_folder(environments, root):
    for account in (ANN, BOB):
        kept(environments, uri(account))
        environments.drop(uri(account))
    assert environments.sweep(uri(BOB), ())
    assert environments.ready(uri(ANN)) is not None
    assert environments.sweep(uri(ANN), ())
    assert left(root) == set()


def test_an_address_that_is_made_again_is_another(environments, root):
    kept(environments, uri())
    environments.drop(uri())
    other = Lock("numpy==2.1.0\n", "python", ())
    made = kept(environments, uri(), other, extra=False)
    assert not environments.gone(uri())
    assert environments.sweep(uri(), ())
    assert environments.ready(uri()).prefix in made
    environments.drop(uri())
    assert environments.sweep(uri(), ())
    assert left(root) == set()


def test_the_same_made_again_keeps_its_folders(environments, root):
    prefixes = kept(environments, uri())
    environments.drop(uri())
    assert kept(environments, uri()) == prefixes
    assert environments.sweep(uri(), ())
    assert environments.dropped() == []
    assert all((prefix / "complete").exists() for prefix in prefixes)
    assert environments.ready(uri(), "ipykernel\n") is not None


def test_the_administrators_image_of_that_name_keeps_its_folder(root, tmp_path):
    own = tmp_path / "environments.toml"
    own.write_text('[[image]]\nname = "churn-1"\nrepositories = ["ours"]\ntag = "*"\nrequirements = ["numpy"]\n')
    environments = Local(root, own)
    theirs = environments.ensure("ours:1").prefix
    environments.keep(uri(), Lock("numpy==2.0.0\nipykernel==7.0\n", "python", ()))
    mine = environments.ensure(uri()).prefix
    assert mine == theirs, "one name and one content"
    environments.drop(uri())
    assert environments.sweep(uri(), ())
    assert environments.ready("ours:1") is not None


def test_what_is_being_built_is_not_taken(environments, root):
    (prefix,) = kept(environments, uri(), extra=False)
    environments.drop(uri())
    with exclusive(root / f"{prefix.name}.lock"):
        assert not environments.sweep(uri(), ())
        assert (prefix / "complete").exists()
    assert environments.sweep(uri(), ())


def test_a_half_built_folder_goes_too(environments, root):
    (prefix,) = kept(environments, uri(), extra=False)
    (prefix / "complete").unlink()
    (prefix / "half").touch()
    environments.drop(uri())
    assert environments.sweep(uri(), ())
    assert left(root) == set()


class Killed(BaseException):
    pass


def test_killed_at_any_moment_the_next_look_goes_on(tmp_path, monkeypatch):
    seen, at = 0, -1

    def mortal(it, name):
        real = getattr(it, name)

        def deed(*args, **kwargs):
            nonlocal seen
            if seen == at:
                raise Killed
            seen += 1
            done = real(*args, **kwargs)
            if seen == at:
                raise Killed
            seen += 1
            return done

        monkeypatch.setattr(it, name, deed)

    for it, name in ((Path, "rename"), (Path, "unlink"), (sweeping.shutil, "rmtree")):
        mortal(it, name)

    def run(place: int) -> int:
        nonlocal seen, at
        root = tmp_path / str(place)
        at = -1
        other = kept(Local(root), uri(BOB), Lock("pandas==2.0.0\n", "python", ()), extra=False)
        kept(Local(root), uri())
        seen, at = 0, place
        try:
            Local(root).drop(uri())
            Local(root).sweep(uri(), ())
        except Killed:
            pass
        at = -1
        Local(root).drop(uri())
        environments = Local(root)
        for address, _ in environments.dropped():
            assert environments.sweep(address, ()), place
        assert environments.dropped() == []
        assert {one.name for one in root.iterdir() if (one / "complete").exists()} == {one.name for one in other}, place
        assert not any((root / "locks").iterdir()), place
        assert not any((root / "given-back").iterdir()), place
        return seen

    total = run(-1)
    assert total > 10
    for place in range(total):
        run(place)


def test_a_lock_that_was_taken_away_is_waited_for_anew(tmp_path):
    path, order = tmp_path / "one.lock", []
    began = threading.Event()

    def second():
        began.set()
        with exclusive(path) as held:
            order.append(("second", held))

    with exclusive(path):
        thread = threading.Thread(target=second)
        thread.start()
        began.wait()
        with exclusive(path, wait=False) as held:
            assert not held
        path.unlink()
        order.append(("first", True))
    thread.join()
    assert order == [("first", True), ("second", True)]
    assert path.exists(), "the second held a file that lies there"
