"""Files of the web pages: what is kept for ever, what goes out packed, what is a page."""

import gzip
from pathlib import Path

import pytest

from studiolo.server.static import Static
from studiolo.wire.http import Request


@pytest.fixture
def static(tmp_path: Path) -> Static:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>studiolo</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("let a = 1;\n" * 100)
    (tmp_path / "assets" / "inter-abc.woff2").write_bytes(b"font")
    (tmp_path / "robots.json").write_text("{}")
    return Static(tmp_path)


def get(path: str, **headers: str) -> Request:
    return Request("GET", path, "", {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_hashed_file_is_packed_where_the_browser_takes_it(static: Static) -> None:
    answer = static(get("/assets/index-abc.js", accept_encoding="br, gzip"))
    assert answer is not None and isinstance(answer.body, bytes)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "accept-encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert gzip.decompress(answer.body) == b"let a = 1;\n" * 100


def test_and_plain_where_it_does_not(static: Static) -> None:
    answer = static(get("/assets/index-abc.js"))
    assert answer is not None
    assert "content-encoding" not in answer.headers
    assert answer.body == b"let a = 1;\n" * 100


def test_what_is_packed_already_or_may_change_goes_as_it_is(static: Static) -> None:
    for path in ("/assets/inter-abc.woff2", "/robots.json"):
        answer = static(get(path, accept_encoding="gzip"))
        assert answer is not None
        assert "content-encoding" not in answer.headers


def test_every_other_path_is_the_page_and_nothing_lies_outside(static: Static) -> None:
    for path in ("/jobs/some", "/../../etc/passwd", "/%2e%2e/secret"):
        answer = static(get(path, accept="text/html"))
        assert answer is not None
        assert answer.body == b"<title>studiolo</title>"
    assert static(get("/jobs", accept="application/json")) is None
