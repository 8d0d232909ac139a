"""How many epochs a training job will run, by the hyperparameters that frameworks and built-in algorithms commonly have for it."""

from collections.abc import Mapping

NAMES = ("num_round", "num_boost_round", "epochs", "num_epochs", "n_epochs", "num-epochs", "num_train_epochs")


def epochs(hyperparameters: Mapping[str, str]) -> int | None:
    """None where they do not tell."""
    for name in NAMES:
        text = str(hyperparameters.get(name, "")).strip('"')
        if text.isdecimal() and int(text) > 0:
            return int(text)
    return None
