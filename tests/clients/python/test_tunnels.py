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


@pytest.fixture
def thing():
    """A thing nobody else uses."""
    return f"thing-{uuid.uuid4()}"


def open_for(tunnels, thing, count):
    """The ids of `count` tunnels of `thing`, opened one after the other."""
    config = {"thingName": thing, "services": ["SSH"]}
    return [tunnels.open_tunnel(description=f"{n}", destinationConfig=config)["tunnelId"] for n in range(count)]


def pages(tunnels, **request):
    """Every page of ListTunnels, followed by its nextToken."""
    found = []
    while True:
        page = tunnels.list_tunnels(**request)
        found.append(page["tunnelSummaries"])
        if not page.get("nextToken"):
            return found
        request["nextToken"] = page["nextToken"]


def expect_newest_first(summaries, opened):
    """`summaries` are those of `opened`, each once; of the same millisecond either may come first."""
    assert sorted(summary["tunnelId"] for summary in summaries) == sorted(opened)
    created = [summary["createdAt"] for summary in summaries]
    assert created == sorted(created, reverse=True)


def test_the_list_is_newest_first_and_summaries_hold_what_describe_holds(tunnels, thing):
    opened = open_for(tunnels, thing, 5)
    summaries = tunnels.list_tunnels(thingName=thing)["tunnelSummaries"]
    expect_newest_first(summaries, opened)
    for summary in summaries:
        tunnel = tunnels.describe_tunnel(tunnelId=summary["tunnelId"])["tunnel"]
        assert summary == {member: tunnel[member] for member in summary}
        expected = {"tunnelId", "tunnelArn", "status", "description", "createdAt", "lastUpdatedAt"}
        assert set(summary) == expected
        assert isinstance(summary["createdAt"], datetime)


def test_the_list_without_a_filter_is_newest_first_too(tunnels, thing):
    open_for(tunnels, thing, 3)
    created = [summary["createdAt"] for page in pages(tunnels, maxResults=7) for summary in page]
    assert created == sorted(created, reverse=True)


def test_pages_hold_every_tunnel_of_a_thing_once(tunnels, thing):
    opened = open_for(tunnels, thing, 7)
    open_for(tunnels, f"{thing}-other", 1)
    found = pages(tunnels, thingName=thing, maxResults=3)
    assert [len(page) for page in found] == [3, 3, 1]
    expect_newest_first([summary for page in found for summary in page], opened)


def test_a_tunnel_opened_between_two_pages_hides_none_and_shows_none_twice(tunnels, thing):
    opened = open_for(tunnels, thing, 4)
    first = tunnels.list_tunnels(thingName=thing, maxResults=2)
    late = open_for(tunnels, thing, 1)
    rest = pages(tunnels, thingName=thing, maxResults=2, nextToken=first["nextToken"])
    seen = [summary for page in [first["tunnelSummaries"], *rest] for summary in page]
    expect_newest_first([summary for summary in seen if summary["tunnelId"] not in late], opened)


def test_a_thing_without_tunnels_has_an_empty_list(tunnels, thing):
    assert pages(tunnels, thingName=thing) == [[]]


def test_a_closed_tunnel_is_still_described_and_listed(tunnels, thing):
    [tunnel] = open_for(tunnels, thing, 1)
    assert members(tunnels.close_tunnel(tunnelId=tunnel)) == set()
    assert tunnels.describe_tunnel(tunnelId=tunnel)["tunnel"]["status"] == "CLOSED"
    [summary] = tunnels.list_tunnels(thingName=thing)["tunnelSummaries"]
    assert (summary["tunnelId"], summary["status"]) == (tunnel, "CLOSED")


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
