"""All of ministack, for deploys: `.venv-aws/bin/python -I tests/deploy/ministack_server.py` prints its address.

ministack imitates CloudFormation closely, including the import of existing resources by literal names; what it lacks is
added here: API Gateway's import of an API's description, updates of a custom domain, and the refusals about keys and
usage plans. Lines on standard input steer it; each is answered by a line `ready`. `hold TYPE` makes the creation of the
next resource of that type wait until `go`. `fail TYPE` makes every creation and update of a resource of that type fail
from then on, until `mend`. `stick TYPE` does so for every deletion of one, and for every update of one after something
else has failed, that is, for its rollback.
"""

import asyncio
import contextlib
import importlib
import json
import socket
import sys
import threading
from types import ModuleType
from typing import Any

_held: dict[str, threading.Event] = {}
_failing: set[str] = set()
_stuck: set[str] = set()
_broken = threading.Event()
"""Set when something has failed on purpose since the last `mend`."""


def read_descriptions(gateway: ModuleType) -> None:
    """Make ImportRestApi and PutRestApi create the description's resources and methods, and UpdateDomainName work."""
    api: Any = gateway
    create, handle = api._create_rest_api, api.handle_request

    def load(api_id: str, document: dict[str, Any]) -> None:
        # As AWS does in mode=overwrite: id, stages and settings stay; everything the description defines is replaced.
        resources = api._resources[api_id]
        root = next(key for key, one in resources.items() if one["path"] == "/")
        for key in [key for key in resources if key != root]:
            del resources[key]
        resources[root]["resourceMethods"] = {}
        places = {"/": root}
        for path in sorted(document["paths"]):
            parent = ""
            for part in path.strip("/").split("/") if path != "/" else []:
                here = f"{parent}/{part}"
                if here not in places:
                    _, _, body = api._create_resource(api_id, places[parent or "/"], {"pathPart": part})
                    places[here] = json.loads(body)["id"]
                parent = here
            for method, settings in document["paths"][path].items():
                needs_key = {"api_key": []} in settings.get("security", [])
                api._put_method(api_id, places[path], method.upper(), {"apiKeyRequired": needs_key})
                integration = settings["x-amazon-apigateway-integration"]
                api._put_integration(api_id, places[path], method.upper(), integration)
        api._rest_apis[api_id]["apiKeySource"] = document.get("x-amazon-apigateway-api-key-source", "HEADER")
        api._gateway_responses[api_id] = {}
        for kind, answer in document.get("x-amazon-apigateway-gateway-responses", {}).items():
            status, _, body = api._put_gateway_response(api_id, kind, answer)
            if status != 201:
                raise ValueError(body)

    def create_rest_api(data: dict[str, Any]) -> Any:
        if "paths" not in data:
            return create(data)
        answer = create({"name": data["info"]["title"]})
        load(json.loads(answer[2])["id"], data)
        return answer

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        parts = path.strip("/").split("/")
        if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
            load(parts[1], json.loads(body))
            return api._get_rest_api(parts[1])
        if method == "PATCH" and len(parts) == 2 and parts[0] == "domainnames" and parts[1] in api._domain_names:
            # https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateDomainName.html
            for change in json.loads(body)["patchOperations"]:
                api._domain_names[parts[1]][change["path"].removeprefix("/")] = change["value"]
            return api._get_domain_name(parts[1])
        return await handle(method, path, headers, body, query)

    api._create_rest_api, api.handle_request = create_rest_api, handle_request


