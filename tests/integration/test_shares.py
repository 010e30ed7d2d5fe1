"""Shares: what a link opens, to whom, for how long, and what it never opens."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

import app
from chalicelib.api.endpoints import ROUTES
from chalicelib.api.shares import secret_of
from chalicelib.clock import rfc3339
from chalicelib.domain.share import hash_of
from chalicelib.limits import MAX_SHARES
from chalicelib.store.share_tables import PREFIX, ShareItem
from chalicelib.store.tables import KeyItem, StoryItem, TokenItem
from infra.deploy import ACCESS_LOG
from local.gateway import Gateway
from local.http_messages import HttpRequest
from tests.support.stage import s3
from tests.support.testapp import TestApp

DAY_S = 86_400
FILES = ("1.mp3", "1.vtt", "1.json", "story.json")


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of ann's, of one chapter."""
    return narrated(testapp)


def narrated(testapp: TestApp) -> str:
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id)
    testapp.run()
    return story_id


def shared(testapp: TestApp, story_id: str, **fields: Any) -> Any:
    made = testapp.request("POST", f"/stories/{story_id}/shares", fields)
    assert made.status_code == 201, made.body
    return made.json_body


def in_days(now: float, days: int) -> str:
    return rfc3339(int(now) + days * DAY_S)


def secret_in(made: Any) -> str:
    return str(made["url"].rpartition("/")[2])


def opened(testapp: TestApp, secret: str) -> dict[str, int]:
    """Return the status of every public route by its path."""
    paths = [f"/listen/{secret}", f"/feeds/{secret}", *(f"/feeds/{secret}/{name}" for name in FILES)]
    found = {path: testapp.request("GET", path, user=None).status_code for path in paths}
    found["HEAD"] = testapp.request("HEAD", f"/feeds/{secret}/1.mp3", user=None).status_code
    return {path.replace(secret, "*"): status for path, status in found.items()}


ALL_OPEN = {
    "/listen/*": 200,
    "/feeds/*": 200,
    "/feeds/*/1.mp3": 302,
    "/feeds/*/1.vtt": 200,
    "/feeds/*/1.json": 200,
    "/feeds/*/story.json": 200,
    "HEAD": 302,
}
ALL_SHUT = dict.fromkeys(ALL_OPEN, 404)


def test_a_share_is_shown_once_and_listed_without_its_addresses(testapp: TestApp, told: str) -> None:
    made = shared(testapp, told, days=7)
    secret = secret_in(made)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", secret)
    assert made["feed_url"] == made["url"].replace("/listen/", "/feeds/")
    now = testapp.clock()
    assert made["expires_at"] == in_days(now, 7)
    listed = testapp.request("GET", f"/stories/{told}/shares")
    assert listed.json_body == {
        "shares": [
            {
                "share_id": made["share_id"],
                "created_at": rfc3339(now),
                "expires_at": in_days(now, 7),
            }
        ]
    }
    assert opened(testapp, secret) == ALL_OPEN


def test_only_the_digest_of_a_secret_is_stored(testapp: TestApp, told: str) -> None:
    made = testapp.request("POST", f"/stories/{told}/shares", {}, headers={"Idempotency-Key": "k"}).json_body
    secret = secret_in(made)
    tables = (StoryItem, TokenItem, ShareItem, KeyItem)
    stored = json.dumps([item.to_dynamodb_dict() for table in tables for item in table.scan()], default=str)
    assert hash_of(secret) in stored
    assert secret not in stored
    bucket = testapp.services.objects.bucket
    for entry in s3().list_objects_v2(Bucket=bucket)["Contents"]:
        assert secret.encode() not in s3().get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()


def test_days_that_are_left_out_are_thirty_and_others_are_checked(testapp: TestApp, told: str) -> None:
    now = testapp.clock()
    for fields in ({}, {"days": None}):
        assert shared(testapp, told, **fields)["expires_at"] == in_days(now, 30)
    assert shared(testapp, told, days=365)["expires_at"] == in_days(now, 365)
    for days in (0, 366, -1, 1.5, "7", True, [7]):
        refused = testapp.request("POST", f"/stories/{told}/shares", {"days": days})
        assert (refused.status_code, "days" in refused.json_body["Message"]) == (400, True), days


