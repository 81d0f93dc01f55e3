//! Where a source listens beside TCP ports: Unix sockets, and its standard input and output.

use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::net::UnixListener;
use tokio::sync::oneshot;

use crate::client::{Incoming, OrderlyEnd};
use crate::program::{Exit, Failure};

/// Bytes that are copied at a time between standard input or output and the tunnel.
const CHUNK: usize = 64 * 1024;

/// Unix sockets of this program, which are removed with it.
#[derive(Debug, Default)]
pub(super) struct SocketFiles(Vec<PathBuf>);

impl SocketFiles {
    /// Listens at a path. A socket that a program left behind, to which nothing listens any more, is replaced.
    pub(super) fn listen(&mut self, path: &str) -> io::Result<Incoming> {
        let listener = UnixListener::bind(path).or_else(|error| {
            if error.kind() != io::ErrorKind::AddrInUse || !is_left_behind(Path::new(path)) {
                return Err(error);
            }
            fs::remove_file(path)?;
            UnixListener::bind(path)
        })?;
        self.0.push(path.into());
        Ok(listener.into())
    }
}

impl Drop for SocketFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            // Somebody may have removed it already.
            let _ = fs::remove_file(path);
        }
    }
}

fn is_left_behind(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    is_socket
        && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Standard input and output as the one connection of a service, as `ssh -o ProxyCommand` uses them.
#[derive(Debug)]
pub(super) struct StandardStreams {
    end: OrderlyEnd,
    done: oneshot::Receiver<io::Result<()>>,
}

impl StandardStreams {
    /// Begins to copy. The threads end with the program: one that reads standard input cannot be stopped.
    pub(super) fn start() -> io::Result<(Incoming, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        theirs.set_nonblocking(true)?;
        let stream = tokio::net::UnixStream::from_std(theirs)?;
        let mut to_tunnel = ours.try_clone()?;
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            // Whatever ends the input, the tunnel gets its end. The output goes on.
            let _ = copy(&mut io::stdin().lock(), &mut to_tunnel);
            let _ = to_tunnel.shutdown(Shutdown::Write);
        })?;
        let mut from_tunnel = ours;
        let (tell, done) = oneshot::channel();
        thread::Builder::new().name("stdout".to_owned()).spawn(move || {
            let copied = copy(&mut from_tunnel, &mut io::stdout().lock());
            let _ = from_tunnel.shutdown(Shutdown::Both);
            // The program may have ended meanwhile.
            let _ = tell.send(copied);
        })?;
        let end = OrderlyEnd::default();
        let incoming = Incoming::Single {
            stream: Some(stream),
            end: end.clone(),
        };
        Ok((incoming, Self { end, done }))
    }

    /// Returns when everything has been written to standard output.
    ///
    /// # Errors
    /// The connection was cut, or standard output takes no more.
    pub(super) async fn ended(&mut self) -> Result<(), Failure> {
        let failed = |text: String| Err(Failure::new(Exit::Failed, text));
        match (&mut self.done).await {
            Ok(Err(error)) => failed(format!("cannot write to standard output: {error}")),
            Ok(Ok(())) if self.end.came() => Ok(()),
            Ok(Ok(())) | Err(_) => {
                failed("the connection of standard input and output was cut off".to_owned())
            }
        }
    }
}

/// Copies to the end, each piece as it comes.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                to.write_all(buffer.get(..count).unwrap_or_default())?;
                to.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let text = path.to_str().expect("text");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
        let mut files = SocketFiles::default();
        let _listener = files.listen(text).expect("replaced");
        let error = SocketFiles::default().listen(text).expect_err("in use");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(files);
        assert!(!path.exists());
        fs::write(&path, "no socket").expect("written");
        assert!(SocketFiles::default().listen(text).is_err() && path.exists());
    }
}
