"""What a viewer may ask of the studio's own service beside looking."""

from studiolo.services.studio.names import FOR_STUDIO_ADMINS
from studiolo.services.studio.service import OWN, StudioService


def test_a_viewer_takes_part_in_the_talk_and_minds_own_affairs():
    reads = StudioService.reads
    own = {
        "CreateAccessKey",
        "DeleteAccessKey",
        "SetPassword",
        "PreviewObject",
        "CompareDataSetVersions",
        "ExportUsage",
    }
    assert [one for one in {*own, *OWN, "ListMembers"} if not reads(None, one)] == []  # pyright: ignore
    assert [one for one in ("RunNotebook", "PutMember", "CreateNotebookSnapshot") if reads(None, one)] == []  # pyright: ignore


def test_who_administers_the_studio_does_so_whatever_project_is_open():
    left = [one for one in FOR_STUDIO_ADMINS if not StudioService.reads(None, one)]  # pyright: ignore
    assert left == []
