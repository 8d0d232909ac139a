"""What an hour of each instance type costs here: AWS's list prices, and over them what the studio's administrator says.

One record of the whole studio holds the difference. A price holds for what is used after it was set.
"""

from collections.abc import Mapping

from studiolo.base.instances import table
from studiolo.base.record import Key
from studiolo.store.protocol import Missing, Store

KEY = Key("", "Prices", "prices")
SERVERLESS, OTHER = "serverless", "other"
OWN = {SERVERLESS: 0.072, OTHER: 0.0575}
"""The studio's own types: a GB of a serverless instance's memory while it is awake, and a core of what has no instance
type. By the hour, like the rest."""


def list_prices() -> Mapping[str, float]:
    return {**{one.type: one.price for one in table().values()}, **OWN}


def changed(store: Store) -> Mapping[str, float]:
    try:
        return dict(store.get(KEY).spec["Prices"])
    except Missing:
        return {}


def prices(store: Store) -> Mapping[str, float]:
    return {**list_prices(), **changed(store)}


def currency(store: Store) -> str:
    try:
        return str(store.get(KEY).spec["Currency"])
    except Missing:
        return "USD"
