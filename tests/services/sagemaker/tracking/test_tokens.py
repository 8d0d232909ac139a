"""The token of MLflow's clients: made of a key, no key itself, and gone with it."""

from studiolo.services.identity import Credential
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import tokens

ANN = Caller("ann", "123456789012", "contributor")


class Keys:
    def __init__(self, **keys):
        self.keys = keys

    def access_key(self, key_id):
        return self.keys.get(key_id)


def test_a_token_is_good_while_its_key_is_and_holds_no_secret():
    keys = Keys(AKIA1=Credential("geheim", ANN), ASIA2=Credential("still", ANN, "t", expires=10.0))
    one, two = tokens.make("AKIA1", "geheim"), tokens.make("ASIA2", "still")
    assert tokens.caller_of(keys, one, lambda: 5.0) == ANN and "geheim" not in one
    assert tokens.caller_of(keys, two, lambda: 5.0) == ANN
    assert tokens.caller_of(keys, two, lambda: 11.0) is None
    for bad in ("", "AKIA1", "AKIA1.", "AKIA1:geheim", one[:-1], f"AKIA3.{one.partition('.')[2]}", "AKIA1.é"):
        assert tokens.caller_of(keys, bad, lambda: 5.0) is None
    keys.keys.pop("AKIA1")
    assert tokens.caller_of(keys, one, lambda: 5.0) is None
