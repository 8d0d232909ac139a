"""Amazon resource names. A project is an account, so its 12-digit id stands in every ARN of its things."""

from dataclasses import dataclass

REGION = "us-east-1"
"""The only region: the SDKs' image tables must know it (an invented one breaks `image_uris.retrieve`)."""


@dataclass(frozen=True, slots=True)
class Arn:
    service: str
    account: str
    resource: str
    """Everything after the account: "training-job/my-job"."""
    region: str = REGION

    def __str__(self) -> str:
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{self.resource}"

    def _parts(self) -> tuple[str, str]:
        type, _, name = self.resource.partition("/")
        if ":" in type:
            # As Lambda, CloudWatch and Logs write theirs: "function:my-function", "log-group:/aws/lambda/my-function".
            type, _, name = self.resource.partition(":")
        return type, name

    @property
    def type(self) -> str:
        """ "training-job" of "training-job/my-job"."""
        return self._parts()[0]

    @property
    def name(self) -> str:
        """What follows the type: "my-job"; lower case in ARNs of SageMaker. Empty where there is no type (SNS, SQS)."""
        return self._parts()[1]


def parse_arn(text: str) -> Arn | None:
    """The ARN's parts, or None where `text` is not one."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Arn(service=parts[2], account=parts[4], resource=parts[5], region=parts[3])


def sagemaker_arn(account: str, type: str, name: str) -> str:
    """SageMaker lower-cases the name inside its ARNs, while the *Name member keeps its case."""
    return str(Arn("sagemaker", account, f"{type}/{name.lower()}"))
