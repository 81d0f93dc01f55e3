//! The agent: it hears of tunnels over MQTT, connects to them, and lives through rotations.

use std::process::Command;

use serde_json::json;

use crate::proxying::{Rig, Tunnel, echo_server, echoes, listener, program};
use crate::running::{Program, run};

/// An agent of the thing that every tunnel of the rig is for, subscribed.
fn agent(rig: &Rig, flags: &[&str]) -> Program {
    let (program, ready) = Program::start(command(rig, flags));
    assert_eq!(ready["topic"], "$aws/things/pump-7/tunnels/notify");
    program
}

fn command(rig: &Rig, flags: &[&str]) -> Command {
    let server = format!("SSH={}", echo_server());
    let broker = rig.ready["mqtt"].as_str().expect("a broker");
    let own = [
        "agent",
        "--thing",
        "pump-7",
        "--mqtt",
        broker,
        "-e",
        rig.data(),
        "-d",
        &server,
        "--ready",
    ];
    program(&[&own, flags].concat())
}

/// Waits until the destination of a tunnel is connected.
fn connected(rig: &Rig, tunnel: &Tunnel) {
    let ask = || rig.done("DescribeTunnel", &json!({ "tunnelId": tunnel.id }));
    while ask()["tunnel"]["destinationConnectionState"]["status"] != "CONNECTED" {}
}

#[test]
fn an_agent_serves_the_tunnels_that_it_hears_of_and_takes_every_rotated_token() {
    let rig = Rig::start();
    let mut agent = agent(&rig, &["-v", "6"]);
    let tunnel = rig.open();
    connected(&rig, &tunnel);
    let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "SSH=0"]));
    source.has_logged("the tunnel is open");
    echoes(&listener(&ready), b"before");
    let mut secrets = vec![tunnel.destination.clone()];
    for _ in 0..3 {
        secrets.push(rig.rotate(&tunnel, "DESTINATION", "destinationAccessToken"));
        connected(&rig, &tunnel);
        echoes(&listener(&ready), b"after a rotation");
    }
    agent.has_logged("subscribed");
    let log = agent.stop().join("\n");
    assert!(
        secrets.iter().all(|secret| !log.contains(secret.as_str())),
        "{log}"
    );
}

#[test]
fn an_agent_serves_several_tunnels_up_to_its_limit_and_then_the_newest() {
    let rig = Rig::start();
    let mut agent = agent(&rig, &["--max-tunnels", "2"]);
    let tunnels = [rig.open(), rig.open(), rig.open()];
    connected(&rig, &tunnels[2]);
    agent.has_logged("the tunnel ends");
    let state = |tunnel: &Tunnel| {
        let described = rig.done("DescribeTunnel", &json!({ "tunnelId": tunnel.id }));
        described["tunnel"]["destinationConnectionState"]["status"] == "CONNECTED"
    };
    while state(&tunnels[0]) {}
    assert!(state(&tunnels[1]) && state(&tunnels[2]));
    agent.stop();
}

#[test]
fn a_tunnel_that_is_closed_ends_and_leaves_the_agent_as_it_was() {
    let rig = Rig::start();
    let mut agent = agent(&rig, &[]);
    let tunnel = rig.open();
    connected(&rig, &tunnel);
    rig.done("CloseTunnel", &json!({ "tunnelId": tunnel.id }));
    agent.has_logged("the service closed the tunnel");
    let next = rig.open();
    connected(&rig, &next);
    agent.stop();
}

#[test]
fn an_agent_waits_for_a_broker_that_is_not_there() {
    let rig = Rig::start();
    let mut command = command(&rig, &[]);
    command.args(["--mqtt-client-id", "pump-7"]);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let broker = format!("mqtt://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let server = format!("SSH={}", echo_server());
    let flags = [
        "agent",
        "--thing",
        "pump-7",
        "--mqtt",
        &broker,
        "-e",
        rig.data(),
        "-d",
        &server,
    ];
    let mut lonely = program(&flags);
    lonely.env("IOT_TUNNEL_LOG", "info");
    let (program, _) = Program::start(command);
    program.stop();
    let ended = run({
        let mut command = lonely;
        command.args(["--mqtt-cert", "a", "--mqtt-key", "b"]);
        command
    });
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("behind mqtts://"), "{}", ended.stderr);
}
