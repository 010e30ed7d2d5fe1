"""A moto server that `chalice deploy` can talk to: `python -m tests.deploy.moto_server` prints its address.

Gaps between moto and AWS are bridged here: AWS takes Swagger 2.0, needs no description of an API, reads an API's own
responses and the source of its keys from its document, can flush a stage's authorizer cache, gives a stack made by a
change set its outputs, and has a recursion setting for functions. A line `break` on standard input makes the second
event source mapping created from then on fail, once.
"""

import json
import sys
from typing import Any, cast
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel, StringShape
from botocore.validate import ParamValidator
from moto.apigateway import urls as gateway_urls
from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, apigateway_backends
from moto.awslambda import urls as lambda_urls
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaBackend, lambda_backends
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.core.exceptions import JsonRESTError
from moto.core.responses import BaseResponse
from moto.server import ThreadedMotoServer

_import, _put = APIGatewayBackend.import_rest_api, APIGatewayBackend.put_rest_api
_connect = LambdaBackend.create_event_source_mapping
_execute = CloudFormationBackend.execute_change_set


_GATEWAY = ServiceModel(Loader().load_service_model("apigateway", "service-2"))
_GATEWAY_RESPONSE_TYPES = cast(StringShape, _GATEWAY.shape_for("GatewayResponseType")).enum
_GATEWAY_RESPONSE_FIELDS = {"responseType", "statusCode", "responseParameters", "responseTemplates"}
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.gatewayResponse.html"""


def _as_moto_wants_it(document: dict[str, Any]) -> dict[str, Any]:
    bridged = {key: value for key, value in document.items() if key != "swagger"}
    return {**bridged, "info": {"description": "", **document["info"]}}


def _import_rest_api(self: APIGatewayBackend, api_doc: dict[str, Any], fail_on_warnings: bool) -> Any:
    return _import(self, _as_moto_wants_it(api_doc), fail_on_warnings)


def _put_rest_api(self: APIGatewayBackend, function_id: str, api_doc: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    api: Any = _put(self, function_id, _as_moto_wants_it(api_doc), *args, **kwargs)
    api.api_key_source = api_doc.get("x-amazon-apigateway-api-key-source", "HEADER")
    api.gateway_responses = {}  # mode=overwrite; moto's import comes here too
    for kind, said in api_doc.get("x-amazon-apigateway-gateway-responses", {}).items():
        asked = {"responseType": kind, **said}
        if kind not in _GATEWAY_RESPONSE_TYPES or set(asked) - _GATEWAY_RESPONSE_FIELDS:
            raise BadRequestException(f"Invalid gateway response {kind}: {said}")
        api.put_gateway_response(
            kind, said.get("statusCode"), said.get("responseParameters"), said.get("responseTemplates")
        )
    return api


def _execute_change_set(self: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    _execute(self, change_set_name, stack_name)
    for stack in self.stacks.values():
        if isinstance(stack, Stack):
            stack._parse_template()
            stack.output_map = stack._create_output_map()


_to_break: list[int] = []


def _create_event_source_mapping(self: LambdaBackend, spec: dict[str, Any]) -> Any:
    if _to_break:
        _to_break[0] -= 1
        if _to_break[0] == 0:
            _to_break.clear()
            raise JsonRESTError("InvalidParameterValueException", "broken on purpose")
    return _connect(self, spec)


_LAMBDA = ServiceModel(Loader().load_service_model("lambda", "service-2"))


class RecursionConfig(BaseResponse):
    """GetFunctionRecursionConfig and PutFunctionRecursionConfig, as in botocore's service model.

    A function's setting is Terminate until it is changed, and is lost when the function is deleted:
    https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html
    """

    @staticmethod
    def answer(request: Any, full_url: str, headers: Any) -> Any:
        """Answer one request."""
        self = RecursionConfig(service_name="lambda")
        self.setup_class(request, full_url, headers)
        name = unquote(self.path.split("/")[3])
        try:
            function: Any = lambda_backends[self.current_account][self.region].get_function(name)
            if self.method == "PUT":
                function.recursive_loop = _checked(name, self.body)
        except UnknownFunctionException as error:
            return _refusal(404, "ResourceNotFoundException", str(error))
        except ValueError as error:
            return _refusal(400, "InvalidParameterValueException", str(error))
        return 200, {}, json.dumps({"RecursiveLoop": getattr(function, "recursive_loop", "Terminate")})


def _checked(name: str, body: str) -> str:
    """Return the requested setting; raises ValueError for a request that does not fit the model."""
    asked = {"FunctionName": name, **json.loads(body)}
    shape: Any = _LAMBDA.operation_model("PutFunctionRecursionConfig").input_shape
    report = ParamValidator().validate(asked, shape)
    unknown = set(asked) - set(shape.members)
    if report.has_errors() or unknown or asked["RecursiveLoop"] not in shape.members["RecursiveLoop"].enum:
        raise ValueError(report.generate_report() or f"not a recursion config: {body}")
    return str(asked["RecursiveLoop"])


def _refusal(status: int, code: str, message: str) -> tuple[int, dict[str, str], str]:
    return status, {"x-amzn-ErrorType": code}, json.dumps({"Type": "User", "Message": message})


class AuthorizersCache(BaseResponse):
    """FlushStageAuthorizersCache: nothing is cached here, since no authorizer is ever called."""

    @staticmethod
    def answer(request: Any, full_url: str, headers: Any) -> Any:
        """Answer one request; refuse a stage that does not exist."""
        self = AuthorizersCache(service_name="apigateway")
        self.setup_class(request, full_url, headers)
        _, _, api_id, _, stage, *_ = self.path.split("/")
        apigateway_backends[self.current_account][self.region].get_stage(api_id, stage)
        return 202, {}, ""


def main() -> None:
    """Serve until standard input closes."""
    bridges: list[tuple[type, str, Any]] = [
        (APIGatewayBackend, "import_rest_api", _import_rest_api),
        (APIGatewayBackend, "put_rest_api", _put_rest_api),
        (LambdaBackend, "create_event_source_mapping", _create_event_source_mapping),
        (CloudFormationBackend, "execute_change_set", _execute_change_set),
    ]
    for owner, name, bridge in bridges:
        setattr(owner, name, bridge)
    lambda_urls.url_paths["{0}/2024-08-31/functions/(?P<function_name>[^/]+)/recursion-config/?$"] = (
        RecursionConfig.answer
    )
    gateway_urls.url_paths["{0}/restapis/(?P<function_id>[^/]+)/stages/(?P<stage_name>[^/]+)/cache/authorizers$"] = (
        AuthorizersCache.answer
    )
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    for line in sys.stdin:
        if line.strip() == "break":
            _to_break[:] = [2]
            print("ready", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
