//! The agent: it hears of tunnels over MQTT, connects to them, and lives through rotations.

use std::net::TcpListener;
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

pub(crate) fn command(rig: &Rig, flags: &[&str]) -> Command {
    let server = format!("SSH={}", echo_server());
    let broker = rig.ready["mqtt"].as_str().expect("a broker");
    // A flag wins over its variable, so that a test can choose another.
    let mut command = program(&[&["agent", "-e", rig.data(), "-d", &server, "--ready"], flags].concat());
    command
        .env("IOT_TUNNEL_THING", "pump-7")
        .env("IOT_TUNNEL_MQTT_BROKER", broker);
    command
}

/// Waits until the destination of a tunnel is connected.
fn connected(rig: &Rig, tunnel: &Tunnel) {
    rig.until_state(tunnel, "destination", "CONNECTED");
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
    // One after the other: notifications of several tunnels come in any order.
    let tunnels = [(); 3].map(|()| {
        let tunnel = rig.open();
        connected(&rig, &tunnel);
        tunnel
    });
    agent.has_logged("the tunnel ends");
    rig.until_state(&tunnels[0], "destination", "DISCONNECTED");
    for tunnel in &tunnels[1..] {
        assert_eq!(rig.state(tunnel, "destination"), "CONNECTED");
    }
    agent.stop();
}

#[test]
fn an_agent_offers_more_services_than_one_tunnel_has_and_says_what_it_offers() {
    let rig = Rig::start();
    let server = echo_server();
    let offered = format!("A=1,B=2,C=3,D=4,E=5,SSH={server}");
    let mut command = program(&["agent", "-e", rig.data(), "-d", &offered, "--ready"]);
    command.env("IOT_TUNNEL_THING", "pump-7");
    command.env(
        "IOT_TUNNEL_MQTT_BROKER",
        rig.ready["mqtt"].as_str().expect("a broker"),
    );
    let (mut agent, _) = Program::start(command);
    let tunnel = rig.open();
    connected(&rig, &tunnel);
    let (_source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "SSH=0"]));
    echoes(&listener(&ready), b"the sixth");
    let config = json!({ "services": ["ssh"], "thingName": "pump-7" });
    rig.done("OpenTunnel", &json!({ "destinationConfig": config }));
    agent.has_logged(
        "it asks for the services ssh; this device offers A, B, C, D, E, SSH (names are case-sensitive)",
    );
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
fn a_tunnel_that_is_opened_while_the_agent_is_away_is_served_when_it_comes_back() {
    let rig = Rig::start();
    agent(&rig, &[]).stop();
    let tunnel = rig.open();
    let agent = agent(&rig, &[]);
    connected(&rig, &tunnel);
    agent.stop();
}

#[test]
fn an_agent_whose_broker_is_not_there_tries_again_and_ends_in_order() {
    let rig = Rig::start();
    let gone = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let broker = format!("mqtt://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let mut agent = Program::spawn(command(&rig, &["--mqtt", &broker]));
    agent.has_logged("cannot subscribe");
    agent.stop();
}

#[test]
fn what_does_not_go_together_is_code_2() {
    let rig = Rig::start();
    for (flags, text) in [
        (
            &["--mqtt-cert", "a", "--mqtt-key", "b"][..],
            "are for a broker behind mqtts://",
        ),
        (&["--mqtt-cert", "a"], "--mqtt-key <FILE>"),
        (&["--max-tunnels", "0"], "1..=64"),
        (&["--thing", "a b"], "thingName has ' ' at position 1"),
        (
            &["--mqtt", "mqtt://me:secret@broker/x"],
            "nothing may follow the port",
        ),
    ] {
        let ended = run(command(&rig, flags));
        assert_eq!(ended.code, Some(2), "{flags:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(text), "{flags:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
}
