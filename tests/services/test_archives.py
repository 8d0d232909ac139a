import io
import tarfile

import pytest

from studiolo.services import archives


def make(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, held in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(held)
                tar.addfile(member, io.BytesIO(held))
            else:
                member.linkname = held
                tar.addfile(member)
    return path


@pytest.mark.parametrize(
    "member",
    [
        ("../x", tarfile.REGTYPE, b"1"),
        ("/tmp/studiolo-escape", tarfile.REGTYPE, b"1"),
        ("a/../../x", tarfile.REGTYPE, b"1"),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.SYMTYPE, "../../etc"),
        ("hard", tarfile.LNKTYPE, "../outside"),
        ("dev", tarfile.CHRTYPE, ""),
        ("pipe", tarfile.FIFOTYPE, ""),
    ],
)
def test_nothing_gets_out(tmp_path, member):
    with pytest.raises(archives.BadArchive, match="refused"):
        archives.unpack(make(tmp_path / "a.tar.gz", member), tmp_path / "in" / "deep")
    assert not (tmp_path / "in" / "x").exists() and not (tmp_path / "x").exists()


def test_a_file_can_not_follow_a_link_out(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = make(tmp_path / "a.tar", ("d", tarfile.SYMTYPE, "../outside"), ("d/file", tarfile.REGTYPE, b"1"))
    with pytest.raises(archives.BadArchive, match="leads outside"):
        archives.unpack(archive, tmp_path / "in")
    assert list(outside.iterdir()) == []


def test_there_and_back(tmp_path):
    source = tmp_path / "src"
    (source / "code").mkdir(parents=True)
    (source / "code" / "train.py").write_text("print(1)")
    (source / "same").symlink_to("code/train.py")
    archives.pack([source], tmp_path / "model.tar.gz")
    archives.unpack(tmp_path / "model.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "code" / "train.py").read_text() == "print(1)"
    assert (tmp_path / "out" / "same").read_text() == "print(1)"


@pytest.mark.parametrize("data", [b"", b"not a tar", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_said(tmp_path, data):
    (tmp_path / "a.tar.gz").write_bytes(data)
    with pytest.raises(archives.BadArchive, match=r"a\.tar\.gz"):
        archives.unpack(tmp_path / "a.tar.gz", tmp_path / "out")
