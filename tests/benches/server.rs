//! The service in a process of its own, so that what is measured of it is its own.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use iot_tunnel::logging;
use iot_tunnel::settings::{Listen, LogFormat, StoreChoice};
use iot_tunnel::{Service, Settings};
use iot_tunnel_core::Region;
use serde::Deserialize;

/// The argument that makes this program the server; the store follows.
const SERVE: &str = "--serve";

/// A running service. It ends when this is dropped, and when this process ends.
pub(crate) struct Server {
    process: Child,
    url: String,
}

/// What the service says when it listens.
#[derive(Deserialize)]
struct Ready {
    control: String,
}

impl Server {
    /// Starts one that keeps its tunnels in memory.
    pub(crate) fn in_memory() -> io::Result<Self> {
        Self::start("memory".as_ref())
    }

    /// Starts one that keeps its tunnels in a new file.
    pub(crate) fn in_file(store: &Path) -> io::Result<Self> {
        Self::start(store)
    }

    fn start(store: &Path) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .arg(store)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The log is written as always, a line for each request, but nobody reads it.
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        match serde_json::from_str::<Ready>(&line) {
            Ok(ready) => Ok(Self {
                process,
                url: ready.control,
            }),
            Err(_) => {
                process.kill()?;
                Err(io::Error::other("the service did not start"))
            }
        }
    }

    /// Where its API is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its resident memory in bytes (Linux).
    pub(crate) fn resident(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kibibytes = status.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse::<u64>()
                .ok()
        });
        kibibytes
            .map(|n| n * 1024)
            .ok_or_else(|| io::Error::other("no VmRSS in the status of the process"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The store to serve from, if this process was started to be the server.
pub(crate) fn store_to_serve() -> Option<StoreChoice> {
    let mut arguments = std::env::args().skip_while(|argument| argument != SERVE);
    arguments.next()?;
    arguments.next()?.parse().ok()
}

/// Is the service, on two threads, until the input ends.
pub(crate) fn serve(store: StoreChoice) -> Result<(), Box<dyn std::error::Error>> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let settings = Settings {
        control: any_port,
        data: Listen::Off,
        data_plain: Listen::Off,
        console: Listen::Off,
        tls_cert: None,
        tls_key: None,
        tls_dir: None,
        tls_name: Vec::new(),
        mqtt: Listen::On(any_port),
        mqtt_broker: None,
        store: Some(store),
        credentials: None,
        region: Region::parse("us-east-1")?,
        account: "000000000000".to_owned(),
        max_open_tunnels: 1_000_000,
        ready: true,
        log_format: LogFormat::Text,
        log: "info".to_owned(),
    };
    let _log = logging::start(&settings.log, settings.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let service = runtime.block_on(Service::start(&settings))?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", serde_json::to_string(service.ready())?)?;
    stdout.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
