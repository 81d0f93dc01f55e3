//! SIGTERM and SIGINT: what is under way is finished, and the exit code is 0.

use std::io::{Read as _, Write as _};

use rustix::process::Signal;
use serde_json::json;

use crate::running::{Program, answer, call, connect, head, serve_in_memory};

#[test]
fn a_request_under_way_is_answered_and_durable_before_the_program_exits_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let directory = tempfile::tempdir().expect("a directory");
        let store = directory.path().join("tunnels.redb");
        let flags = ["--store", store.to_str().expect("text")];
        let (mut program, ready) = Program::start(serve_in_memory(&flags));

        let mut under_way = connect(&ready["control"]);
        write!(
            under_way,
            "{}expect: 100-continue\r\ncontent-length: 2\r\n\r\n",
            head("OpenTunnel")
        )
        .expect("to send");
        let mut wanted = [0; 25];
        under_way.read_exact(&mut wanted).expect("an interim answer");
        assert_eq!(&wanted, b"HTTP/1.1 100 Continue\r\n\r\n");

        program.signal(signal);
        program.has_logged("stopping");
        under_way.write_all(b"{}").expect("to send");
        let (status, opened) = answer(&mut under_way);
        assert_eq!(status, 200);
        assert_eq!(program.ended().code(), Some(0));

        let (program, ready) = Program::start(serve_in_memory(&flags));
        let (status, _) = call(
            &ready["control"],
            "DescribeTunnel",
            &json!({ "tunnelId": opened["tunnelId"] }),
        );
        assert_eq!(status, 200, "what was answered had been kept");
        program.stop();
    }
}

#[test]
fn an_idle_connection_does_not_hold_up_the_stop() {
    let (program, ready) = Program::start(serve_in_memory(&[]));
    let idle = connect(&ready["control"]);
    // The service has accepted it: what came after it has been answered.
    assert_eq!(call(&ready["control"], "ListTunnels", &json!({})).0, 200);
    let log = program.stop();
    assert!(
        !log.iter().any(|line| line.contains("not finished in time")),
        "{log:#?}"
    );
    drop(idle);
}

#[test]
fn a_second_signal_ends_the_program_at_once_and_it_says_so() {
    let (mut program, ready) = Program::start(serve_in_memory(&[]));
    let mut half = connect(&ready["control"]);
    write!(half, "{}content-length: 2\r\n\r\n{{", head("OpenTunnel")).expect("to send");
    // The service has accepted it: what came after it has been answered.
    assert_eq!(call(&ready["control"], "ListTunnels", &json!({})).0, 200);

    program.signal(Signal::TERM);
    program.has_logged("stopping");
    program.signal(Signal::INT);
    program.has_logged("ended by a second signal");
    assert_eq!(program.ended().code(), Some(1));
}
