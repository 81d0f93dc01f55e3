//! What a peer sends, read without a buffer of its own: an idle connection holds none.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use iot_tunnel_core::wire::{Deframer, MAX_MESSAGE};
use tokio::io::{AsyncRead, ReadBuf};

/// How much is read at a time, in bytes (ours): one message of the longest kind.
const CHUNK: usize = 65_536;

thread_local! {
    /// What a connection reads into. It is free again when the bytes have been dealt with, which never waits, so each
    /// thread needs one.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
}

/// Waits for bytes and has `deal` deal with them at once; `None` at the end of the stream.
pub(super) async fn read<T>(
    stream: &mut (impl AsyncRead + Unpin),
    mut deal: impl FnMut(&mut [u8]) -> T,
) -> io::Result<Option<T>> {
    poll_fn(|context| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            let outcome = match buffer.filled_mut() {
                [] => None,
                bytes => Some(deal(bytes)),
            };
            Poll::Ready(Ok(outcome))
        })
    })
    .await
}

/// What a [`Deframer`] reassembles in: memory is taken when the first message comes in parts, and given back by
/// [`release`].
#[derive(Default)]
pub(super) struct Reassembly(Vec<u8>);

/// What stands for the buffer while there is none: only its length is looked at.
static NOTHING: [u8; MAX_MESSAGE] = [0; MAX_MESSAGE];

impl AsRef<[u8]> for Reassembly {
    fn as_ref(&self) -> &[u8] {
        match self.0.is_empty() {
            true => &NOTHING,
            false => &self.0,
        }
    }
}

impl AsMut<[u8]> for Reassembly {
    fn as_mut(&mut self) -> &mut [u8] {
        if self.0.is_empty() {
            self.0 = vec![0; MAX_MESSAGE];
        }
        &mut self.0
    }
}

/// Gives the memory back, unless half of a message is in it.
pub(super) fn release(deframer: &mut Deframer<Reassembly>) {
    if deframer.is_between_frames() {
        *deframer = Deframer::new(Reassembly::default());
    }
}