def refuse_as_aws_does(gateway: ModuleType) -> None:
    """Refuse keys and usage plans where API Gateway refuses them, and add FlushStageAuthorizersCache."""
    api: Any = gateway
    handle = api.handle_request

    def key_conflict(data: dict[str, Any]) -> Any:
        # "API Key already exists": https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html, and moto's
        # apigateway/exceptions.py
        if data.get("value") in {key["value"] for key in api._api_keys.values()}:
            return api._v1_error("ConflictException", "API Key already exists", 409)
        return None

    def change_plan(plan_id: str, operations: list[dict[str, str]]) -> Any:
        # Values of /apiStages are `api:stage`, of a deployed stage: https://github.com/boto/boto3/issues/2629
        # ("Invalid API Stage specified"), https://github.com/aws/serverless-application-model/issues/32
        plan, others = api._usage_plans[plan_id], []
        for operation in operations:
            if operation["path"] != "/apiStages":
                others.append(operation)
                continue
            api_id, _, stage = operation["value"].partition(":")
            one, listed = {"apiId": api_id, "stage": stage}, plan["apiStages"]
            there = stage in api._stages_v1.get(api_id, {}) if operation["op"] == "add" else one in listed
            if not there or (operation["op"] == "add" and one in listed):
                return api._v1_error("BadRequestException", "Invalid API Stage specified", 400)
            plan["apiStages"] = [*listed, one] if operation["op"] == "add" else [it for it in listed if it != one]
        for operation in others:
            _, group, name = operation["path"].split("/")
            plan[group][name] = float(operation["value"]) if name == "rateLimit" else int(operation["value"])
        return api._get_usage_plan(plan_id)

    def refusal(method: str, parts: list[str], data: dict[str, Any]) -> Any:
        if (method, parts) == ("POST", ["apikeys"]):
            return key_conflict(data)
        if method == "DELETE" and parts[0] == "usageplans" and len(parts) == 2:
            stages = api._usage_plans.get(parts[1], {}).get("apiStages")
            text = f"Cannot delete Usage Plan {parts[1]} because there are API Stages associated with it"
            return api._v1_error("BadRequestException", text, 400) if stages else None  # aws/aws-sdk-js issue 3841
        if method == "POST" and parts[0] == "usageplans" and len(parts) == 3:
            if data["keyId"] not in api._api_keys:
                return api._v1_error("NotFoundException", "Invalid API Key identifier specified", 404)
            if data["keyId"] in api._usage_plan_keys.get(parts[1], {}):
                return api._v1_error("ConflictException", "Usage Plan Key already exists", 409)
        return None

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        parts = path.strip("/").split("/")
        if parts[2:3] + parts[4:] == ["stages", "cache", "authorizers"] and method == "DELETE":
            found = parts[3] in api._stages_v1.get(parts[1], {})
            return (202, {}, b"") if found else api._v1_error("NotFoundException", "Invalid stage identifier", 404)
        data = json.loads(body) if body and method in {"POST", "PATCH"} else {}
        if refused := refusal(method, parts, data):
            return refused
        if method == "PATCH" and parts[0] == "usageplans" and parts[1] in api._usage_plans:
            return change_plan(parts[1], data["patchOperations"])
        answer = await handle(method, path, headers, body, query)
        if method == "DELETE" and parts[0] == "apikeys":
            for keys in api._usage_plan_keys.values():  # a key that is gone is in no plan
                keys.pop(parts[1], None)
        return answer

    api.handle_request = handle_request


def obey(stacks: ModuleType) -> None:
    """Make creations wait or fail, and updates and deletions fail, as ordered on standard input."""
    module: Any = stacks
    provision, on_thread = module._provision_resource, module._runs_on_worker_thread
    update, delete = module._update_resource, module._delete_resource

    def provision_resource(kind: str, *args: Any, **kwargs: Any) -> Any:
        if kind in _failing:
            raise ValueError("broken on purpose")
        if gate := _held.pop(kind, None):
            gate.wait()
        return provision(kind, *args, **kwargs)

    def update_resource(kind: str, *args: Any, **kwargs: Any) -> Any:
        if kind in _failing:
            _broken.set()
            raise ValueError("broken on purpose")
        if kind in _stuck and _broken.is_set():
            raise ValueError("held on purpose")
        return update(kind, *args, **kwargs)

    def delete_resource(kind: str, *args: Any, **kwargs: Any) -> Any:
        if kind in _stuck:
            raise ValueError("held on purpose")
        return delete(kind, *args, **kwargs)

    module._provision_resource = provision_resource
    module._update_resource, module._delete_resource = update_resource, delete_resource
    module._runs_on_worker_thread = lambda kind: kind in _held or on_thread(kind)


def listen_to_orders(leave: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    """Carry out the orders on standard input until it ends."""
    gates: list[threading.Event] = []
    for line in sys.stdin:
        order, _, kind = line.strip().partition(" ")
        if order == "hold":
            gates.append(_held.setdefault(kind, threading.Event()))
        elif order == "go":
            for gate in gates:
                gate.set()
        elif order == "fail":
            _failing.add(kind)
        elif order == "stick":
            _stuck.add(kind)
        elif order == "mend":
            _failing.clear()
            _stuck.clear()
            _broken.clear()
        print("ready", flush=True)
    loop.call_soon_threadsafe(leave.set)


def run_no_function(functions: ModuleType) -> None:
    """Leave the queues alone: the deployed functions are for another processor than this machine's."""
    module: Any = functions
    module._ensure_poller = lambda: None


async def main() -> None:
    """Serve until standard input closes."""
    aws: Any = importlib.import_module("ministack.app")
    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    gateway = importlib.import_module("ministack.services.apigateway_v1")
    read_descriptions(gateway)
    refuse_as_aws_does(gateway)
    run_no_function(importlib.import_module("ministack.services.lambda_svc"))
    obey(importlib.import_module("ministack.services.cloudformation.stacks"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "WARNING"
    config.graceful_timeout = 0
    leave = asyncio.Event()
    orders = threading.Thread(target=listen_to_orders, args=(leave, asyncio.get_running_loop()), daemon=True)
    orders.start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await hypercorn.serve(aws.app, config, shutdown_trigger=leave.wait)


if __name__ == "__main__":
    asyncio.run(main())
