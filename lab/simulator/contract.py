"""The API's contract as data: Ideogram's own OpenAPI file of April 2026, and v2 from its documentation.

OpenAPI 3.0 schemas are nearly JSON Schema draft 4; ``nullable`` is the difference that matters here.
"""

import json
from functools import cached_property
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator

from lab.simulator.words import Route

DOCUMENTS = ("ideogram-2026-04.json", "ideogram-v2-2026-10.json")

REQUESTS = {
    Route.GENERATE: "GenerateImageRequest",
    Route.GENERATE_V1: "GenerateImageRequestV3",
    Route.GENERATE_V2: "GenerateImageRequestV2",
    Route.DRY_RUN: "GenerateImageRequestV2",
}
ANSWERS = {
    Route.GENERATE: "GenerateImageResponse",
    Route.GENERATE_V1: "ImageGenerationResponseV3",
    Route.GENERATE_V2: "GenerateImageResponseV2",
    Route.DRY_RUN: "PriceQuote",
    Route.MODELS: "ListModelsResponse",
    Route.USAGE: "UsageResponse",
}


def as_json_schema(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as draft 4: whatever is ``nullable`` may also be null."""
    if isinstance(schema, list):
        return [as_json_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: as_json_schema(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


class Contract:
    """What requests and answers must look like."""

    @cached_property
    def schemas(self) -> dict[str, Any]:
        """Every named schema of both documents, as JSON Schema."""
        folder = files("lab.simulator") / "openapi"
        found: dict[str, Any] = {}
        for name in DOCUMENTS:
            document = json.loads((folder / name).read_text("utf-8"))
            found |= as_json_schema(document["components"]["schemas"])
        return found

    def validator(self, name: str) -> Draft4Validator:
        """A validator for one named schema."""
        reference = {"$ref": f"#/components/schemas/{name}"}
        return Draft4Validator({"allOf": [reference], "components": {"schemas": self.schemas}})

    @cached_property
    def _requests(self) -> dict[Route, Draft4Validator]:
        return {route: self.validator(name) for route, name in REQUESTS.items()}

    @cached_property
    def _answers(self) -> dict[Route, Draft4Validator]:
        return {route: self.validator(name) for route, name in ANSWERS.items()}

    def request_error(self, route: Route, body: Any) -> str | None:
        """What is wrong with a request's body; None: nothing."""
        return _first_error(self._requests[route], body)

    def answer_error(self, route: Route, body: Any) -> str | None:
        """What is wrong with a 200's body; None: nothing, or the contract promises nothing."""
        return _first_error(self._answers[route], body) if route in self._answers else None

    def properties(self, route: Route) -> dict[str, Any]:
        """The fields of a request's body, for reading them from a form."""
        found: dict[str, Any] = self.schemas[REQUESTS[route]]["properties"]
        return found


def _first_error(validator: Draft4Validator, body: Any) -> str | None:
    for error in validator.iter_errors(body):
        where = "/".join(str(step) for step in error.absolute_path) or "body"
        return f"{where}: {error.message}"
    return None
