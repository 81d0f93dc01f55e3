//! Parts of the benchmark in processes of their own: this very program, started again in another role.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The argument that gives this program its role, which follows.
const ROLE: &str = "--role";

/// A running part. It ends when this is dropped, and when this process ends.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts this program in a role, tells it what it needs, and waits until it says that it is ready.
    pub(crate) fn start<T: DeserializeOwned>(role: &str, needs: &impl Serialize) -> io::Result<(Self, T)> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([ROLE, role])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut process = Self {
            stdin: child.stdin.take(),
            child,
        };
        process.tell(needs)?;
        let mut line = String::new();
        if let Some(stdout) = process.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let ready = serde_json::from_str(&line)
            .map_err(|_| io::Error::other(format!("the part `{role}` did not start")))?;
        Ok((process, ready))
    }

    /// Tells it something more.
    pub(crate) fn tell(&mut self, something: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(something)?;
        match &mut self.stdin {
            Some(stdin) => writeln!(stdin, "{line}").and_then(|()| stdin.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Its resident memory in bytes (Linux).
    pub(crate) fn resident(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kibibytes = status.lines().find_map(|line| {
            let number = line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?;
            number.parse::<u64>().ok()
        });
        kibibytes
            .map(|n| n * 1024)
            .ok_or_else(|| io::Error::other("no VmRSS in the status of the process"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// The role that this process was started in, if it is a part.
pub(crate) fn role() -> Option<String> {
    std::env::args().skip_while(|argument| argument != ROLE).nth(1)
}

/// What this part was told; blocks until it comes. `None` when it is to end.
pub(crate) fn told<T: DeserializeOwned>() -> Option<T> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// Says that this part is ready, and how it can be reached.
pub(crate) fn ready(how: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(how)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush())
}

/// Where something listens.
#[derive(Serialize, serde::Deserialize)]
pub(crate) struct Listens {
    pub(crate) at: SocketAddr,
}
