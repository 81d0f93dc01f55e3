//! The program as its user runs it: started, watched, called, stopped.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long to wait for what must come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// `iot-tunnel serve`, with an environment of its own: no variable of ours, no home.
pub(crate) fn serve(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iot-tunnel"));
    // No data plane, unless a test asks for one.
    command
        .env_clear()
        .env("IOT_TUNNEL_DATA", "off")
        .arg("serve")
        .args(flags);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The same on free ports, in memory, with `--ready`.
pub(crate) fn serve_in_memory(flags: &[&str]) -> Command {
    let mut command = serve(flags);
    // A flag wins over its variable, so that a test can still choose.
    let any_port = "127.0.0.1:0";
    command
        .env("IOT_TUNNEL_CONTROL", any_port)
        .env("IOT_TUNNEL_MQTT", any_port);
    command
        .env("IOT_TUNNEL_STORE", "memory")
        .env("IOT_TUNNEL_READY", "true");
    command
}

/// A run that ended by itself.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs what must end by itself.
pub(crate) fn run(command: Command) -> Ended {
    let mut program = Program::spawn(command);
    Ended {
        code: program.ended().code(),
        stdout: program.stdout.iter().collect(),
        stderr: program.log.join("\n"),
    }
}

/// A running program. It is killed when dropped.
pub(crate) struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    /// What has been read of the log.
    log: Vec<String>,
}

impl Program {
    fn watch(mut child: Child) -> Self {
        Self {
            stdout: lines(child.stdout.take().expect("stdout is piped")),
            stderr: lines(child.stderr.take().expect("stderr is piped")),
            child,
            log: Vec::new(),
        }
    }

    /// Starts what is to be watched.
    pub(crate) fn spawn(mut command: Command) -> Self {
        Self::watch(command.spawn().expect("the program starts"))
    }

    /// Starts what prints a `--ready` line, and returns with it.
    pub(crate) fn start(command: Command) -> (Self, Value) {
        let program = Self::spawn(command);
        let line = match program.stdout.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!(
                "no ready line: {error}; {:?}",
                program.stderr.try_iter().collect::<Vec<_>>()
            ),
        };
        let ready = serde_json::from_str(&line).expect("one line of JSON");
        (program, ready)
    }

    /// Waits until a line of the log holds `text`.
    pub(crate) fn has_logged(&mut self, text: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.log.iter().any(|line| line.contains(text)) {
            match self
                .stderr
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{text:?} was not logged")
                }
            }
        }
    }

    /// What has been read of the log.
    pub(crate) fn log(&self) -> &[String] {
        &self.log
    }

    /// Where a source says that it listens for a service.
    pub(crate) fn listener_of(&mut self, service: &str) -> String {
        let service = format!("service=\"{service}\"");
        self.has_logged(&service);
        let mut listening = self
            .log
            .iter()
            .filter(|line| line.contains("Listening for new connection"));
        let line = listening
            .find(|line| line.contains(&service))
            .expect("a listener");
        let (_, address) = line.split_once("address=\"").expect("an address");
        address.split('"').next().expect("an address").to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("to send a signal");
    }

    /// Waits for the end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            // Both pipes close when the program ends, so this waits for nothing but that.
            match self
                .stderr
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the program did not end"),
            }
        }
        self.child.wait().expect("an exit status")
    }

    /// Stops it as an operator does; the whole log, once it has exited with 0 and said no more on stdout.
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.signal(Signal::TERM);
        let status = self.ended();
        assert_eq!(status.code(), Some(0));
        assert_eq!(
            self.stdout.iter().collect::<Vec<_>>(),
            Vec::<String>::new(),
            "one line on stdout"
        );
        std::mem::take(&mut self.log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, read as they come.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The head of a request to an operation, up to its content type.
pub(crate) fn head(operation: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-amz-target: IoTSecuredTunneling.{operation}\r\n\
         content-type: application/x-amz-json-1.1\r\n"
    )
}

pub(crate) fn connect(control: &Value) -> TcpStream {
    let address = control
        .as_str()
        .and_then(|url| url.strip_prefix("http://"))
        .expect("a URL");
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    stream
}

/// Calls an operation: the status and the body.
pub(crate) fn call(control: &Value, operation: &str, body: &Value) -> (u16, Value) {
    let mut stream = connect(control);
    let body = body.to_string();
    write!(
        stream,
        "{}content-length: {}\r\n\r\n{body}",
        head(operation),
        body.len()
    )
    .expect("to send");
    answer(&mut stream)
}

/// The answer to the only request of a connection.
pub(crate) fn answer(stream: &mut TcpStream) -> (u16, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (
        status.expect("a status"),
        serde_json::from_str(body).expect("JSON"),
    )
}
