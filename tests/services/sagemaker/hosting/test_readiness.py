"""The file `ready` is heard as it appears, each folder by its handle, and a folder that is made anew too."""

import queue
import shutil

from studiolo.services.sagemaker.hosting.readiness import Readiness


def test_it_is_heard(tmp_path):
    heard: queue.Queue[str] = queue.Queue()
    it = Readiness(heard.put)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        it.expect(tmp_path / name, f"Endpoint/1/{name}")
    (tmp_path / "b" / "w.sock").touch()
    (tmp_path / "b" / "ready").touch()
    assert heard.get(timeout=10) == "Endpoint/1/b"
    (tmp_path / "a" / "ready").touch()
    assert heard.get(timeout=10) == "Endpoint/1/a"
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "a").mkdir()
    it.expect(tmp_path / "a", "Endpoint/1/again")
    (tmp_path / "a" / "ready").touch()
    assert heard.get(timeout=10) == "Endpoint/1/again"
    assert heard.empty()


def test_a_folder_that_is_not_there_is_no_matter(tmp_path):
    Readiness(print).expect(tmp_path / "absent", "Endpoint/1/x")
