"""The card that a version of the registry carries, as a PDF."""

import asyncio
import json

import pytest
from studio_in_memory import ACCOUNT, Studio

from studiolo.base.errors import NotFound
from studiolo.services.request import Call, Caller
from studiolo.services.studio.package_cards import PackageCards

CONTENT = {"intended_uses": {"purpose_of_model": "who leaves", "risk_rating": "Low"}}


def pdf(studio, arn):
    cards = PackageCards(studio.platform, studio.service.handler("DescribeModelPackage"))
    call = Call(Caller("ann", ACCOUNT, "viewer"), "studio", "GetModelPackageCardPdf", {"ModelPackageArn": arn}, "id")
    return asyncio.run(cards.pdf(call))


def test_a_versions_card_is_written_as_a_pdf(tmp_path):
    pytest.importorskip("fpdf")
    studio = Studio(tmp_path)
    studio.ask("CreateModelPackageGroup", ModelPackageGroupName="Churn")
    card = {"ModelCardContent": json.dumps(CONTENT), "ModelCardStatus": "Draft"}
    arn = studio.ask("CreateModelPackage", ModelPackageGroupName="Churn", ModelCard=card)["ModelPackageArn"]
    made = pdf(studio, arn)
    assert made["FileName"] == "Churn-v1-card.pdf" and made["Pdf"].startswith(b"%PDF-")


def test_a_version_without_a_card_says_what_to_do(tmp_path):
    pytest.importorskip("fpdf")
    studio = Studio(tmp_path)
    studio.ask("CreateModelPackageGroup", ModelPackageGroupName="g")
    arn = studio.ask("CreateModelPackage", ModelPackageGroupName="g")["ModelPackageArn"]
    with pytest.raises(NotFound, match="write one under the tab Card first"):
        pdf(studio, arn)
