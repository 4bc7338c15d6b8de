"""Rules that span fields or need a sentence: told once, carried out by the API server (CEL) and by the operator.

The API server refuses a bad object when it is applied. The operator checks again, because the CRD in a cluster may
be older than the operator, and because ``ideogram-operator preflight FILE`` runs without any cluster.
Each rule holds both forms side by side; the tests drive both with the same examples.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over a value or a model; usable as ``Annotated`` metadata.

    Attributes:
        cel: the API server's form; ``self`` is the value as it is written in YAML.
        says: what must hold, as the sentence a person reads after the field's path.
        holds: the operator's form; gets the parsed value.
    """

    cel: str
    says: str
    holds: Callable[[Any], bool]

    def check(self, value: Any) -> Any:
        """`value`, unchanged.

        Raises:
            PydanticCustomError: the rule does not hold.
        """
        if not self.holds(value):
            raise PydanticCustomError("rule", "{says}", {"says": self.says})
        return value

    def write(self, schema: JsonSchemaValue) -> None:
        """Append the rule to the `schema` of its value."""
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, ()), {"rule": self.cel, "message": self.says}]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        self.write(schema)
        return schema


def matching(pattern: str, says: str) -> Rule:
    """The rule that a string matches `pattern`, for patterns that no reader should have to decipher."""
    compiled = re.compile(pattern)
    return Rule(
        cel=f"self.matches(r'{pattern}')",
        says=says,
        holds=lambda value: compiled.fullmatch(value) is not None,
    )


def keys_matching(pattern: str, says: str) -> Rule:
    """The rule that every key of a map matches `pattern`: a structural schema can only bound the values."""
    compiled = re.compile(pattern)
    return Rule(
        cel=f"self.all(key, key.matches(r'{pattern}'))",
        says=says,
        holds=lambda value: all(compiled.fullmatch(key) for key in value),
    )
