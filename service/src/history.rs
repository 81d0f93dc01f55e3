//! [`History`]: what has happened to the tunnels, for people who watch.

use std::collections::VecDeque;
use std::sync::Mutex;

use iot_tunnel_core::{ClientMode, Millis, Side, TunnelId};
use serde::Serialize;
use tokio::sync::broadcast;

/// How many entries are kept (ours): what a console that opens later can still show.
pub const KEPT: usize = 1000;

/// What has happened, since the service's start or as far back as [`KEPT`] entries reach. It holds no token.
#[derive(Debug)]
pub struct History {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Entry>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    next: u64,
}

/// One thing that has happened to a tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Rises by one from entry to entry.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The tunnel.
    pub tunnel_id: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen to a tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "what")]
pub enum What {
    /// OpenTunnel.
    Opened,
    /// RotateTunnelAccessToken.
    Rotated {
        /// Whose tokens.
        client_mode: &'static str,
    },
    /// CloseTunnel, or with `deleted` also gone.
    Closed {
        /// Whether the record is gone.
        deleted: bool,
    },
    /// Its lifetime has ended, or a closed one's retention has.
    Expired {
        /// Whether the record is gone.
        deleted: bool,
    },
    /// A peer has used its token and is connected.
    Connected {
        /// Which.
        side: &'static str,
    },
    /// A peer's handshake was refused.
    Refused {
        /// Which side it wanted to be.
        side: &'static str,
        /// Why, in the words of the refusal.
        reason: &'static str,
    },
    /// A peer's connection has ended.
    Disconnected {
        /// Which.
        side: &'static str,
        /// Why.
        reason: String,
    },
    /// The thing's notification has reached the broker.
    Notified,
}

impl What {
    pub(crate) const fn rotated(mode: ClientMode) -> Self {
        Self::Rotated {
            client_mode: mode.as_str(),
        }
    }

    pub(crate) const fn connected(side: Side) -> Self {
        Self::Connected { side: side.as_str() }
    }

    pub(crate) const fn refused(side: Side, reason: &'static str) -> Self {
        Self::Refused {
            side: side.as_str(),
            reason,
        }
    }

    pub(crate) fn disconnected(side: Side, reason: &impl ToString) -> Self {
        Self::Disconnected {
            side: side.as_str(),
            reason: reason.to_string(),
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            live: broadcast::channel(KEPT).0,
        }
    }
}

impl History {
    /// Adds an entry.
    pub(crate) fn add(&self, at: Millis, tunnel_id: &TunnelId, what: What) {
        // Whoever panicked with the lock left a whole list behind: an entry is added in one step.
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = Entry {
            number: kept.next,
            at: at.0,
            tunnel_id: tunnel_id.to_string(),
            what,
        };
        kept.next += 1;
        if kept.entries.len() == KEPT {
            kept.entries.pop_front();
        }
        kept.entries.push_back(entry.clone());
        // Nobody needs to watch. Under the lock, so that whoever begins to watch misses none and sees none twice.
        let _ = self.live.send(entry);
    }

    /// The entries that are kept from number `from` on, and whatever comes after them.
    pub(crate) fn watch(&self, from: u64) -> (Vec<Entry>, broadcast::Receiver<Entry>) {
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let past = kept.entries.iter().filter(|entry| entry.number >= from);
        (past.cloned().collect(), self.live.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> (History, TunnelId) {
        (History::default(), TunnelId::parse("t-1").unwrap())
    }

    #[test]
    fn whoever_watches_sees_each_entry_once() {
        let (history, id) = history();
        history.add(Millis(1), &id, What::Opened);
        history.add(Millis(2), &id, What::rotated(ClientMode::All));
        let (past, mut live) = history.watch(1);
        history.add(Millis(3), &id, What::Closed { deleted: false });
        assert_eq!(past.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1]);
        assert_eq!(live.try_recv().map(|entry| entry.number), Ok(2));
        assert!(live.try_recv().is_err());
    }

    #[test]
    fn the_oldest_entries_go_first() {
        let (history, id) = history();
        for _ in 0..KEPT + 3 {
            history.add(Millis(0), &id, What::Opened);
        }
        let (past, _) = history.watch(0);
        assert_eq!((past.len(), past[0].number), (KEPT, 3));
    }

    #[test]
    fn an_entry_is_flat_json() {
        let (history, id) = history();
        history.add(
            Millis(7),
            &id,
            What::refused(Side::Source, "The tunnel is closed"),
        );
        let json = serde_json::to_string(&history.watch(0).0).unwrap();
        let expected = r#"[{"number":0,"at":7,"tunnelId":"t-1","what":"refused","side":"source","reason":"The tunnel is closed"}]"#;
        assert_eq!(json, expected);
    }
}
