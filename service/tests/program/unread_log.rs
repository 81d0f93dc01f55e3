//! A stderr that is not read stops nothing: what the program is for goes on, and SIGTERM ends it. What did not go into the
//! log is counted, and the log says how much it was.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::channel;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::proxying::{Rig, echo_server, echoes, listener};
use crate::running::{DEADLINE, call, serve_in_memory};

/// Linux's O_NONBLOCK.
const NON_BLOCKING: i32 = 0o4000;

/// What fills the pipe before the program starts.
const FILLING: u8 = b'#';

/// A pipe that is full: a writer waits until it is read.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    // By a description of its own, so that the program's stays one that waits.
    let mut filler = OpenOptions::new()
        .write(true)
        .custom_flags(NON_BLOCKING)
        .open(format!("/proc/self/fd/{}", writer.as_raw_fd()))
        .expect("the pipe again");
    for size in [4096, 1] {
        while filler.write(&[FILLING; 4096][..size]).is_ok() {}
    }
    (reader, writer)
}

/// A program whose log is not read. It is killed when dropped.
struct Unread {
    child: Child,
    log: Option<PipeReader>,
    ready: Value,
}

impl Unread {
    fn start(mut command: Command) -> Self {
        let (log, writer) = full_pipe();
        let mut child = command.stderr(writer).spawn().expect("the program starts");
        // It holds the other end.
        drop(command);
        let (sender, receiver) = channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let line = receiver.recv_timeout(DEADLINE).expect("a ready line");
        Self {
            child,
            log: Some(log),
            ready: serde_json::from_str(&line).expect("one line of JSON"),
        }
    }

    /// SIGTERM must end it with 0.
    fn stops(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("to send a signal");
        let (sender, ended) = channel();
        let pid = Pid::from_child(&self.child);
        thread::scope(|scope| {
            let child = &mut self.child;
            scope.spawn(move || {
                let _ = sender.send(child.wait().expect("an exit status").code());
            });
            let code = ended.recv_timeout(DEADLINE);
            if code.is_err() {
                let _ = kill_process(pid, Signal::KILL);
            }
            assert_eq!(code, Ok(Some(0)), "SIGTERM ends it");
        });
    }

    /// Reads the log from now on, until a line holds `text`; that line.
    fn reads_until(&mut self, text: &str) -> String {
        let log = self.log.take().expect("it is not read yet");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        loop {
            let line = lines.recv_timeout(DEADLINE).expect("it is logged");
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_answers_carries_bytes_and_stops() {
    let service = Unread::start(serve_in_memory(&[]));
    for _ in 0..100 {
        assert_eq!(call(&service.ready["control"], "OpenTunnel", &json!({})).0, 200);
    }
    service.stops();
}

#[test]
fn a_proxy_and_an_agent_carry_bytes_and_stop() {
    let rig = Rig::start();
    let agent = Unread::start(crate::agent::command(&rig, &["-v", "6"]));
    let tunnel = rig.open();
    rig.until_state(&tunnel, "destination", "CONNECTED");
    let proxy = Unread::start(rig.proxy(&tunnel.source, &["-s", "SSH=0", "-v", "6"]));
    rig.until_state(&tunnel, "source", "CONNECTED");
    for _ in 0..50 {
        echoes(&listener(&proxy.ready), b"there and back");
    }
    proxy.stops();
    agent.stops();
}

#[test]
fn a_proxy_that_fails_ends_with_its_code() {
    let rig = Rig::start();
    let (_log, writer) = full_pipe();
    let server = format!("SSH={}", echo_server());
    let mut command = rig.proxy("no-token", &["-d", &server]);
    let mut child = command.stderr(writer).spawn().expect("the program starts");
    let (sender, ended) = channel();
    let pid = Pid::from_child(&child);
    let waits = thread::spawn(move || {
        let _ = sender.send(child.wait().expect("an exit status").code());
    });
    let code = ended.recv_timeout(DEADLINE);
    if code.is_err() {
        let _ = kill_process(pid, Signal::KILL);
    }
    waits.join().expect("it has ended");
    assert_eq!(code, Ok(Some(3)));
}

#[test]
fn what_was_dropped_is_counted_and_told_when_the_log_is_read_again() {
    let mut service = Unread::start(serve_in_memory(&["--log-format", "json"]));
    // Each refusal names the whole member, up to 1 KiB of it.
    let long = "x".repeat(2_000);
    for _ in 0..1_000 {
        let (status, _) = call(
            &service.ready["control"],
            "DescribeTunnel",
            &json!({ "tunnelId": long }),
        );
        assert_eq!(status, 400);
    }
    let line = service.reads_until("dropped");
    let told: Value = serde_json::from_str(line.trim_start_matches('#')).expect("a line of JSON");
    assert!(told["fields"]["lines"].as_u64().expect("a number") > 0, "{line}");
    service.stops();
}