def test_a_request_that_is_sent_again_makes_no_second_share_and_gets_the_same_answer(
    testapp: TestApp, told: str
) -> None:
    path, key = f"/stories/{told}/shares", {"Idempotency-Key": "once"}
    first = testapp.request("POST", path, {"days": 3}, headers=key)
    testapp.clock.advance(60)
    again = testapp.request("POST", path, {"days": 3}, headers=key)
    assert (again.status_code, again.json_body) == (201, first.json_body)
    assert len(testapp.request("GET", path).json_body["shares"]) == 1
    assert testapp.request("POST", path, {"days": 4}, headers=key).status_code == 422
    other = shared(testapp, told, days=3)
    assert secret_in(other) != secret_in(first.json_body)
    # Once it is revoked, no repetition brings it back.
    testapp.request("DELETE", f"{path}/{first.json_body['share_id']}")
    assert testapp.request("POST", path, {"days": 3}, headers=key).json_body == first.json_body
    assert opened(testapp, secret_in(first.json_body)) == ALL_SHUT


def test_a_request_that_was_interrupted_is_finished_by_its_repetition(
    testapp: TestApp, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, key = f"/stories/{told}/shares", {"Idempotency-Key": "once"}
    with monkeypatch.context() as patched:
        patched.setattr(testapp.services.idempotency_keys, "complete", lambda *_: 1 / 0)
        assert testapp.request("POST", path, {}, headers=key).status_code == 500
    made = testapp.request("POST", path, {}, headers=key)
    assert made.status_code == 201
    assert len(testapp.request("GET", path).json_body["shares"]) == 1
    assert opened(testapp, secret_in(made.json_body)) == ALL_OPEN


def test_a_repetition_with_another_token_is_told_that_the_share_is_shown_once(testapp: TestApp, told: str) -> None:
    path, key = f"/stories/{told}/shares", {"Idempotency-Key": "once"}
    assert testapp.request("POST", path, {}, headers=key).status_code == 201
    testapp.tokens["ann"] = testapp.services.tokens.issue("ann")
    refused = testapp.request("POST", path, {}, headers=key)
    assert (refused.status_code, "another token" in refused.json_body["Message"]) == (409, True)
    assert len(testapp.request("GET", path).json_body["shares"]) == 1


def test_a_share_ends_at_its_moment_whether_or_not_its_item_is_gone(testapp: TestApp, told: str) -> None:
    secret = secret_in(shared(testapp, told, days=1))
    testapp.clock.advance(DAY_S - 1)
    assert opened(testapp, secret) == ALL_OPEN
    testapp.clock.advance(1)
    assert opened(testapp, secret) == ALL_SHUT
    assert testapp.request("GET", f"/stories/{told}/shares").json_body == {"shares": []}
    assert len(list(ShareItem.scan(ShareItem.token_hash.startswith(PREFIX)))) == 1


def test_unknown_revoked_and_expired_look_alike(testapp: TestApp, told: str) -> None:
    revoked, expired = shared(testapp, told), shared(testapp, told, days=1)
    testapp.request("DELETE", f"/stories/{told}/shares/{revoked['share_id']}")
    testapp.clock.advance(DAY_S)
    secrets = [secret_in(revoked), secret_in(expired), "A" * 22, "x", told, "é", "%00", testapp.tokens["ann"]]
    for path in ("/listen/{}", "/feeds/{}", *(f"/feeds/{{}}/{name}" for name in (*FILES, "cover.jpg", "nothing"))):
        answers = [testapp.request("GET", path.format(secret), user=None) for secret in secrets]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.body for answer in answers}) == 1, path
        named = [{name: value for name, value in one.headers.items() if name != "X-Request-Id"} for one in answers]
        assert all(one == named[0] for one in named), path


def test_a_revoked_share_is_gone_at_once_and_the_others_stay(testapp: TestApp, told: str) -> None:
    one, other = shared(testapp, told), shared(testapp, told)
    path = f"/stories/{told}/shares/{one['share_id']}"
    assert testapp.request("DELETE", path).status_code == 204
    assert opened(testapp, secret_in(one)) == ALL_SHUT
    assert opened(testapp, secret_in(other)) == ALL_OPEN
    assert testapp.request("DELETE", path).status_code == 404
    listed = testapp.request("GET", f"/stories/{told}/shares").json_body["shares"]
    assert [share["share_id"] for share in listed] == [other["share_id"]]


def test_another_user_neither_sees_nor_makes_nor_revokes_shares(testapp: TestApp, told: str) -> None:
    made = shared(testapp, told)
    path = f"/stories/{told}/shares"
    for method, where, body in (
        ("GET", path, None),
        ("POST", path, {}),
        ("DELETE", f"{path}/{made['share_id']}", None),
    ):
        assert testapp.request(method, where, body, user="bob").status_code == 404
    assert opened(testapp, secret_in(made)) == ALL_OPEN


