"""The card that a version of the model registry carries, as a PDF: AWS has an operation for that of cards alone."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.errors import NotFound
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker.cards import pdf


class PackageCards:
    def __init__(self, platform: Platform, describe: Handler) -> None:
        """describe: DescribeModelPackage."""
        self._platform = platform
        self._describe = describe

    async def pdf(self, call: Call) -> Mapping[str, Any]:
        pdf.available()
        params = {"ModelPackageName": call.params["ModelPackageArn"]}
        told: Any = await self._describe(
            Call(call.caller, "sagemaker", "DescribeModelPackage", params, call.request_id)
        )
        held = told.get("ModelCard") or {}
        if not held.get("ModelCardContent"):
            raise NotFound("This version carries no model card yet: write one under the tab Card first.")
        name, version = (
            str(told.get("ModelPackageGroupName") or told["ModelPackageName"]),
            told.get("ModelPackageVersion", 1),
        )
        content = orjson.loads(held["ModelCardContent"])
        card = pdf.Card(name, version, held.get("ModelCardStatus", "Draft"), content, self._platform.clock())
        written = await asyncio.to_thread(pdf.render, card)
        return {"FileName": f"{name}-v{version}-card.pdf", "Pdf": written}
