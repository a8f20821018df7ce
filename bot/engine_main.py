"""Rasa's command line with our logs and without TensorFlow: ``python -m bot.engine_main run …`` is ``rasa run …``.

Rasa sets up logging while it starts and then logs what people typed (whole trackers when an action
fails), so the filter of `bot.logs` is put in place after Rasa's last step of doing so.
"""

from __future__ import annotations

import sys
from typing import Any

from bot import without_tensorflow
from bot.logs import set_up_logs
from bot.settings import Settings


def main() -> None:
    """Run Rasa's command line with the arguments given to this module."""
    if not Settings.from_env().tensorflow:
        without_tensorflow.install()
    import rasa.__main__ as entry
    import rasa.core.actions.action as actions

    theirs = entry.configure_structlog

    def ours(*args: Any, **kwargs: Any) -> None:
        theirs(*args, **kwargs)
        set_up_logs()

    entry.configure_structlog = ours
    # Rasa waits 300 s for an action server and has no setting for it; nobody may wait more than 3 s.
    actions.DEFAULT_REQUEST_TIMEOUT = 2.5
    sys.argv[0] = "rasa"
    entry.main()


if __name__ == "__main__":
    main()
