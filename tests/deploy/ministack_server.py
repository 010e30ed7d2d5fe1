"""All of ministack, for deploys: `.venv-aws/bin/python -I tests/deploy/ministack_server.py` prints its address.

ministack imitates CloudFormation closely, with its import of existing resources by literal names; what it lacks is
bridged here: API Gateway's import of an API's description, and changes of a custom domain. Lines on standard input
steer it; each is answered by a line `ready`: `hold TYPE` makes the next resource of that type wait in its creation
until `go`; `fail TYPE` makes every creation and change of a resource of that type fail from then on, until `mend`;
`stick TYPE` every deletion of one, and every change of one after something else has failed, which is its way back.
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
"""Something has failed on purpose since the last `mend`."""


def read_descriptions(gateway: ModuleType) -> None:
    """Let ImportRestApi and PutRestApi make the resources and methods of the description; UpdateDomainName work."""
    api: Any = gateway
    create, handle = api._create_rest_api, api.handle_request

    def load(api_id: str, document: dict[str, Any]) -> None:
        # As AWS does in mode=overwrite: id, stages and settings stay, everything the description defines is replaced.
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
                api._put_method(api_id, places[path], method.upper(), {})
                integration = settings["x-amazon-apigateway-integration"]
                api._put_integration(api_id, places[path], method.upper(), integration)

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


def obey(stacks: ModuleType) -> None:
    """Let creations wait or fail, and changes and deletions fail, as standard input says."""
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
    """Read standard input until it ends."""
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
    """Leave the queues to the test: what is deployed is for another processor than this machine's."""
    module: Any = functions
    module._ensure_poller = lambda: None


async def main() -> None:
    """Serve until standard input closes."""
    aws: Any = importlib.import_module("ministack.app")
    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    read_descriptions(importlib.import_module("ministack.services.apigateway_v1"))
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
