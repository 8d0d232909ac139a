"""A bounded look into what may be hostile: never a failure of the studio's."""

import io

import pytest

from studiolo.blobs.protocol import Object
from studiolo.services.studio.previews import preview


def look(key: str, body: bytes):
    found = Object(key, len(body), "e", 1.0)
    return preview(found, io.BytesIO(body), 100, 0)


@pytest.mark.parametrize(
    ("key", "body", "form"),
    [
        ("deep.jsonl", b"[" * 200_000 + b"\n", "text"),
        ("empty.csv", b"", "csv"),
        ("empty.jsonl", b"", "jsonl"),
        ("wide.csv", b"x" * 200_000 + b",1\n", "text"),
        ("zeros.csv", b"a,b\n\0,\0\n", "csv"),
        ("latin.csv", "größe\n1\n".encode("latin-1"), "csv"),
    ],
)
def test_it_shows_what_it_can(key, body, form):
    assert look(key, body)["Format"] == form


def test_names_of_columns_are_those_of_the_first_row_with_their_letters():
    shown = look("ß.csv", "Größe,名前\n1,a\n".encode())
    assert [one["Name"] for one in shown["Columns"]] == ["Größe", "名前"]
