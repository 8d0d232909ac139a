"""A botocore plugin of a few lines: what the SageMaker SDKs send to AWS's own hosts goes to the studio instead.

boto3 and the AWS CLI follow AWS_ENDPOINT_URL. Both generations of the `sagemaker` SDK build their STS client with an
explicit AWS address, which beats every variable; this rewrites such requests before they are signed. It is loaded by
BOTOCORE_EXPERIMENTAL__PLUGINS and does nothing where AWS_ENDPOINT_URL is not set. Standard library only: it is copied
into environments that hold nothing else of studiolo.
"""

import os
from urllib.parse import urlsplit, urlunsplit


def _redirect(params, context, **kwargs):  # type: ignore[no-untyped-def]
    studio = os.environ.get("AWS_ENDPOINT_URL", "")
    url = urlsplit(params.get("url", ""))
    if studio and (url.hostname or "").endswith(".amazonaws.com"):
        to = urlsplit(studio)
        params["url"] = urlunsplit((to.scheme, to.netloc, url.path, url.query, url.fragment))


def initialize_client_plugin(client):  # type: ignore[no-untyped-def]
    client.meta.events.register("before-call", _redirect)
