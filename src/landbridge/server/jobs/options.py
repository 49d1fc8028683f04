"""What each kind of job may be asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from landbridge.server.errors import Refused
from landbridge.server.settings import Settings

Text = Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Seconds = Annotated[float, Field(gt=0, le=1e6)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class JobKind(StrEnum):
    """What a job does."""

    PLAN = "plan"
    SHARE = "share"
    AGREEMENTS = "agreements"
    EXPLAIN = "explain"
    BOTTLENECKS = "bottlenecks"
    COMPARE = "compare"
    REPLAN = "replan"
    VALUE = "value"
    FOLLOW = "follow"


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class PlanOptions(_Options):
    """Plan the case: value, bound and gap within a time limit."""

    name: Text = ""
    time_s: Seconds = 60.0
    gap: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: Seed = 0
    scenario: Text = ""
    events: Annotated[list[Text], Field(max_length=50)] = []
    agreements: Literal["in_force", "all", "none"] = "in_force"


class ShareOptions(_Options):
    """Plan the case together and divide its value, with a certificate."""

    name: Text = ""
    time_s: Seconds = 60.0
    coalition_s: Seconds = 10.0
    rows_s: Seconds = 300.0
    seed: Seed = 0
    players: Literal["regions", "groups", "parties", "countries"] = "regions"
    quotas: Literal["population", "volume", "equal"] | None = None
    agreements: Literal["in_force", "all", "none"] = "all"
    method: Literal[
        "", "nucleolus", "shapley", "equal_profit", "owen", "fair_owen", "gately", "tau", "proportional", "rows"
    ] = ""
    base: Literal["turnover", "volume", "population", "equal"] = "turnover"
    sensitivity: bool = False


class AgreementsOptions(_Options):
    """Value each agreement."""

    coalition_s: Seconds = 30.0
    seed: Seed = 0
    players: Literal["regions", "groups", "parties", "countries"] = "regions"
    quotas: Literal["population", "volume", "equal"] | None = None
    budget: Annotated[float, Field(ge=0, le=1e15)] | None = None


class ExplainOptions(_Options):
    """Say why an order of one's own is not served, and what would serve it."""

    run: Id
    order: Annotated[Text, Field(min_length=1)]
    repeat: Annotated[int, Field(ge=0, lt=10_000)] = 0


class BottlenecksOptions(_Options):
    """Say what one more of each scarce capacity is worth."""

    run: Id
    time_s: Seconds = 60.0
    top: Annotated[int, Field(ge=1, le=50)] = 10


class CompareOptions(_Options):
    """Say what differs between runs, the first of which is the base."""

    runs: Annotated[list[Id], Field(min_length=2, max_length=10)]


class ReplanOptions(_Options):
    """Plan a run anew after something has happened."""

    run: Id
    name: Text = ""
    events: Annotated[list[Text], Field(min_length=1, max_length=50)]
    at: Text = ""
    weeks: Annotated[int, Field(ge=1, le=8)] = 3
    change_cost: Annotated[float, Field(ge=0, le=1e12)] | None = None
    time_s: Seconds = 40.0
    seed: Seed = 0


class ValueOptions(_Options):
    """Value a version of an agreement for each of its sides; started by ``POST /agreements/{agreement}/value``."""

    agreement: Id
    version: Annotated[int, Field(ge=1)]
    time_s: Seconds = 30.0
    seed: Seed = 0


class FollowOptions(_Options):
    """Work on a following: started by the doors of ``/followings``."""

    following: Id
    step: Literal["parcels", "events", "loads", "replan", "accept"]
    name: Text = ""
    upload: Annotated[Text, Field(max_length=64)] = ""
    dry_run: bool = False
    events: Annotated[list[Text], Field(max_length=50)] = []
    at: Text = ""
    time_s: Seconds = 40.0
    seed: Seed = 0
    proposal: Annotated[Text, Field(max_length=64)] = ""


OWN_DOORS = frozenset({JobKind.FOLLOW})
"""Kinds that are started by doors of their own, which know more than the options say."""

OPTIONS: dict[JobKind, type[_Options]] = {
    JobKind.PLAN: PlanOptions,
    JobKind.SHARE: ShareOptions,
    JobKind.AGREEMENTS: AgreementsOptions,
    JobKind.EXPLAIN: ExplainOptions,
    JobKind.BOTTLENECKS: BottlenecksOptions,
    JobKind.COMPARE: CompareOptions,
    JobKind.REPLAN: ReplanOptions,
    JobKind.VALUE: ValueOptions,
    JobKind.FOLLOW: FollowOptions,
}


def check_options(kind: JobKind, options: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """
    Give the options of a job with their defaults.

    Raises
    ------
    Refused
        422 with every option that is unknown or out of range.
    """
    try:
        found = OPTIONS[kind].model_validate(options).model_dump()
    except ValidationError as error:
        errors = [
            {
                "code": str(item["type"]).replace("_", "-"),
                "entity": ".".join(["options", *map(str, item["loc"])])[:200],
                "message": item["msg"],
            }
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise Refused(422, "bad-options", f"the options of {kind.value!r} cannot be used", errors=errors) from error
    for name in ("time_s", "rows_s", "coalition_s"):
        if found.get(name, 0.0) > settings.max_job_s:
            message = f"found {found[name]:g}, expected at most {settings.max_job_s:g} s on this server"
            raise Refused(422, "too-long", message, entity=f"options.{name}")
    return found
