"""The AWS CLI, as a person types it: every operation, and what its exit code and last line say about a refusal."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from service import REGION

# Version 1 of the CLI exits 255 when the service refuses, version 2 exits 254.
REFUSED = (254, 255)


def run(service, operation, *options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment |= {
        "AWS_ACCESS_KEY_ID": "AKIDANYBODY", "AWS_SECRET_ACCESS_KEY": "any secret", "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_MAX_ATTEMPTS": "1",
    }
    command = [sys.executable, str(pathlib.Path(sys.executable).with_name("aws")), "iotsecuretunneling", operation]
    command += ["--endpoint-url", service.control, "--output", "json", *options]
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def aws(service):
    """Runs one operation that has to succeed; its answer, parsed."""

    def succeed(operation, *options):
        done = run(service, operation, *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    return succeed


@pytest.fixture
def refused(service):
    """Runs one operation that the service has to refuse; the last line a person sees."""

    def refuse(operation, *options):
        done = run(service, operation, *options)
        assert done.returncode in REFUSED and not done.stdout, done
        return done.stderr.strip().splitlines()[-1]

    return refuse


def test_every_operation_works_as_typed(aws):
    opened = aws(
        "open-tunnel", "--description", "pump room", "--tags", "key=team,value=water",
        "--destination-config", "thingName=cli-pump,services=SSH,HTTP",
        "--timeout-config", "maxLifetimeTimeoutMinutes=60",
    )
    tunnel, arn = opened["tunnelId"], opened["tunnelArn"]
    assert set(opened) == {"tunnelId", "tunnelArn", "sourceAccessToken", "destinationAccessToken"}

    described = aws("describe-tunnel", "--tunnel-id", tunnel)["tunnel"]
    assert described["destinationConfig"] == {"thingName": "cli-pump", "services": ["SSH", "HTTP"]}
    assert described["timeoutConfig"] == {"maxLifetimeTimeoutMinutes": 60}
    assert abs(described["createdAt"] - time.time()) < 60

    listed = aws("list-tunnels", "--thing-name", "cli-pump", "--max-results", "1")
    assert [summary["tunnelId"] for summary in listed["tunnelSummaries"]] == [tunnel]

    assert aws("list-tags-for-resource", "--resource-arn", arn)["tags"] == [{"key": "team", "value": "water"}]
    aws("tag-resource", "--resource-arn", arn, "--tags", "key=site,value=north")
    aws("untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    assert aws("list-tags-for-resource", "--resource-arn", arn)["tags"] == [{"key": "site", "value": "north"}]

    sides = {"SOURCE": {"sourceAccessToken"}, "DESTINATION": {"destinationAccessToken"}}
    sides["ALL"] = sides["SOURCE"] | sides["DESTINATION"]
    for mode, tokens in sides.items():
        answer = aws("rotate-tunnel-access-token", "--tunnel-id", tunnel, "--client-mode", mode)
        assert set(answer) == {"tunnelArn"} | tokens

    assert aws("close-tunnel", "--tunnel-id", tunnel) == {}
    assert aws("describe-tunnel", "--tunnel-id", tunnel)["tunnel"]["status"] == "CLOSED"
    assert aws("close-tunnel", "--tunnel-id", tunnel, "--delete") == {}


def test_refusals_name_the_error_and_the_operation(aws, refused):
    unknown = refused("rotate-tunnel-access-token", "--tunnel-id", "never-opened", "--client-mode", "ALL")
    assert "(ResourceNotFoundException) when calling the RotateTunnelAccessToken operation" in unknown

    tunnel = aws("open-tunnel")["tunnelId"]
    with_config = ("--destination-config", "services=SSH")
    source = refused("rotate-tunnel-access-token", "--tunnel-id", tunnel, "--client-mode", "SOURCE", *with_config)
    assert "(ValidationException)" in source and "destinationConfig" in source

    malformed = refused("describe-tunnel", "--tunnel-id", "a b")
    assert "(ValidationException)" in malformed and "tunnelId" in malformed

    too_many = refused("open-tunnel", "--destination-config", "services=A,B,C,D")
    assert "(LimitExceededException)" in too_many
