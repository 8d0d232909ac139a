"""jupyter-scheduler's service over the studio's notebook jobs: its jobs are training jobs, its job definitions are schedules.

It has no database and no runner of its own, so nothing is run twice and nothing ends with the space. The list is that of the
person whose rights the space's app has.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from jupyter_scheduler.exceptions import SchedulerError
from jupyter_scheduler.models import (
    DescribeJob,
    DescribeJobDefinition,
    JobFeature,
    ListJobDefinitionsResponse,
    ListJobsResponse,
)
from jupyter_scheduler.scheduler import BaseScheduler

from studiolo.workloads.workbench.scheduling import files, mapping
from studiolo.workloads.workbench.scheduling.studio import Refused, Studio

T = TypeVar("T")
PAGE = 200
MOST = 1000
"""So many of the newest at most are sorted otherwise than by their age."""
STOP_SECONDS = 20.0
UPLOADS = "notebook-jobs/uploads"
FEATURES = frozenset({
    "job_name", "parameters", "output_formats", "job_definition", "idempotency_token", "tags", "stop_job", "delete_job",
})  # fmt: skip


class Features:
    """In the place of jupyter-scheduler's class that executes notebooks: it says what can be asked, and executes nothing."""

    @staticmethod
    def supported_features(of: type) -> dict[str, bool]:
        return {str(one.value): one.value in FEATURES for one in JobFeature}


