"""A script run inside an interpreter that is there already behaves as `python3 <script>` does."""

import subprocess
import sys
from pathlib import Path

import pytest

import studiolo
from studiolo.workloads import scripts

SOURCE = str(Path(studiolo.__file__).resolve().parents[1])


def plain(words, folder):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder, check=False)


def forked(words, folder):
    """As the shim does it, the end without finalization included."""
    code = f"""import os, runpy, sys
sys.path.insert(0, {SOURCE!r})
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as leaving:
    code = leaving.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush(); sys.stderr.flush()
    os._exit(code or 0)
"""
    return plain(["-c", code, scripts.__file__, *words], folder)


@pytest.mark.parametrize(
    "text",
    [
        "import sys; print(sys.argv, __name__, __file__, sys.path[0])",
        "import near; print(near.WORD)",
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)",
        "import atexit, threading, time\natexit.register(print, 'last')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()",
        "def f():\n    1 / 0\nf()",
        "x =",
        "raise SystemExit('why')",
        "import sys; sys.exit(7)",
        "import multiprocessing as m\nif __name__ == '__main__':\n    with m.get_context('spawn').Pool(1) as p:\n"
        "        print(p.map(abs, [-1]))",
    ],
)
def test_it_prints_and_ends_as_by_itself(tmp_path, text):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "near.py").write_text("WORD = 'near'")
    (tmp_path / "code" / "a.py").write_text(text)
    one, other = plain(["code/a.py", "--x", "1"], tmp_path), forked(["code/a.py", "--x", "1"], tmp_path)
    assert (other.returncode, other.stdout, other.stderr) == (one.returncode, one.stdout, one.stderr)


def test_a_script_that_is_not_there(tmp_path):
    done = forked(["nowhere.py"], tmp_path)
    assert done.returncode == 2 and "can't open file" in done.stderr and "Traceback" not in done.stderr


def test_text_in_place_of_a_file(tmp_path):
    words = ["-c", "import sys; print(sys.argv, sys.path[0] == '')", "a"]
    assert forked(words, tmp_path).stdout == plain(words, tmp_path).stdout
