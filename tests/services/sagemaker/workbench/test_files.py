"""Files of a space are looked at from outside; nothing in it leads out."""

import os

import pytest

from studiolo.base.errors import ApiError
from studiolo.services.sagemaker.workbench import files


@pytest.fixture
def home(tmp_path):
    (tmp_path / "secret").write_text("no")
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "a.csv").write_text("1,2")
    (home / "b.txt").write_text("b")
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "out").symlink_to(tmp_path)
    os.mkfifo(home / "pipe")
    return home


def test_folders_come_first_and_what_is_no_file_says_so(home):
    found = [(one["Name"], one["Type"]) for one in files.entries(home, "")]
    assert found == [("data", "Folder"), ("b.txt", "File"), ("link", "Other"), ("out", "Other"), ("pipe", "Other")]
    assert [one["Size"] for one in files.entries(home, "data/")] == [3]


def test_a_file_is_read(home):
    file, size = files.open_file(home, "/data/a.csv")
    with file:
        assert (file.read(), size) == (b"1,2", 3)


@pytest.mark.parametrize("path", ["link", "out/secret", "../secret", "pipe", "data", "", "none", "a\0b"])
def test_nothing_leads_out(home, path):
    with pytest.raises(ApiError):
        files.open_file(home, path)


@pytest.mark.parametrize("path", ["out", "..", "b.txt", "none"])
def test_no_other_folder_is_listed(home, path):
    with pytest.raises(ApiError):
        files.entries(home, path)


def test_what_is_removed_is_what_was_named_and_nothing_behind_a_link(home, tmp_path):
    files.remove(home, "data")
    files.remove(home, "link")
    files.remove(home, "out")
    files.remove(home, "pipe")
    assert [one["Name"] for one in files.entries(home, "")] == ["b.txt"]
    assert (tmp_path / "secret").read_text() == "no"
    (home / "out").symlink_to(tmp_path)
    for path in ("", "/", "..", "../secret", "out/secret", "none", "b.txt/x", "a\0b"):
        with pytest.raises(ApiError):
            files.remove(home, path)
    assert (tmp_path / "secret").exists() and (home / "b.txt").exists()
