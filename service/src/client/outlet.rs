//! The way of local bytes into the WebSocket: they are read right where they are sent from.

use std::io;
use std::task::{Context, Poll};

use iot_tunnel_core::session::{Connection, Progress};
use iot_tunnel_core::wire::MAX_ENVELOPE;
use tokio::io::ReadBuf;

use super::ClientSession;
use super::local_socket::LocalSocket;
use super::websocket::WebSocket;

/// What local connections read into, one at a time: the WebSocket's buffer. Until what is in it is written nobody reads
/// more, which is how the tunnel's slowness stops the local applications.
pub(super) struct Outlet<'a> {
    pub(super) session: &'a mut ClientSession,
    /// None while there is no connection.
    pub(super) websocket: Option<&'a mut WebSocket>,
    /// Whether what the WebSocket brings is read at the moment.
    pub(super) is_read: bool,
}

impl Outlet<'_> {
    /// Whether a connection may read.
    pub(super) fn is_free(&self) -> bool {
        let takes_data = |websocket: &&mut WebSocket| websocket.takes_data();
        self.session.has_sent_all() && self.websocket.as_ref().is_some_and(takes_data)
    }

    /// Reads from a connection's socket and queues what came; only while it is free. 0 is the socket's end.
    pub(super) fn poll_read(
        &mut self,
        connection: Connection,
        socket: &mut LocalSocket,
        cx: &mut Context<'_>,
    ) -> io::Result<Poll<usize>> {
        let Some(websocket) = &mut self.websocket else {
            return Ok(Poll::Pending);
        };
        let room = websocket.payload_room(self.session.max_payload());
        let mut buffer = ReadBuf::new(room);
        if socket.poll_read(cx, &mut buffer)?.is_pending() {
            return Ok(Poll::Pending);
        }
        let payload = buffer.filled();
        let length = payload.len();
        let mut around = [0; MAX_ENVELOPE];
        // A connection that is over is of no interest to anybody, and its bytes neither. Nothing else can be wrong: it is
        // free, and a payload is no longer than the room for one.
        if let Ok(Progress::Done((envelope, _))) = self.session.envelope(connection, payload, &mut around) {
            websocket.send_around(&envelope, length)?;
        }
        Ok(Poll::Ready(length))
    }

    /// Ends a connection in the tunnel. It may have ended there at the same moment.
    pub(super) fn reset(&mut self, connection: Connection) {
        let _ = self.session.reset(connection);
    }
}
