"""Types of fields that many parts of a scenario file have."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from loadtest.units import seconds

Duration = Annotated[float, BeforeValidator(seconds)]
Positive = Annotated[Duration, Field(gt=0, le=7 * 86400)]
Rate = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Strict(BaseModel):
    """What all parts have in common: no unknown key, no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)