def test_a_story_has_so_many_shares_and_room_again_when_they_end(testapp: TestApp, told: str) -> None:
    made = [shared(testapp, told, days=1) for _ in range(MAX_SHARES)]
    refused = testapp.request("POST", f"/stories/{told}/shares", {})
    assert refused.status_code == 409
    assert refused.json_body["Message"].startswith(f"The story has {MAX_SHARES} shares")
    testapp.request("DELETE", f"/stories/{told}/shares/{made[0]['share_id']}")
    shared(testapp, told, days=2)
    assert testapp.request("POST", f"/stories/{told}/shares", {}).status_code == 409
    testapp.clock.advance(DAY_S)
    shared(testapp, told)
    assert len(testapp.request("GET", f"/stories/{told}/shares").json_body["shares"]) == 2


def test_a_deleted_story_takes_its_shares_with_it(testapp: TestApp, told: str) -> None:
    kept = narrated(testapp)
    gone, stays = shared(testapp, told), shared(testapp, kept)
    assert testapp.request("DELETE", f"/stories/{told}").status_code == 204
    assert opened(testapp, secret_in(gone)) == ALL_SHUT
    assert opened(testapp, secret_in(stays)) == ALL_OPEN
    testapp.run()
    left = list(ShareItem.scan(ShareItem.token_hash.startswith(PREFIX)))
    assert [item.story_id for item in left] == [kept]


