"""The table of diamonds (53,940 rows, from the package plotnine), and whether what serves knows their prices. By the standard
library alone: the scripts of both generations of the SDK use it, and the tests that draw."""

import csv
import io
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[2] / ".venvs/data/plotnine/data/diamonds.csv"
COUNT = 53_940


def r2(runtime, s3, endpoint, bucket, key):
    """Of what serves, on the table at the key, which no model has been trained on."""
    rows = list(csv.DictReader(io.StringIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())))
    prices = [float(row.pop("price")) for row in rows]
    body = "".join(",".join(row.values()) + "\n" for row in rows)
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="text/csv", Accept="text/csv")[
        "Body"
    ]
    guesses = [float(word) for word in answer.read().decode().split()]
    assert len(guesses) == len(prices) > 10_000, len(guesses)
    mean = sum(prices) / len(prices)
    off = sum((guess - price) ** 2 for guess, price in zip(guesses, prices, strict=True))
    return 1 - off / sum((price - mean) ** 2 for price in prices)
