"""The time, as a value that tests can hold still."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns epoch seconds."""

system_clock: Clock = time.time
