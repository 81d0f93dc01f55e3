//! A service with its data plane, a tunnel in it, and programs at both ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::running::{DEADLINE, Program, call, serve_in_memory};

/// The program, with an environment of its own.
pub(crate) fn program(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iot-tunnel"));
    // No test asks the machine that it runs on for credentials.
    command
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args(flags);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A service whose API and data plane listen, without TLS.
pub(crate) struct Rig {
    _service: Program,
    pub(crate) ready: Value,
}

/// A tunnel with the service SSH.
pub(crate) struct Tunnel {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) destination: String,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(flags: &[&str]) -> Self {
        let flags = [&["--data-plain", "127.0.0.1:0"], flags].concat();
        let (service, ready) = Program::start(serve_in_memory(&flags));
        Self {
            _service: service,
            ready,
        }
    }

    /// Where clients connect.
    pub(crate) fn data(&self) -> &str {
        self.ready["data_plain"].as_str().expect("a URL")
    }

    pub(crate) fn control(&self) -> &str {
        self.ready["control"].as_str().expect("a URL")
    }

    /// Calls an operation that must succeed.
    pub(crate) fn done(&self, operation: &str, body: &Value) -> Value {
        let (status, answer) = call(&self.ready["control"], operation, body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) fn open(&self) -> Tunnel {
        let config = json!({ "services": ["SSH"], "thingName": "pump-7" });
        let opened = self.done("OpenTunnel", &json!({ "destinationConfig": config }));
        let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
        Tunnel {
            id: member("tunnelId"),
            source: member("sourceAccessToken"),
            destination: member("destinationAccessToken"),
        }
    }

    /// RotateTunnelAccessToken: the new token of that side.
    pub(crate) fn rotate(&self, tunnel: &Tunnel, client_mode: &str, member: &str) -> String {
        let body = json!({ "tunnelId": tunnel.id, "clientMode": client_mode });
        let rotated = self.done("RotateTunnelAccessToken", &body);
        rotated[member].as_str().expect("a token").to_owned()
    }

    /// Waits until DescribeTunnel says that of a side.
    pub(crate) fn until_state(&self, tunnel: &Tunnel, side: &str, status: &str) {
        let end = Instant::now() + DEADLINE;
        while self.state(tunnel, side) != status {
            assert!(Instant::now() < end, "{side} does not become {status}");
        }
    }

    /// What DescribeTunnel says of a side: CONNECTED or DISCONNECTED.
    pub(crate) fn state(&self, tunnel: &Tunnel, side: &str) -> String {
        let described = self.done("DescribeTunnel", &json!({ "tunnelId": tunnel.id }));
        let state = &described["tunnel"][format!("{side}ConnectionState")]["status"];
        state.as_str().expect("a status").to_owned()
    }

    /// A proxy with these flags, and a token in its variable.
    pub(crate) fn proxy(&self, token: &str, flags: &[&str]) -> Command {
        let mut command = program(&[&["proxy", "-e", self.data(), "--ready"], flags].concat());
        command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", token);
        command
    }

    /// A source and a destination of a tunnel, connected and as talkative as can be, with an echo server behind them; and
    /// where the source listens.
    pub(crate) fn both(&self, tunnel: &Tunnel) -> (Program, Program, String) {
        let server = format!("SSH={}", echo_server());
        let (mut destination, _) =
            Program::start(self.proxy(&tunnel.destination, &["-d", &server, "-v", "6"]));
        let (mut source, ready) = Program::start(self.proxy(&tunnel.source, &["-s", "SSH=0", "-v", "6"]));
        destination.has_logged("the tunnel is open");
        source.has_logged("the tunnel is open");
        let listener = listener(&ready);
        (source, destination, listener)
    }
}

/// Where a source listens for its first service.
pub(crate) fn listener(ready: &Value) -> String {
    ready["listeners"][0]["address"]
        .as_str()
        .expect("an address")
        .to_owned()
}

/// A server that sends back what it gets, and where it is.
pub(crate) fn echo_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut writer = stream.try_clone().expect("a socket");
                let mut reader = stream;
                let _ = std::io::copy(&mut reader, &mut writer);
            });
        }
    });
    address
}

/// Sends bytes to an echo server and gets them back.
pub(crate) fn echoes(listener: &str, bytes: &[u8]) {
    let mut stream = TcpStream::connect(listener).expect("a listener");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let mut writer = stream.try_clone().expect("a socket");
    let sent = bytes.to_vec();
    let writing = thread::spawn(move || writer.write_all(&sent).expect("written"));
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).expect("an echo");
    writing.join().expect("written");
    assert!(back == bytes, "the echo differs");
}

/// Bytes that tell every offset from every other nearby.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (index * 31 + index / 251) as u8)
        .collect()
}
