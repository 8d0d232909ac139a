"""What the next start of an app will need, made while a person decides: nothing is promised by it, and nothing waits for it.

Looking at spaces makes the fork server of an environment that is there already (a second and 90 MB, for a quarter of an hour).
Opening the dialog that makes a space builds the environment where it is not there yet: it is downloaded while a name is typed.
"""

import logging
import os
import threading

from studiolo.run.protocol import EnvironmentError_
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.workbench.types import image_of

log = logging.getLogger(__name__)


def allowed() -> bool:
    return os.environ.get("STUDIOLO_SPACES_AHEAD") != "0"


class Ahead:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._building = False

    def looked(self) -> None:
        """Somebody looks at spaces."""
        ready = self._platform.environments.ready(image_of("JupyterLab"))
        if ready is not None and ready.warm:
            self._platform.runner.warm(ready.prefix, ready.warm)

    def coming(self) -> None:
        """Somebody is about to make a space."""
        if not allowed() or self._platform.environments.ready(image_of("JupyterLab")) is not None:
            self.looked()
            return
        with self._lock:
            if self._building:
                return
            self._building = True
        threading.Thread(target=self._build, name="spaces-ahead", daemon=True).start()

    def _build(self) -> None:
        try:
            self._platform.environments.ensure(image_of("JupyterLab"))
            self.looked()
        except (EnvironmentError_, OSError) as error:
            # The start of an app tries again, and tells.
            log.warning("The environment of spaces could not be made ahead: %s", error)
        finally:
            self._building = False
