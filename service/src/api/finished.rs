//! [`Finished`]: work that goes on when whoever waited for it has gone.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;

/// A future that is polled to its end, come what may: if it is dropped before, a task of its own goes on with it. In the
/// ordinary case it costs an allocation and no task.
///
/// A server drops the future of a request when its client goes away. A change that is durable by then must still close
/// connections and notify things.
pub(super) struct Finished<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Finished<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Finished<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.0 else {
            return Poll::Pending;
        };
        let outcome = ready!(work.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(outcome)
    }
}

impl<T: Send + 'static> Drop for Finished<T> {
    fn drop(&mut self) {
        // Without a runtime the whole service is at its end.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Waker;
    use tokio::sync::{Notify, oneshot};

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_finished() {
        let (go_on, (done, finished)) = (Arc::new(Notify::new()), oneshot::channel());
        let told = go_on.clone();
        let mut work = Box::pin(Finished::new(async move {
            told.notified().await;
            done.send("done")
        }));
        let begun = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(begun.is_pending());
        drop(work);
        go_on.notify_one();
        assert_eq!(finished.await, Ok("done"));
    }

    #[tokio::test]
    async fn work_that_is_waited_for_is_done_once() {
        assert_eq!(Finished::new(async { 42 }).await, 42);
    }
}
