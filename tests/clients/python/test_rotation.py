"""RotateTunnelAccessToken through boto3: what the answer holds and does not hold, and what a rotation leaves alone."""

import pytest
from botocore.exceptions import ClientError

SOURCE, DESTINATION = "sourceAccessToken", "destinationAccessToken"
MOVED = {"thingName": "pump-8", "services": ["HTTP", "RDP"]}


def describe(tunnels, tunnel):
    return tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"]


@pytest.mark.parametrize(
    ("mode", "config", "rotated"),
    [
        ("SOURCE", None, {SOURCE}),
        ("DESTINATION", None, {DESTINATION}),
        ("DESTINATION", MOVED, {DESTINATION}),
        ("ALL", None, {SOURCE, DESTINATION}),
        ("ALL", MOVED, {SOURCE, DESTINATION}),
    ],
)
def test_the_answer_holds_the_token_of_each_rotated_side_and_no_other(tunnels, tunnel, mode, config, rotated):
    request = {"destinationConfig": config} if config else {}
    answer = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode, **request)
    assert set(answer) - {"ResponseMetadata"} == {"tunnelArn"} | rotated
    assert answer["tunnelArn"] == tunnel["tunnelArn"]
    tokens = [tunnel[SOURCE], tunnel[DESTINATION], *(answer[side] for side in rotated)]
    assert len(set(tokens)) == len(tokens), "a token value came back"
    assert describe(tunnels, tunnel)["destinationConfig"] == (config or {"thingName": "pump-7", "services": ["SSH"]})


@pytest.mark.parametrize("mode", ["SOURCE", "DESTINATION", "ALL"])
def test_a_rotation_does_not_move_the_end_of_the_tunnel(tunnels, tunnel, mode):
    before = describe(tunnels, tunnel)
    tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode=mode)
    after = describe(tunnels, tunnel)
    for member in ("createdAt", "timeoutConfig", "status"):
        assert after[member] == before[member]
    assert after["lastUpdatedAt"] >= before["lastUpdatedAt"]


def test_a_new_destination_without_a_thing_name_takes_the_old_name_away(tunnels, tunnel):
    tunnels.rotate_tunnel_access_token(
        tunnelId=tunnel["tunnelId"], clientMode="ALL", destinationConfig={"services": ["SSH"]}
    )
    assert describe(tunnels, tunnel)["destinationConfig"] == {"services": ["SSH"]}


def test_the_thing_name_filter_follows_a_replaced_destination(tunnels, tunnel):
    config = {"thingName": f"moved-{tunnel['tunnelId']}"[:128].replace("=", "-").replace("+", "-"), "services": ["SSH"]}
    tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL", destinationConfig=config)
    summaries = tunnels.list_tunnels(thingName=config["thingName"])["tunnelSummaries"]
    assert [summary["tunnelId"] for summary in summaries] == [tunnel["tunnelId"]]
    still = tunnels.list_tunnels(thingName="pump-7", maxResults=100)["tunnelSummaries"]
    assert tunnel["tunnelId"] not in {summary["tunnelId"] for summary in still}


def test_no_token_is_ever_issued_twice(tunnels, tunnel):
    tokens = [tunnel[SOURCE], tunnel[DESTINATION]]
    for _ in range(50):
        answer = tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="ALL")
        tokens += [answer[SOURCE], answer[DESTINATION]]
    assert len(set(tokens)) == 102


def test_source_with_a_destination_config_is_refused_and_changes_nothing(tunnels, tunnel):
    before = describe(tunnels, tunnel)
    with pytest.raises(ClientError) as refused:
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel["tunnelId"], clientMode="SOURCE", destinationConfig=MOVED)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "destinationConfig" in error["Message"] and "SOURCE" in error["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert describe(tunnels, tunnel) == before


def refusal(tunnels, tunnel_id):
    with pytest.raises(tunnels.exceptions.ResourceNotFoundException) as refused:
        tunnels.rotate_tunnel_access_token(tunnelId=tunnel_id, clientMode="ALL")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return refused.value.response["Error"]["Message"]


def test_an_unknown_a_closed_and_a_deleted_tunnel_are_not_found_and_the_message_tells_them_apart(tunnels, tunnel):
    unknown = refusal(tunnels, "never-opened")
    tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
    before = describe(tunnels, tunnel)
    closed = refusal(tunnels, tunnel["tunnelId"])
    assert "closed" in closed.lower()
    assert describe(tunnels, tunnel) == before
    tunnels.close_tunnel(tunnelId=tunnel["tunnelId"], delete=True)
    deleted = refusal(tunnels, tunnel["tunnelId"])
    assert closed not in (unknown, deleted)
