"""Whose rate a request counts against, and what API Gateway is told of that."""

from collections import Counter
from typing import Any

import pytest
from chalice.app import AuthRequest, Chalice
from chalice.config import Config
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.local import LocalGateway

import app
from chalicelib.api.lanes import API_BURST, API_RATE, KEYS, LANE_BURST, LANE_RATE, LANES, Caller, lane_key, lane_of
from infra.chalice_main import extend
from tests.support.stage import settings

PUBLIC = {("/", "get"), ("/assets/{version}/{name}", "get"), ("/openapi.json", "get"), ("/health", "get")}
PUBLIC |= {("/sw.js", "get"), ("/listen/{secret}", "get"), ("/feeds/{secret}", "get")}
PUBLIC |= {("/feeds/{secret}/{file}", method) for method in ("get", "head")}
ARN = "arn:aws:execute-api:eu-central-1:123456789012:abc/api/GET/voices"


def document(of: Chalice) -> dict[str, Any]:
    return extend(CFNSwaggerGenerator().generate_swagger(of), of)


def test_every_method_that_needs_a_token_counts_against_a_lane() -> None:
    made = document(app.app)
    assert made["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    for path, methods in made["paths"].items():
        for method, facts in methods.items():
            wanted: list[Any] = [] if (path, method) in PUBLIC else [{"api_key": []}, {"bearer": []}]
            assert facts.get("security", []) == wanted, (path, method)


def test_the_authorizer_names_the_user_s_lane_and_one_of_their_own_for_those_it_refuses() -> None:
    request = AuthRequest("TOKEN", "Bearer x", ARN)
    ann = Caller("ann", "dev").to_dict(request)
    assert ann["usageIdentifierKey"] == lane_key("dev", lane_of("ann"))
    assert (ann["principalId"], ann["policyDocument"]["Statement"][0]["Resource"]) == (
        "ann",
        ["arn:aws:execute-api:eu-central-1:123456789012:abc/api/*/*"],
    )
    nobody = Caller(None, "dev").to_dict(request)
    assert nobody["policyDocument"]["Statement"][0]["Resource"] == []
    assert nobody["usageIdentifierKey"] == lane_key("dev", LANES)
    assert nobody["usageIdentifierKey"] not in {lane_key("dev", lane) for lane in range(LANES)}


def test_the_app_s_own_authorizer_says_so() -> None:
    authorizer: Any = app.bearer
    said = authorizer({"type": "TOKEN", "authorizationToken": "Basic x", "methodArn": ARN}, None)
    assert (said["principalId"], said["usageIdentifierKey"]) == ("nobody", lane_key(settings.stage, LANES))


def test_chalice_local_asks_for_no_key() -> None:
    small = Chalice("small", configure_logs=False)
    bearer = small.authorizer()(lambda _request: Caller("ann", "dev"))
    small.route("/", authorizer=bearer, api_key_required=True)(lambda: {"said": "come in"})
    answer = LocalGateway(small, Config()).handle_request("GET", "/", {"authorization": "Bearer x"}, b"")
    assert (answer["statusCode"], answer["body"]) == (200, '{"said":"come in"}')


def test_keys_are_of_one_stage_and_lane_and_of_the_length_that_is_allowed() -> None:
    keys = [lane_key(stage, lane) for stage in ("dev", "prod") for lane in range(KEYS)]
    assert len(set(keys)) == 2 * KEYS
    assert all(20 <= len(key) <= 128 and key.isalnum() for key in keys)
    crowd = Counter(lane_of(f"user-{number}") for number in range(100 * LANES))
    assert set(crowd) == set(range(LANES))
    assert max(crowd.values()) < 200


class Bucket:
    """A token bucket, as API Gateway counts."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.left, self.at = rate, burst, float(burst), 0.0

    def take(self, now: float) -> bool:
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@pytest.mark.parametrize(("lanes", "least"), [(False, 0.0), (True, 1.0)])
def test_one_user_who_floods_leaves_the_others_their_share(lanes: bool, least: float) -> None:
    """A minute of one user with 1,000 requests a second beside twenty who poll once a second."""
    api, own = Bucket(API_RATE, API_BURST), {user: Bucket(LANE_RATE, LANE_BURST) for user in range(21)}
    sent, served = Counter[int](), Counter[int]()
    for millisecond in range(60_000):
        now = millisecond / 1000
        asking = [0, *(user for user in range(1, 21) if millisecond % 1000 == 47 * user)]
        for user in asking:
            sent[user] += 1
            # In this order; what a lane refuses takes nothing from the API (see chalicelib/api/lanes.py).
            if (not lanes or own[user].take(now)) and api.take(now):
                served[user] += 1
    others = sum(served[user] for user in range(1, 21)) / sum(sent[user] for user in range(1, 21))
    assert others >= least
    assert (others < 0.5) != lanes
