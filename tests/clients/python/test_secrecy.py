"""No token value leaves the service except in the answer that issues it: not in the log, not in the store."""

from conftest import connect
from service import Service


def test_no_token_reaches_the_log_at_any_level_nor_the_store(tmp_path):
    store = tmp_path / "store"
    tokens = []
    with Service(store=store, env={"RUST_LOG": "trace"}) as running:
        tunnels = connect(running)
        for thing in ("pump-1", "pump-2"):
            answer = tunnels.open_tunnel(destinationConfig={"thingName": thing, "services": ["SSH"]})
            tokens += [answer["sourceAccessToken"], answer["destinationAccessToken"]]
            tunnel = answer["tunnelId"]
            for mode in ("SOURCE", "DESTINATION", "ALL"):
                answer = tunnels.rotate_tunnel_access_token(tunnelId=tunnel, clientMode=mode)
                tokens += [value for member, value in answer.items() if member.endswith("AccessToken")]
        tunnels.close_tunnel(tunnelId=tunnel)
    log = running.log()
    assert log, "the log level did not reach the service"
    kept = b"".join(file.read_bytes() for file in [store, *store.rglob("*")] if file.is_file())
    assert tunnel.encode() in kept, "the store was not found where it was asked for"
    assert len(tokens) == 12
    for token in tokens:
        assert token not in log
        assert token.encode() not in kept