class StudioScheduler(BaseScheduler):
    execution_manager_class = Features
    task_runner = None

    def __init__(self, root_dir: str, environments_manager: Any, db_url: str = "", config: Any = None) -> None:
        super().__init__(root_dir=root_dir, environments_manager=environments_manager, config=config)
        self._studio = Studio()

    async def _do(self, act: Callable[[], T]) -> T:
        """In a thread, with what is refused in jupyter-scheduler's own form, which its page shows."""
        try:
            return await asyncio.to_thread(act)
        except (Refused, mapping.Unusable) as error:
            raise SchedulerError(str(error)) from None

    # Making.

    def _image(self, name: str) -> str:
        found = self.environments_manager.images().get(name)
        return found["Image"] if found else name

    def _with_upload(self, path: str, folder: bool, ask: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Asks with the notebook's address in S3, where it lies alone or with what is beside it. Of a notebook that comes alone
        the studio takes a copy; a folder is what the job reads."""
        file = files.within(self.root_dir, path)
        base, put = f"s3://{self._studio.bucket}/{UPLOADS}/{secrets.token_hex(8)}", list[str]()
        done = False
        try:
            for one in files.beside(self.root_dir, file) if folder else [file]:
                with one.open("rb") as stream:
                    put.append(f"{base}/{one.relative_to(file.parent).as_posix()}")
                    self._studio.put(put[-1], stream, one.stat().st_size)
            answer = ask(f"{base}/{file.name}")
            done = True
            return answer
        finally:
            for uri in [] if done and folder else put:
                self._studio.delete(uri)

    async def create_job(self, model: Any) -> str:
        asked, folder = model.dict(), bool(model.package_input_folder)

        def act() -> str:
            image = self._image(model.runtime_environment_name)
            mapping.run_of(asked, image, "")
            made = self._with_upload(
                model.input_uri, folder,
                lambda uri: self._studio.ask("studio", "RunNotebook", **mapping.run_of(asked, image, uri)),
            )  # fmt: skip
            return mapping.id_of(made["TrainingJobName"])

        return await self._do(act)

    async def create_job_from_definition(self, job_definition_id: str, model: Any) -> str:
        asked: dict[str, Any] = {"NotebookScheduleName": mapping.name_of(job_definition_id)}
        if model.parameters is not None:
            asked["Parameters"] = dict(model.parameters)
        made = await self._do(lambda: self._studio.ask("studio", "RunNotebook", **asked))
        return mapping.id_of(made["TrainingJobName"])

    async def create_job_definition(self, model: Any) -> str:
        asked, folder = model.dict(), bool(model.package_input_folder)
        name = mapping.schedule_name(model.name, secrets.token_hex(3))

        def act() -> str:
            if not model.schedule:
                raise mapping.Unusable("A job definition needs a schedule; a single run needs no definition.")
            image, when = self._image(model.runtime_environment_name), mapping.when_of(asked)
            self._with_upload(
                model.input_uri, folder,
                lambda uri: self._studio.ask(
                    "studio", "PutNotebookSchedule", NotebookScheduleName=name, **when, **mapping.run_of(asked, image, uri)
                ),
            )  # fmt: skip
            return mapping.id_of(name)

        return await self._do(act)

    # Looking.

    def _job(self, entry: dict[str, Any], files_too: bool = True) -> Any:
        job = DescribeJob(**mapping.job_of(entry, mapping.short(entry["Image"])))
        if files_too:
            self.add_job_files(job)
        return job

    async def get_job(self, job_id: str, job_files: bool | None = True) -> Any:
        entry = await self._do(lambda: self._entry(job_id))
        return self._job(entry, bool(job_files))

    def _entry(self, id: str) -> dict[str, Any]:
        return self._studio.ask("studio", "DescribeNotebookJob", TrainingJobName=mapping.name_of(id))

    async def list_jobs(self, query: Any) -> Any:
        limit = int(query.max_items if query.max_items is not None else MOST)
        if limit <= 0:
            # JupyterLab asks so whether there is a scheduler at all.
            return ListJobsResponse()
        sorts = [(one.name, one.direction.value) for one in query.sort_by]
        asked: dict[str, Any] = {"UserEquals": self._studio.user}
        if query.job_definition_id:
            asked = {"NotebookScheduleName": mapping.name_of(query.job_definition_id)}
        plain = not (query.name or query.tags or query.start_time or query.status)
        if plain and mapping.is_newest_first(sorts) and limit <= PAGE:
            more = {"NextToken": query.next_token} if query.next_token else {}
            page = await self._do(
                lambda: self._studio.ask("studio", "ListNotebookJobs", MaxResults=limit, **asked, **more)
            )
            rows = [mapping.job_of(one, mapping.short(one["Image"])) for one in page["NotebookJobs"]]
            return self._jobs(rows, page.get("NextToken"))
        found = await self._do(lambda: self._all("ListNotebookJobs", "NotebookJobs", **asked))
        rows = [mapping.job_of(one, mapping.short(one["Image"])) for one in found]
        rows = [
            one
            for one in rows
            if mapping.fits(one, query.name, query.tags)
            and (query.status is None or one["status"] == query.status.value)
            and (query.start_time is None or (one["start_time"] or 0) >= query.start_time)
        ]
        start = int(query.next_token or 0) if (query.next_token or "0").isdecimal() else 0
        rows = mapping.ordered(rows, sorts)
        later = str(start + limit) if start + limit < len(rows) else None
        return self._jobs(rows[start : start + limit], later)

    def _jobs(self, rows: Any, token: str | None) -> Any:
        jobs = [DescribeJob(**one) for one in rows]
        for one in jobs:
            self.add_job_files(one)
        answer = ListJobsResponse(jobs=jobs, next_token=token)
        # How many there are in all is not known before the last page, and nought would be said of them.
        answer.total_count = None  # pyright: ignore
        return answer

    def _all(self, operation: str, member: str, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {"MaxResults": PAGE} if operation == "ListNotebookJobs" else {}
        while len(found) < MOST:
            page = self._studio.ask("studio", operation, **asked, **more)
            found += page[member]
            if not page.get("NextToken"):
                break
            more["NextToken"] = page["NextToken"]
        return found

    async def count_jobs(self, query: Any) -> int:
        found = await self._do(lambda: self._all("ListNotebookJobs", "NotebookJobs", UserEquals=self._studio.user))
        return sum(mapping.state_of(one) == query.status.value for one in found)

    async def get_job_definition(self, job_definition_id: str) -> Any:
        entry = await self._do(lambda: self._definition(job_definition_id))
        return DescribeJobDefinition(**mapping.definition_of(entry, mapping.short(entry["Image"])))

    def _definition(self, id: str) -> dict[str, Any]:
        return self._studio.ask("studio", "DescribeNotebookSchedule", NotebookScheduleName=mapping.name_of(id))

    async def list_job_definitions(self, query: Any) -> Any:
        found = await self._do(lambda: self._all("ListNotebookSchedules", "NotebookSchedules"))
        me = self._studio.user.casefold()
        rows = [
            mapping.definition_of(one, mapping.short(one["Image"]))
            for one in found
            if str(one.get("User", "")).casefold() == me
        ]
        rows = [one for one in rows if mapping.fits(one, query.name, query.tags)]
        rows = mapping.ordered(rows, [(one.name, one.direction.value) for one in query.sort_by])
        limit = int(query.max_items if query.max_items is not None else MOST)
        start = int(query.next_token or 0)
        return ListJobDefinitionsResponse(
            job_definitions=[DescribeJobDefinition(**one) for one in rows[start : start + limit]],
            total_count=len(rows),
            next_token=str(start + limit) if start + limit < len(rows) else None,
        )

    # Changing.

    async def update_job(self, job_id: str, model: Any) -> None:
        raise SchedulerError("A job is not changed any more once it was made: run the notebook again.")

    async def stop_job(self, job_id: str) -> None:
        await self._do(lambda: self._stop(mapping.name_of(job_id)))

    def _stop(self, name: str) -> None:
        self._studio.ask("sagemaker", "StopTrainingJob", TrainingJobName=name)

    async def delete_job(self, job_id: str) -> None:
        """What runs is stopped first, which takes a moment."""
        name = mapping.name_of(job_id)
        state = mapping.state_of(await self._do(lambda: self._entry(job_id)))
        deadline = time.monotonic() + STOP_SECONDS
        if state in ("QUEUED", "IN_PROGRESS"):
            await self._do(lambda: self._stop(name))
        while state in ("QUEUED", "IN_PROGRESS", "STOPPING"):
            if time.monotonic() > deadline:
                raise SchedulerError("The job is being stopped: delete it once it has stopped.")
            await asyncio.sleep(0.2)
            state = mapping.state_of(await self._do(lambda: self._entry(job_id)))
        await self._do(lambda: self._studio.ask("sagemaker", "DeleteTrainingJob", TrainingJobName=name))

    async def update_job_definition(self, job_definition_id: str, model: Any) -> None:
        name = mapping.name_of(job_definition_id)

        def act() -> None:
            entry = self._definition(job_definition_id)
            asked = mapping.changes_of(model.dict(), entry)
            another = model.input_uri and model.input_uri.removeprefix("RTC:") != entry["NotebookName"]
            if another and entry.get("InputFolder"):
                asked["InputFolder"] = True

            def ask(uri: str | None = None) -> dict[str, Any]:
                more = {"S3Uri": uri} if uri else {}
                return self._studio.ask("studio", "UpdateNotebookSchedule", NotebookScheduleName=name, **asked, **more)

            if another:
                self._with_upload(model.input_uri, bool(entry.get("InputFolder")), ask)
            elif asked:
                ask()

        await self._do(act)

    async def delete_job_definition(self, job_definition_id: str) -> None:
        """What ran stays."""
        name = mapping.name_of(job_definition_id)
        await self._do(lambda: self._studio.ask("studio", "DeleteNotebookSchedule", NotebookScheduleName=name))

    def get_staging_paths(self, model: Any) -> dict[str, str]:
        """None: downloads.py fetches from the studio."""
        return {}
