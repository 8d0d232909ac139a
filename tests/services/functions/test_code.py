import io
import zipfile
from types import SimpleNamespace

import pytest

from studiolo.base.config import Config
from studiolo.base.errors import ApiError
from studiolo.services.functions import code


def packed(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return buffer.getvalue()


def test_code_is_unpacked_once_and_goes_when_nothing_needs_it(tmp_path):
    platform = SimpleNamespace(config=Config(tmp_path))
    kept = code.keep(platform, "p", packed("main.py", "inner/x.py"))
    assert code.keep(platform, "p", packed("main.py", "inner/x.py")) == kept
    folder = code.folder(platform, "p", kept["Folder"])
    assert (folder / "inner" / "x.py").read_text() == "inner/x.py"
    assert code.remove_unused(platform, {("p", kept["Folder"])}, 1e12) == []
    assert code.remove_unused(platform, set(), 1.0) == []
    assert code.remove_unused(platform, set(), 1e12) == [kept["Folder"]]
    assert not folder.exists()


@pytest.mark.parametrize("given", [b"no zip", packed("../x.py"), packed("/etc/x.py")])
def test_what_is_no_zip_or_leaves_its_folder_is_refused(tmp_path, given):
    with pytest.raises(ApiError) as refused:
        code.keep(SimpleNamespace(config=Config(tmp_path)), "p", given)
    assert refused.value.code == "InvalidParameterValueException"
    assert list((tmp_path / "functions" / "p").iterdir()) == []
