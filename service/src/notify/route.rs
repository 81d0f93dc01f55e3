//! The way to the broker, as one delivery sees it.

use std::sync::Arc;

use bytes::Bytes;
use mqtt5::QoS;
use mqtt5::broker::router::MessageRouter;
use mqtt5::packet::publish::PublishPacket;
use tokio::sync::watch;

use super::DeliveryError;
use super::external::{self, Link};

/// After this many seconds a broker that understands message expiry drops an undelivered notification: no tunnel,
/// and so no token, lives longer than 720 minutes (spec control-plane, maxLifetimeTimeoutMinutes).
pub(super) const MESSAGE_EXPIRY_SECONDS: u32 = 720 * 60;

/// Where attempts go. Each delivery works on its own clone, which remembers the state of the link that its last
/// attempt saw.
#[derive(Clone)]
pub(super) enum Route {
    Embedded(Arc<MessageRouter>),
    External(watch::Receiver<Link>),
}

impl Route {
    /// One attempt: publishes at QoS 1 and returns once the broker has taken responsibility.
    pub(super) async fn publish(&mut self, topic: &str, payload: &Bytes) -> Result<(), DeliveryError> {
        match self {
            Route::Embedded(router) => {
                let mut packet = PublishPacket::new(topic, payload.clone(), QoS::AtLeastOnce);
                packet
                    .properties
                    .set_message_expiry_interval(MESSAGE_EXPIRY_SECONDS);
                router.route_message(&packet, None).await;
                Ok(())
            }
            Route::External(link) => external::publish(link, topic, payload).await,
        }
    }

    /// Resolves when the broker has come back since the last attempt; never, where it cannot go away.
    pub(super) async fn recovered(&mut self) {
        match self {
            Route::Embedded(_) => std::future::pending().await,
            Route::External(link) => external::recovered(link).await,
        }
    }

    /// Whether an attempt made now has a chance.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Route::Embedded(_) => true,
            Route::External(link) => matches!(*link.borrow(), Link::Up { .. }),
        }
    }
}
