"""Where an agreement stands, and what may happen to it next."""

from __future__ import annotations

import datetime
from enum import StrEnum

from landbridge.server.agreements.document import BadAgreement


class State(StrEnum):
    """
    Where an agreement stands.

    draft: its first organisation writes it, nobody else sees it. proposed: all who sign see it, talk and value it.
    signed: all have signed, its first day is to come. in force: plans follow it. ended: taken back, run out
    or given up.
    """

    DRAFT = "draft"
    PROPOSED = "proposed"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    ENDED = "ended"


class Step(StrEnum):
    """What happens to an agreement."""

    WRITE = "write"  # a new version
    PROPOSE = "propose"
    SIGN = "sign"
    END = "end"


_STEPS: dict[tuple[State, Step], State] = {
    (State.DRAFT, Step.WRITE): State.DRAFT,
    (State.DRAFT, Step.PROPOSE): State.PROPOSED,
    (State.DRAFT, Step.END): State.ENDED,
    (State.PROPOSED, Step.WRITE): State.PROPOSED,
    (State.PROPOSED, Step.SIGN): State.PROPOSED,
    (State.PROPOSED, Step.END): State.ENDED,
    (State.SIGNED, Step.END): State.ENDED,
    (State.IN_FORCE, Step.END): State.ENDED,
}


def next_state(
    state: State, step: Step, *, unsigned: int = 0, starts: str = "", today: datetime.date | None = None
) -> State:
    """
    Say where an agreement stands after a step.

    Parameters
    ----------
    state, step
        Where it stands, and what is done.
    unsigned
        Organisations that have yet to sign the version at hand once this step is done. Of a new version all have: what
        was signed before it stays with the version before.
    starts, today
        First day in force, and the day it is.

    Raises
    ------
    BadAgreement
        ``wrong-state``, when the step cannot be taken.
    """
    found = _STEPS.get((state, step))
    if found is None:
        allowed = ", ".join(item for known, item in _STEPS if known is state) or "nothing"
        raise BadAgreement(
            f"the agreement is {state.replace('_', ' ')}; expected one of: {allowed}, not {step}", code="wrong-state"
        )
    if step is Step.SIGN and unsigned <= 0:
        return on_day(State.SIGNED, starts, "", today)
    return found


def on_day(state: State, starts: str, ends: str, today: datetime.date | None = None) -> State:
    """Let time pass: what is signed comes into force on its first day, and is ended after its last."""
    now = (today or datetime.datetime.now(tz=datetime.UTC).date()).isoformat()
    if state in (State.SIGNED, State.IN_FORCE) and ends and now > ends:
        return State.ENDED
    if state is State.SIGNED and now >= starts:
        return State.IN_FORCE
    return state
