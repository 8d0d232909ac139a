"""What is refused before uv sees it, and what is left of uv's words."""

import pytest

from studiolo.run.local.environments.words import checked, short_error
from studiolo.run.protocol import EnvironmentError_


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "numpy>=1.26,<3  # see /usr/share/doc",
        "tool @ https://host/tool-1.0-py3-none-any.whl",
        "tool @ git+https://host/tool.git@main",
        "--extra-index-url https://host/simple",
        "# -e ./left/out",
        'numpy; python_version < "3.13"',
    ],
)
def test_what_means_the_same_everywhere_passes(line):
    assert checked(line) == line


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-e ./here", "a file beside it"),
        ("-r more.txt", "a file beside it"),
        ("../tool", "a file beside it"),
        ("/opt/tool", "a file of the studio's machine"),
        ("~/tool", "a file of the studio's machine"),
        ("tool @ file:///opt/tool.whl", "a file of the studio's machine"),
        ("tool @ git+file:///opt/tool", "a file of the studio's machine"),
        ("--find-links /opt/wheels", "a file of the studio's machine"),
        ("--index-url=file:///opt/simple", "a file of the studio's machine"),
        ("https://host/${SECRET}/tool.whl", "names a variable"),
        ("a" * 3000, "has 3000 characters"),
    ],
)
def test_what_would_read_the_machine_is_refused_with_its_line(line, why):
    with pytest.raises(EnvironmentError_, match=why) as refused:
        checked(f"numpy\n{line}\n")
    assert "line 2" in str(refused.value)


def test_an_explanation_is_one_line_without_our_files():
    said = """error: Couldn't parse requirement in `/tmp/studiolo-lock-1/requirements.in` at position 0
  cause: no such comparison operator ">>>"
numpy>>>1
     ^^^^
"""
    assert short_error(said) == (
        "error: Couldn't parse requirement in requirements.txt at position 0 "
        'cause: no such comparison operator ">>>" numpy>>>1'
    )
    assert short_error("error: in `tmp-2/requirements.in:1:1`").startswith("error: in requirements.txt")
    assert short_error("") == "uv failed without a word"


def test_of_a_builds_own_output_the_end_is_kept():
    noise = "\n".join(f"INFO: looked {number}" for number in range(500))
    said = f"error: Failed to build `old==1`\n  cause: exit status: 1\n\n[stdout]\n{noise}\n\n[stderr]\n{noise}\nNoBlas: nothing\n"
    short = short_error(said)
    assert short.startswith("error: Failed to build `old==1` cause: exit status: 1 At its end it printed: …")
    assert short.endswith("NoBlas: nothing")
    assert len(short) < 800
