"""TagResource, UntagResource, ListTagsForResource through boto3."""

import pytest


def tags(tunnels, arn):
    return {tag["key"]: tag["value"] for tag in tunnels.list_tags_for_resource(resourceArn=arn)["tags"]}


def test_tags_are_added_replaced_and_removed(tunnels):
    arn = tunnels.open_tunnel(tags=[{"key": "team", "value": "water"}])["tunnelArn"]
    assert tags(tunnels, arn) == {"team": "water"}
    tunnels.tag_resource(
        resourceArn=arn,
        tags=[{"key": "team", "value": "power"}, {"key": "cost center", "value": "a+b=c/d_e.f:g@h-1"}],
    )
    assert tags(tunnels, arn) == {"team": "power", "cost center": "a+b=c/d_e.f:g@h-1"}
    tunnels.untag_resource(resourceArn=arn, tagKeys=["team", "never set"])
    assert tags(tunnels, arn) == {"cost center": "a+b=c/d_e.f:g@h-1"}


def test_describe_shows_the_same_tags(tunnels, tunnel):
    assert tags(tunnels, tunnel["tunnelArn"]) == {}
    tunnels.tag_resource(resourceArn=tunnel["tunnelArn"], tags=[{"key": "größe", "value": "10"}])
    described = tunnels.describe_tunnel(tunnelId=tunnel["tunnelId"])["tunnel"]["tags"]
    assert described == [{"key": "größe", "value": "10"}]


def test_two_hundred_tags_are_kept(tunnels):
    wanted = {f"key-{n}": "v" * 256 for n in range(200)}
    arn = tunnels.open_tunnel(tags=[{"key": k, "value": v} for k, v in wanted.items()])["tunnelArn"]
    assert tags(tunnels, arn) == wanted


def test_a_rotation_keeps_the_tags(tunnels):
    opened = tunnels.open_tunnel(tags=[{"key": "team", "value": "water"}])
    tunnels.rotate_tunnel_access_token(tunnelId=opened["tunnelId"], clientMode="ALL")
    assert tags(tunnels, opened["tunnelArn"]) == {"team": "water"}


def test_a_resource_that_does_not_exist_is_a_resource_not_found_exception(tunnels, tunnel):
    arn = tunnel["tunnelArn"].rsplit("/", 1)[0] + "/never-opened"
    for call in (
        lambda: tunnels.list_tags_for_resource(resourceArn=arn),
        lambda: tunnels.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}]),
        lambda: tunnels.untag_resource(resourceArn=arn, tagKeys=["k"]),
    ):
        with pytest.raises(tunnels.exceptions.ResourceNotFoundException) as refused:
            call()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_another_region_or_account_is_another_resource(tunnels, tunnel):
    _, _, _, region, account, resource = tunnel["tunnelArn"].split(":", 5)
    for arn in (f"arn:aws:iot:eu-west-1:{account}:{resource}", f"arn:aws:iot:{region}:999999999999:{resource}"):
        with pytest.raises(tunnels.exceptions.ResourceNotFoundException):
            tunnels.list_tags_for_resource(resourceArn=arn)
