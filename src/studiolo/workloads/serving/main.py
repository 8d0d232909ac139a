"""The `serve` command of an instance, as the runner starts it: everything is the supervisor's.

Leaves `run/ready` when it answers on `run/w.sock`.
"""

import sys
import traceback

from studiolo.workloads.serving.supervisor import Supervisor

if __name__ == "__main__":
    try:
        code = Supervisor().run()
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.exit(code)
