//! What goes to the service: what the session says is to be done.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use iot_tunnel_core::session::Output;
use iot_tunnel_core::websocket::Close;

use super::{Driver, Link};
use crate::client::event::{self, Loss};
use crate::client::upgrade::Upgrading;

impl Driver {
    /// Does what the session says, as far as the WebSocket takes it.
    pub(super) fn poll_output(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        loop {
            match self.poll_write(cx) {
                Ok(wrote) => moved |= wrote,
                Err(error) => {
                    self.lose(None, Loss::Broken(Arc::new(error)));
                    return true;
                }
            }
            match self.session.poll_output() {
                Output::CloseWebSocket(code) => {
                    self.locals.cut_all();
                    self.part(Some(Close { code, reason: "" }));
                }
                Output::Connect(connect) => {
                    let upgrading = Upgrading::new(&connect, &self.endpoint);
                    self.tell(event::Event::Connecting);
                    match upgrading {
                        Ok(upgrading) => {
                            self.link = Link::Dialling(Box::pin(upgrading.run(self.dial.clone())));
                        }
                        Err(error) => self.lose(None, Loss::Unreachable(Arc::new(error))),
                    }
                }
                Output::Ping => {
                    if let Link::Up { socket, .. } = &mut self.link
                        && let Err(error) = socket.ping()
                    {
                        self.lose(None, Loss::Broken(Arc::new(error)));
                    }
                }
                Output::Send(bytes) => {
                    let Link::Up { socket, .. } = &mut self.link else {
                        return moved;
                    };
                    if !socket.takes_data() {
                        return moved;
                    }
                    let count = bytes.len();
                    match socket.send(bytes) {
                        Ok(()) => {
                            // It was handed out a moment ago.
                            let _ = self.session.sent(count);
                            self.starved = false;
                        }
                        Err(error) => self.lose(None, Loss::Broken(Arc::new(error))),
                    }
                }
                Output::Wait(_) => return moved,
            }
            moved = true;
        }
    }

    /// Writes what is queued. Whether anything was written.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        match &mut self.link {
            Link::Up { socket, .. } => match socket.poll_flush(cx) {
                Poll::Ready(wrote) => wrote,
                Poll::Pending => Ok(false),
            },
            Link::None | Link::Dialling(_) => Ok(false),
        }
    }
}
