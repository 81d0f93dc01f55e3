"""OpenTunnel, DescribeTunnel, ListTunnels, CloseTunnel through boto3."""

import uuid
from datetime import datetime, timedelta, timezone

import pytest

from conftest import connect
from service import ACCOUNT, REGION, Service

SLACK = timedelta(seconds=5)


def describe(tunnels, tunnel):
    return tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"]


def members(answer):
    return set(answer) - {"ResponseMetadata"}


def test_an_opened_tunnel_has_an_id_an_arn_and_a_token_for_each_side(tunnels):
    answer = tunnels.open_tunnel()
    assert members(answer) == {"tunnelId", "tunnelArn", "sourceAccessToken", "destinationAccessToken"}
    assert answer["tunnelArn"] == f"arn:aws:iot:{REGION}:{ACCOUNT}:tunnel/{answer['tunnelId']}"
    assert answer["sourceAccessToken"] != answer["destinationAccessToken"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"]


def test_describe_tells_everything_that_open_was_given(tunnels):
    before = datetime.now(timezone.utc)
    opened = tunnels.open_tunnel(
        description="pump room, süd – 12 °C",
        tags=[{"key": "team", "value": "water"}, {"key": "site:floor", "value": ""}],
        destinationConfig={"thingName": "pump-7", "services": ["SSH", "HTTP", "RDP"]},
        timeoutConfig={"maxLifetimeTimeoutMinutes": 90},
    )
    after = datetime.now(timezone.utc)
    tunnel = describe(tunnels, opened)
    assert tunnel["tunnelId"] == opened["tunnelId"]
    assert tunnel["tunnelArn"] == opened["tunnelArn"]
    assert tunnel["status"] == "OPEN"
    assert tunnel["sourceConnectionState"]["status"] == "DISCONNECTED"
    assert tunnel["destinationConnectionState"]["status"] == "DISCONNECTED"
    assert tunnel["description"] == "pump room, süd – 12 °C"
    assert tunnel["destinationConfig"] == {"thingName": "pump-7", "services": ["SSH", "HTTP", "RDP"]}
    assert tunnel["timeoutConfig"] == {"maxLifetimeTimeoutMinutes": 90}
    by_key = sorted(tunnel["tags"], key=lambda tag: tag["key"])
    assert by_key == [{"key": "site:floor", "value": ""}, {"key": "team", "value": "water"}]
    assert isinstance(tunnel["createdAt"], datetime) and isinstance(tunnel["lastUpdatedAt"], datetime)
    assert before - SLACK <= tunnel["createdAt"] <= after + SLACK
    assert tunnel["lastUpdatedAt"] >= tunnel["createdAt"]


def test_describe_never_shows_a_token(tunnels, tunnel):
    shown = repr(tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"]))
    assert tunnel["sourceAccessToken"] not in shown
    assert tunnel["destinationAccessToken"] not in shown


def test_a_tunnel_opened_with_nothing_lives_twelve_hours_and_has_no_destination(tunnels):
    tunnel = describe(tunnels, tunnels.open_tunnel())
    assert tunnel["timeoutConfig"] == {"maxLifetimeTimeoutMinutes": 720}
    assert not tunnel.get("destinationConfig")
    assert not tunnel.get("description")


@pytest.mark.parametrize("minutes", [1, 720])
def test_the_shortest_and_the_longest_lifetime_are_kept(tunnels, minutes):
    opened = tunnels.open_tunnel(timeoutConfig={"maxLifetimeTimeoutMinutes": minutes})
    assert describe(tunnels, opened)["timeoutConfig"] == {"maxLifetimeTimeoutMinutes": minutes}


def pages(tunnels, **request):
    """Every page of ListTunnels, followed by its nextToken."""
    found = []
    while True:
        page = tunnels.list_tunnels(**request)
        found.append(page["tunnelSummaries"])
        if not page.get("nextToken"):
            return found
        request["nextToken"] = page["nextToken"]


def test_the_list_is_newest_first_and_summaries_hold_what_describe_holds(tunnels):
    opened = [tunnels.open_tunnel(description=f"number {n}")["tunnelId"] for n in range(5)]
    summaries = tunnels.list_tunnels(maxResults=5)["tunnelSummaries"]
    assert [summary["tunnelId"] for summary in summaries] == opened[::-1]
    for summary in summaries:
        tunnel = tunnels.describe_tunnel(tunnelId=summary["tunnelId"])["tunnel"]
        assert summary == {member: tunnel[member] for member in summary}
        expected = {"tunnelId", "tunnelArn", "status", "description", "createdAt", "lastUpdatedAt"}
        assert set(summary) == expected
        assert isinstance(summary["createdAt"], datetime)


def test_pages_hold_every_tunnel_of_a_thing_once(tunnels):
    thing = f"thing-{uuid.uuid4()}"
    opened = [
        tunnels.open_tunnel(destinationConfig={"thingName": thing, "services": ["SSH"]})["tunnelId"] for _ in range(7)
    ]
    tunnels.open_tunnel(destinationConfig={"thingName": f"{thing}-other", "services": ["SSH"]})
    found = pages(tunnels, thingName=thing, maxResults=3)
    assert [len(page) for page in found] == [3, 3, 1]
    assert [summary["tunnelId"] for page in found for summary in page] == opened[::-1]


def test_a_tunnel_opened_between_two_pages_is_neither_lost_nor_shown_twice(tunnels):
    thing = f"thing-{uuid.uuid4()}"
    config = {"thingName": thing, "services": ["SSH"]}
    opened = [tunnels.open_tunnel(destinationConfig=config)["tunnelId"] for _ in range(4)]
    first = tunnels.list_tunnels(thingName=thing, maxResults=2)
    tunnels.open_tunnel(destinationConfig=config)
    rest = pages(tunnels, thingName=thing, maxResults=2, nextToken=first["nextToken"])
    seen = [summary["tunnelId"] for page in [first["tunnelSummaries"], *rest] for summary in page]
    assert seen == opened[::-1]


def test_a_thing_without_tunnels_has_an_empty_list(tunnels):
    assert pages(tunnels, thingName=f"thing-{uuid.uuid4()}") == [[]]


def test_a_closed_tunnel_is_still_described_and_listed(tunnels, tunnel):
    answer = tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
    assert members(answer) == set()
    assert describe(tunnels, tunnel)["status"] == "CLOSED"
    newest = tunnels.list_tunnels(maxResults=1)["tunnelSummaries"][0]
    assert (newest["tunnelId"], newest["status"]) == (tunnel["tunnelId"], "CLOSED")


def test_closing_a_closed_tunnel_succeeds_and_changes_nothing(tunnels, tunnel):
    tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
    once = describe(tunnels, tunnel)
    tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
    assert describe(tunnels, tunnel) == once


@pytest.mark.parametrize("closed_before", [False, True])
def test_a_tunnel_closed_with_delete_is_gone_at_once(tunnels, tunnel, closed_before):
    if closed_before:
        tunnels.close_tunnel(tunnelId=tunnel["tunnelId"])
    tunnels.close_tunnel(tunnelId=tunnel["tunnelId"], delete=True)
    for call in (tunnels.describe_tunnel, tunnels.close_tunnel):
        with pytest.raises(tunnels.exceptions.ResourceNotFoundException):
            call(tunnelId=tunnel["tunnelId"])
    newest = tunnels.list_tunnels(maxResults=100)["tunnelSummaries"]
    assert tunnel["tunnelId"] not in {summary["tunnelId"] for summary in newest}


def test_an_unknown_tunnel_is_a_resource_not_found_exception(tunnels):
    for call in (tunnels.describe_tunnel, tunnels.close_tunnel):
        with pytest.raises(tunnels.exceptions.ResourceNotFoundException) as refused:
            call(tunnelId="never-opened")
        answer = refused.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "ResourceNotFoundException"
        assert answer["ResponseMetadata"]["RequestId"]
        assert answer["Error"]["Message"]


def test_a_fourth_service_is_a_limit_exceeded_exception(tunnels):
    with pytest.raises(tunnels.exceptions.LimitExceededException):
        tunnels.open_tunnel(destinationConfig={"services": ["A", "B", "C", "D"]})


def test_one_open_tunnel_too_many_is_a_limit_exceeded_exception():
    with Service("--max-open-tunnels", "2") as small:
        tunnels = connect(small)
        first = tunnels.open_tunnel()
        tunnels.open_tunnel()
        with pytest.raises(tunnels.exceptions.LimitExceededException) as refused:
            tunnels.open_tunnel()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        tunnels.close_tunnel(tunnelId=first["tunnelId"])
        tunnels.open_tunnel()
