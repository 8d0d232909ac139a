"""Fetches a run's notebook into the space, with the HTML of it where that was asked for, to where JupyterLab looks for it."""

import asyncio
from pathlib import Path

from jupyter_scheduler.exceptions import SchedulerError
from jupyter_scheduler.job_files_manager import JobFilesManager

from studiolo.workloads.workbench.scheduling import files, mapping
from studiolo.workloads.workbench.scheduling.studio import Refused, Studio


def html(notebook: str, name: str) -> bytes:
    import nbformat  # pyright: ignore
    from nbconvert.exporters import HTMLExporter  # pyright: ignore

    document = nbformat.reads(notebook, as_version=4)  # pyright: ignore
    text, _ = HTMLExporter().from_notebook_node(document, {"metadata": {"name": name}})  # pyright: ignore
    return str(text).encode()


class Downloads(JobFilesManager):
    async def copy_from_staging(self, job_id: str, redownload: bool | None = False) -> None:
        job = await self.scheduler.get_job(job_id, False)
        names = self.scheduler.get_job_filenames(job)
        folder = Path(self.scheduler.get_local_output_path(model=job))
        try:
            await asyncio.to_thread(self._fetch, job_id, folder, names, list(job.output_formats or ()))
        except Refused as error:
            raise SchedulerError(str(error)) from None

    def _fetch(self, id: str, folder: Path, names: dict[str, str], formats: list[str]) -> None:
        studio = Studio()
        entry = studio.ask("studio", "DescribeNotebookJob", TrainingJobName=mapping.name_of(id))
        notebook = entry.get("Notebook")
        if notebook is None:
            raise SchedulerError("The job has left no notebook: its log in the studio says why.")
        if "html" in formats:
            files.write(folder / names["html"], html(notebook, Path(names["input"]).stem))
        if "ipynb" in formats:
            files.write(folder / names["ipynb"], notebook.encode())
        files.write(folder / names["input"], studio.get(entry["InputUri"].rstrip("/") + "/" + names["input"]))