def test_a_removal_that_was_interrupted_is_finished_by_the_purge(
    testapp: TestApp, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secret_in(shared(testapp, told))
    with monkeypatch.context() as patched:
        patched.setattr(testapp.services.shares, "delete_story", lambda *_: 1 / 0)
        assert testapp.request("DELETE", f"/stories/{told}").status_code == 500
    assert opened(testapp, secret) == ALL_SHUT  # the story is hidden already
    testapp.run()
    assert list(ShareItem.scan(ShareItem.token_hash.startswith(PREFIX))) == []


def test_a_secret_opens_nothing_but_its_own_story(testapp: TestApp, told: str) -> None:
    """Every route of the API is tried with the secret, as a token and as whatever a path may name."""
    other = narrated(testapp)
    secret = secret_in(shared(testapp, told))
    task = testapp.request("GET", f"/stories/{other}").json_body["last_task_id"]
    named = {"story_id": other, "task_id": task, "number": "1", "share_id": "0" * 32, "voice_id": "any"}
    testapp.tokens["stranger"] = secret
    tried = 0
    for route in ROUTES:
        if route.terms.public:
            continue
        path = route.path.format_map({name: named.get(name, "x") for name in re.findall(r"{(\w+)}", route.path)})
        refused = testapp.request(route.method, path, {}, user="stranger")
        assert refused.status_code in {401, 403}, (route.method, path)  # 403 is what Chalice's own client says
        tried += 1
    assert tried >= 20
    texts = [testapp.request("GET", path, user=None) for path in (f"/listen/{secret}", f"/feeds/{secret}")]
    texts += [testapp.request("GET", f"/feeds/{secret}/{name}", user=None) for name in FILES]
    for answer in texts:
        assert other not in answer.body.decode() + answer.headers.get("Location", "")
    for name in (f"../{other}/1.mp3", f"{other}.mp3", "3.mp3", "0.mp3", "01.mp3", "1.mp3.mp3", "1.MP3", "1", "1.wav"):
        assert testapp.request("GET", f"/feeds/{secret}/{name}", user=None).status_code in {403, 404}, name


def test_what_is_shared_holds_no_prompt_and_nothing_of_how_the_story_was_made(testapp: TestApp) -> None:
    story_id = testapp.create(num_chapters=1, prompt="A secret wish of mine", tone="like a whispered confession")
    testapp.generate(story_id)
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    secret = secret_in(shared(testapp, story_id))
    paths = [f"/listen/{secret}", f"/feeds/{secret}", *(f"/feeds/{secret}/{name}" for name in FILES)]
    told = "".join(testapp.request("GET", path, user=None).body.decode() for path in paths)
    assert story["title"] in told
    for hidden in (
        "secret wish",
        "confession",
        story_id,
        story["chapters"][0]["summary"],
        '"ann"',
        *story["voices"].values(),
    ):
        assert hidden not in told, hidden


def test_a_draft_has_a_feed_without_episodes_and_no_title_made_from_its_prompt(testapp: TestApp) -> None:
    story_id = testapp.create(prompt="Only a draft")
    secret = secret_in(shared(testapp, story_id))
    page = testapp.request("GET", f"/listen/{secret}", user=None).body.decode()
    feed = testapp.request("GET", f"/feeds/{secret}", user=None).body.decode()
    assert "Only a draft" not in page + feed
    assert "<item>" not in feed
    assert testapp.request("GET", f"/feeds/{secret}/1.mp3", user=None).status_code == 404
    told = testapp.request("GET", f"/feeds/{secret}/story.json", user=None).json_body
    assert (told["chapters"], told["chapters_to_come"]) == ([], 3)


def test_sound_is_redirected_to_an_address_for_the_method_that_was_asked(testapp: TestApp, told: str) -> None:
    secret = secret_in(shared(testapp, told))
    get = testapp.request("GET", f"/feeds/{secret}/1.mp3", user=None)
    head = testapp.request("HEAD", f"/feeds/{secret}/1.mp3", user=None)
    one, other = get.headers["Location"], head.headers["Location"]
    assert f"/stories/{told}/chapters/001-" in one
    assert urlsplit(one).path == urlsplit(other).path
    assert (get.body, head.body) == (b"", b"")
    signatures = [re.findall(r"X-Amz-Signature=(\w+)|[?&]Signature=([^&]+)", url) for url in (one, other)]
    assert signatures[0] != signatures[1]
    # The path of the route, with its secret, goes to nobody.
    assert get.headers["Referrer-Policy"] == head.headers["Referrer-Policy"] == "no-referrer"
    assert get.headers["X-Robots-Tag"].startswith("noindex")


def test_the_secret_is_in_no_log(testapp: TestApp, told: str, caplog: pytest.LogCaptureFixture) -> None:
    secret = secret_in(shared(testapp, told))
    opened(testapp, secret)
    testapp.services.shares.__dict__["find"] = lambda *_: 1 / 0
    assert opened(testapp, secret) == dict.fromkeys(ALL_OPEN, 500)
    assert caplog.text.count("request_broke") == len(ALL_OPEN)
    assert secret not in caplog.text


def test_no_access_log_has_a_path(testapp: TestApp, told: str) -> None:
    # What API Gateway may write of a request that has no path in it:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
    harmless = {"requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLatency", "responseLength"}
    written = re.findall(r"\$context\.(\w+)", ACCESS_LOG)
    assert set(written) <= harmless
    assert "$" not in re.sub(r"\$context\.\w+", "", ACCESS_LOG)
    secret = secret_in(shared(testapp, told))
    lines: list[tuple[str, str, int]] = []
    with Gateway.bind(
        app.app, access_log=lambda method, route, status, _ms: lines.append((method, route, status))
    ) as here:
        for method, path in (("GET", f"/feeds/{secret}"), ("HEAD", f"/feeds/{secret}/1.mp3"), ("GET", "/listen/other")):
            here.answer(HttpRequest(method, path, "", [("Host", "127.0.0.1")], b"", "127.0.0.1"))
    assert lines == [
        ("GET", "/feeds/{secret}", 200),
        ("HEAD", "/feeds/{secret}/{file}", 302),
        ("GET", "/listen/{secret}", 404),
    ]


def test_a_share_is_no_token_to_those_who_count_them(testapp: TestApp, told: str) -> None:
    secret = secret_in(shared(testapp, told))
    tokens = testapp.services.tokens
    assert tokens.users() == {"ann", "bob"}
    assert len(tokens.issued_to("ann")) == 1
    assert tokens.user_of(secret) is None
    assert tokens.revoke_all("ann") == 1
    # Who may make links may be shut out; what they have shared stays, until it is revoked or they are forgotten.
    assert opened(testapp, secret) == ALL_OPEN


def test_addresses_begin_where_the_request_was_sent(testapp: TestApp, told: str) -> None:
    sent = testapp.request("POST", f"/stories/{told}/shares", {}, headers={"Host": "127.0.0.1:8123"})
    assert sent.json_body["url"].startswith("http://127.0.0.1:8123/listen/")
    odd = testapp.request("POST", f"/stories/{told}/shares", {}, headers={"Host": 'x"><y'})
    assert odd.json_body["url"].startswith("http://localhost/listen/")


def test_secrets_differ_by_token_and_by_share() -> None:
    made = {secret_of(token, share) for token in ("a", "b", "\udc80") for share in ("0" * 32, "1" * 32)}
    assert len(made) == 6
    assert all(len(secret) == 22 for secret in made)
