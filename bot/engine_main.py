"""Rasa's command line with our logs and without TensorFlow: ``python -m bot.engine_main run …`` is ``rasa run …``.

Rasa sets up logging while it starts and then logs what people typed (whole trackers when an action
fails), so the filter of `bot.logs` is put in place after Rasa's last step of doing so.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from threading import Thread
from typing import Any

from bot import without_tensorflow
from bot.errors import EngineError
from bot.guard import guard
from bot.logs import hush_libraries, set_up_logs
from bot.nlu.encoder import shared_encoder
from bot.nlu.learning import begun
from bot.settings import Settings


def main() -> None:
    """Run Rasa's command line with the arguments given to this module."""
    settings = Settings.from_env()
    serving, training = sys.argv[1:2] == ["run"], sys.argv[1:2] == ["train"]
    if serving or training:
        # A start makes a million objects that stay, and so does a training; to look through them for rubbish is in vain.
        gc.disable()
    if training:
        begun(settings.content)
    if not settings.tensorflow:
        without_tensorflow.install()
    hush_libraries()
    encoders = Thread(target=shared_encoder().load)
    if serving:
        # Unpacking their weights lets go of Python's lock: Rasa is imported meanwhile.
        encoders.start()
    import rasa.__main__ as entry
    import rasa.core.actions.action as actions
    import rasa.core.policies.rule_policy as rule_policy
    import rasa.core.processor as processor

    from bot.graph_runner import StepByStep

    theirs = entry.configure_structlog

    def ours(*args: Any, **kwargs: Any) -> None:
        theirs(*args, **kwargs)
        set_up_logs()

    entry.configure_structlog = ours
    # Rasa waits 300 s for an action server and has no setting for it; nobody may wait more than 3 s.
    actions.DEFAULT_REQUEST_TIMEOUT = 2.5
    actions.RemoteAction._validate_action_result = _checked_once()
    processor.DaskGraphRunner = StepByStep
    rule_policy.RulePolicy._get_possible_keys = _by_intent(rule_policy.RulePolicy._get_possible_keys)
    # It makes a whole empty domain for each message to warn of intents that ours, checked by `ownit check`, cannot lack.
    processor.MessageProcessor._check_for_unseen_features = lambda *_: None
    if not serving:
        _spare_training()
    processor.MessageProcessor.parse_message = _in_turn(processor.MessageProcessor.parse_message)
    _prepare_server(settings.cluster_secret, encoders)
    sys.argv[0] = "rasa"
    entry.main()
    if serving:
        # What was in hand is answered. Python would take seconds to tidy up a heap of this size, and nothing is to be saved.
        logging.shutdown()
        os._exit(0)


def _spare_training() -> None:
    """Spare a training what Rasa does to all questions each time it merges files, and packs tightly at its end: 15 s."""
    from rasa.engine.storage.local_model_storage import TarSafe
    from rasa.shared.nlu.training_data.message import Message

    def fingerprint(self: Message) -> str:
        return hashlib.sha256(repr((sorted(self.data.items()), self.features)).encode()).hexdigest()

    # No step of ours changes a question.
    Message.__deepcopy__ = lambda self, _: self
    Message.fingerprint = fingerprint
    # Half of it is like random numbers, which no packing makes small, and every start would wait for the unpacking.
    TarSafe.gzopen = partial(TarSafe.gzopen, compresslevel=0)


def _checked_once() -> Callable[[Any, Mapping[str, Any]], bool]:
    """Return Rasa's check of what an action server says, without its check of its own schema each time.

    That one takes 60 ms of each look-up, in which nobody else is answered.
    """
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    validator = validator_for(schema)(schema)

    def valid(_: Any, result: Mapping[str, Any]) -> bool:
        validator.validate(result)
        return True

    return valid


def _by_intent(fitting: Callable[..., set[str]]) -> Callable[..., set[str]]:
    """Return Rasa's search for the rules that fit a conversation, among those only that its last intent does not rule out.

    Rasa tries every rule, twice a message: a twentieth of the engine's time.
    """

    def intent(state: Mapping[str, Any]) -> str | None:
        said: str | None = state.get("user", {}).get("intent")
        return said

    def ours(self: Any, lookup: Mapping[str, str], states: list[Any]) -> set[str]:
        open_to = (None, intent(states[-1]))
        rules = {key: action for key, action in lookup.items() if intent(self._rule_key_to_state(key)[-1]) in open_to}
        return fitting(self, rules, states)

    return ours


def _in_turn(parse: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return ``parse``, one message at a time, with what else is waiting in between.

    Understanding never pauses, so where eight people write at once, each step of a look-up's conversation with the action
    server would wait for all of their messages: a second in all. The encoders, which let go of Python's lock, work on a message
    while another one has its turn.
    """
    from rasa.engine.constants import PLACEHOLDER_MESSAGE

    from bot.nlu.components import PARSED, PhraseRules

    turn = asyncio.Lock()

    async def ours(self: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
        with self.graph_runner.ahead({PLACEHOLDER_MESSAGE: [message]}, PhraseRules.__name__) as (begun,):
            # What fails here fails again in the step that needs it, which knows what to do about it.
            await asyncio.wait([asyncio.wrap_future(begun.get(PARSED).encoded)])
            async with turn:
                await asyncio.sleep(0)
                return await parse(self, message, *args, **kwargs)

    return ours


def _prepare_server(secret: str, encoders: Thread) -> None:
    """Lock Rasa's server (its own token guards its API only, not the channels) and warm it up before it listens."""
    import rasa.core.run as server

    configure, load = server.configure_app, server.load_agent_on_start

    def ours(*args: Any, **kwargs: Any) -> Any:
        app = configure(*args, **kwargs)
        guard(app, secret)
        return app

    async def warm(*args: Any, **kwargs: Any) -> Any:
        if encoders.is_alive():
            encoders.join()
        agent = await load(*args, **kwargs)
        _is_private(agent)
        if agent.is_ready():
            # What is read at first use takes seconds, and nobody's first message may wait for it.
            await agent.handle_text("hello", sender_id="probe")
        # What is loaded stays; looking through it again and again would make messages wait.
        gc.freeze()
        gc.enable()
        return agent

    server.configure_app, server.load_agent_on_start = ours, warm


def _is_private(agent: Any) -> None:
    """Serve with no store but ours: where ours cannot be made, Rasa warns and keeps every word that is typed.

    Raises:
        EngineError: the conversations would be kept by another one.
    """
    from bot.privacy import PrivateTrackerStore

    store = agent.tracker_store
    if not isinstance(getattr(store, "_tracker_store", store), PrivateTrackerStore):
        raise EngineError("endpoints.yml", "conversations would not be kept privately.", "Give tracker_store its type back.")


if __name__ == "__main__":
    main()
