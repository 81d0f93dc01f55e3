//! [`Queue`]: lines on their way to a sink that may not take them.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How much may wait to be written, in bytes (ours): some thousand lines, which a burst can have, in little memory.
pub(super) const ROOM: usize = 256 << 10;

/// The pause before a sink that is not blocking is tried again after it was full (ours).
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// Lines that wait for a thread of their own to write them: a sink that takes nothing stops that thread and no other.
///
/// tracing-appender's `NonBlocking` bounds the lines and not their bytes, does not tell how many it has dropped, and prints
/// to stdout when the sink is stuck at the end, where a proxy may have its tunnel's bytes.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Rung when a line came, and when everything was written.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines.
    waiting: Vec<u8>,
    /// Lines for which there was no room, and of which the log does not tell yet.
    dropped: u64,
    /// Whether the thread is at work on lines that it has taken.
    writing: bool,
}

impl Queue {
    /// A queue and the thread that empties it into `sink`. `tell` is called with the number of lines that were dropped,
    /// once those before them are written.
    pub(super) fn start(
        sink: impl Write + Send + 'static,
        tell: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::<Self>::default();
        let emptied = queue.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || emptied.empty_into(sink, tell))?;
        Ok(queue)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the lines would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, or counts it as dropped if there is no room. Never waits.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.waiting.len() + line.len() > ROOM {
            state.dropped += 1;
            return;
        }
        state.waiting.extend_from_slice(line);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until everything is written, but no longer than `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let under_way = |state: &mut State| state.writing || !state.waiting.is_empty();
        let waited = self.changed.wait_timeout_while(self.state(), patience, under_way);
        drop(waited);
    }

    fn empty_into(&self, mut sink: impl Write, tell: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let idle = |state: &mut State| state.waiting.is_empty();
            let waited = self.changed.wait_while(self.state(), idle);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut state.waiting, &mut lines);
            state.writing = true;
            drop(state);
            write_all(&mut sink, &lines);
            lines.clear();
            let dropped = std::mem::take(&mut self.state().dropped);
            if dropped > 0 {
                tell(dropped);
            }
            self.state().writing = false;
            self.changed.notify_all();
        }
    }
}

/// Writes everything. A sink that is closed or broken takes nothing, and there is no other place to say so.
fn write_all(sink: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return,
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal or pipe that another program has made non-blocking.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(FULL_PAUSE),
            Err(_) => return,
        }
    }
    let _ = sink.flush();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A sink that hands on what it is given, each time only after it may.
    struct Gate {
        may: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may.recv().map_err(io::Error::other)?;
            self.written.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sink_that_takes_nothing_holds_up_no_caller_and_what_was_dropped_is_told_when_it_does() {
        let (open, may) = channel();
        let (written, read) = channel();
        let (told, tells) = channel();
        let queue = Queue::start(Gate { may, written }, move |count| {
            let _ = told.send(count);
        })
        .unwrap();
        let line = [b'x'; 1024];
        queue.push(b"first\n");
        // The thread has taken the first, so that exactly as much has room as there is.
        while !queue.state().writing {
            thread::yield_now();
        }
        let lines = ROOM / line.len() + 7;
        for _ in 0..lines {
            queue.push(&line);
        }
        let began = Instant::now();
        queue.flush(Duration::from_millis(50));
        assert!(began.elapsed() < PATIENCE, "flush waits no longer than it may");
        open.send(()).unwrap();
        open.send(()).unwrap();
        assert_eq!(read.recv_timeout(PATIENCE).unwrap(), b"first\n");
        assert_eq!(tells.recv_timeout(PATIENCE), Ok(7));
        assert_eq!(read.recv_timeout(PATIENCE).unwrap().len(), ROOM);
        queue.flush(PATIENCE);
        assert!(queue.state().waiting.is_empty());
    }

    #[test]
    fn everything_is_written_in_order_before_flush_returns() {
        let (open, may) = channel();
        let (written, read) = channel();
        let queue = Queue::start(Gate { may, written }, |_| {}).unwrap();
        let mut expected = Vec::new();
        for number in 0..1_000 {
            let line = format!("line {number}\n");
            queue.push(line.as_bytes());
            expected.extend_from_slice(line.as_bytes());
            open.send(()).unwrap();
        }
        queue.flush(PATIENCE);
        assert_eq!(read.try_iter().flatten().collect::<Vec<_>>(), expected);
    }
}
