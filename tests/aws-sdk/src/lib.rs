//! Starts `iot-tunnel serve` for the AWS SDK for Rust and stops it the way an operator does.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_iotsecuretunneling::Client;
use aws_sdk_iotsecuretunneling::config::retry::RetryConfig;
use aws_sdk_iotsecuretunneling::config::{Config, Credentials, Region};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The region that the service is started in.
pub const REGION: &str = "us-east-1";

/// The account that the service is started for.
pub const ACCOUNT: &str = "123456789012";

/// How long the start and the stop may each take.
const DEADLINE: Duration = Duration::from_secs(30);

/// One running service.
#[derive(Debug)]
pub struct Service {
    child: Child,
    control: String,
}

impl Service {
    /// Starts the program of the environment variable `IOT_TUNNEL_BIN`, else this checkout's debug build, with an
    /// in-memory store and `flags`, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start: the test cannot go on.
    pub async fn start(flags: &[&str]) -> Self {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debug/iot-tunnel");
        let program = std::env::var_os("IOT_TUNNEL_BIN").map_or_else(|| PathBuf::from(built), PathBuf::from);
        let mut child = Command::new(&program)
            .args([
                "serve",
                "--control",
                "127.0.0.1:0",
                "--data",
                "off",
                "--mqtt",
                "127.0.0.1:0",
                "--store",
                "memory",
            ])
            .args(["--ready", "--region", REGION, "--account", ACCOUNT])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run `make build`", program.display()));
        let stdout = child.stdout.take().expect("stdout is piped");
        let line = timeout(DEADLINE, BufReader::new(stdout).lines().next_line())
            .await
            .expect("a --ready line in time")
            .expect("stdout is text")
            .expect("a --ready line before the end");
        let ready: serde_json::Value = serde_json::from_str(&line).expect("the --ready line is JSON");
        let control = ready["control"]
            .as_str()
            .expect("it names the control plane")
            .to_owned();
        Self { child, control }
    }

    /// A client whose requests are signed with this key. It never retries: each answer is the service's first.
    pub fn client(&self, access_key_id: &str, secret_access_key: &str) -> Client {
        let config = Config::builder()
            .endpoint_url(&self.control)
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(
                access_key_id,
                secret_access_key,
                None,
                None,
                "test",
            ))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Client::from_conf(config)
    }

    /// Sends SIGTERM and waits for the clean exit.
    ///
    /// # Panics
    /// When the exit code is not 0, or the program does not end in time.
    pub async fn stop(mut self) {
        let id = self.child.id().expect("it still runs");
        let pid = i32::try_from(id)
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, Signal::TERM).expect("SIGTERM is sent");
        let waited = timeout(DEADLINE, self.child.wait())
            .await
            .expect("an exit in time");
        let status = waited.expect("an exit status");
        assert!(status.success(), "after SIGTERM: {status}");
    }
}
