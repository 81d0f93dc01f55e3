//! [`Drained`]: a request's body that is still read after its request was answered.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{EXPECT, HeaderValue};
use hyper::{HeaderMap, Request};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use crate::api::BODY_TIMEOUT;

/// How much of a body is read and thrown away after the answer, in bytes (ours): many times what a client sends by mistake.
const MOST_DRAINED: u64 = 32 << 20;

/// A body that goes on being read when it is dropped before its end, for as long as a body may take and for at most 32 MiB.
///
/// Most clients send the whole body before they read the answer. A connection that is closed with bytes of it unread is
/// reset, and such a client reports a broken pipe in place of the answer.
#[derive(Debug)]
pub(super) struct Drained {
    /// `None` once it has ended.
    body: Option<Incoming>,
    until: Instant,
    /// The client sends nothing before it is asked for it, which is what reading does.
    waits_to_be_asked: bool,
}

impl Drained {
    /// The request with such a body.
    pub(super) fn of(request: Request<Incoming>) -> Request<Self> {
        let (head, body) = request.into_parts();
        let waits_to_be_asked = expects_continue(&head.headers);
        let body = Self {
            body: Some(body),
            until: Instant::now() + BODY_TIMEOUT,
            waits_to_be_asked,
        };
        Request::from_parts(head, body)
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    let value = headers.get(EXPECT).map(HeaderValue::as_bytes);
    value.is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

impl Body for Drained {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.waits_to_be_asked = false;
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        if self.waits_to_be_asked || self.is_end_stream() {
            return;
        }
        if let (Some(body), Ok(runtime)) = (self.body.take(), Handle::try_current()) {
            // It ends with its connection, if that ends first.
            runtime.spawn(timeout_at(self.until, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut left = MOST_DRAINED;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
