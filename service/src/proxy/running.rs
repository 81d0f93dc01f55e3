//! A proxy that runs: what each event of its tunnel leads to.

use std::pin::Pin;
use std::time::Duration;

use iot_tunnel_core::{AccessToken, ClientToken, Side};
use tokio::time::{Instant, sleep};

use super::local_place::StandardStreams;
use super::rotation::{RotateError, Rotator, Verdict};
use super::settings::Plan;
use super::token_file::TokenFile;
use crate::client::{Event, Events, Refused, Target, Tunnel};
use crate::program::{Backoff, Exit, Failure, Signals, note};

/// Waits between rotations: the first is at once (ours, as between connections).
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(120);
/// How long a tunnel is open before its token counts as one that works. Two proxies that take the token from each other
/// by turns would otherwise do so without a pause (ours).
const PROVED: Duration = Duration::from_secs(30);

/// A rotation under way, with the wait before it.
type Rotating<'r> = Pin<Box<dyn Future<Output = Result<AccessToken, RotateError>> + Send + 'r>>;

pub(super) struct Running {
    side: Side,
    target: Target,
    tunnel: Option<Tunnel>,
    events: Events,
    tokens: Tokens,
    rotator: Option<Rotator>,
    /// What the service said to the last token.
    refused: Option<Refused>,
    opened: Option<Instant>,
    connect_retries: Option<u32>,
    standard_streams: Option<StandardStreams>,
    /// Connections in a row that did not come about, or were lost.
    failures: u32,
}

/// Tokens that are at hand.
struct Tokens {
    given: Option<AccessToken>,
    client_token: Option<ClientToken>,
    file: Option<TokenFile>,
}

impl Tokens {
    /// The next one to try, if there is one.
    fn next(&mut self) -> Option<AccessToken> {
        self.given.take().or_else(|| self.read_file())
    }

    fn read_file(&mut self) -> Option<AccessToken> {
        match self.file.as_mut()?.read() {
            Ok(Some(token)) => {
                tracing::info!("the token file has a new access token");
                Some(token)
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "the token file has no access token");
                None
            }
        }
    }
}

impl Running {
    pub(super) fn new(
        plan: Plan,
        tunnel: Tunnel,
        events: Events,
        standard_streams: Option<StandardStreams>,
    ) -> Self {
        Self {
            side: plan.end.side(),
            target: plan.dialer.target().clone(),
            tunnel: Some(tunnel),
            events,
            tokens: Tokens {
                given: plan.access_token,
                client_token: plan.client_token,
                file: plan.token_file,
            },
            rotator: plan.rotator,
            refused: None,
            opened: None,
            connect_retries: plan.connect_retries,
            standard_streams,
            failures: 0,
        }
    }

    /// Runs to the end.
    pub(super) async fn run(mut self, mut signals: Signals) -> Result<(), Failure> {
        let rotator = self.rotator.take();
        let mut rotating: Option<Rotating<'_>> = None;
        let mut pace = Backoff::new(FIRST_WAIT, MAX_WAIT);
        loop {
            tokio::select! {
                event = self.events.next() => {
                    let event = event.unwrap_or(Event::Closed);
                    note(self.side.as_str(), &event);
                    if self.wants_rotation(event, rotator.is_some()).await? {
                        self.rest(&mut pace);
                        rotating = rotator.as_ref().map(|rotator| rotate(rotator, &mut pace));
                    }
                }
                outcome = ended(&mut rotating) => {
                    rotating = None;
                    match outcome {
                        Ok(token) => {
                            tracing::info!("got a new access token by RotateTunnelAccessToken");
                            self.hand(token, None).await?;
                        }
                        Err(error) => {
                            give_up_or_wait(&error)?;
                            rotating = rotator.as_ref().map(|rotator| rotate(rotator, &mut pace));
                        }
                    }
                }
                () = changed(self.tokens.file.as_ref()) => {
                    if let Some(token) = self.tokens.read_file() {
                        rotating = None;
                        self.hand(token, None).await?;
                    }
                }
                done = used_up(self.standard_streams.as_mut()) => {
                    self.standard_streams = None;
                    self.stop(signals).await?;
                    return done;
                }
                () = signals.next() => {
                    tracing::info!("stopping; a second signal ends it at once");
                    return self.stop(signals).await;
                }
            }
        }
    }

    /// Deals with an event. Whether a rotation must bring the next token.
    async fn wants_rotation(&mut self, event: Event, can_rotate: bool) -> Result<bool, Failure> {
        match event {
            Event::Open(_) => {
                // Scripts that were written for the reference local proxy wait for these words.
                tracing::info!(
                    "Successfully established websocket connection with proxy server: {}",
                    self.target
                );
                self.opened = Some(Instant::now());
                self.failures = 0;
                Ok(false)
            }
            Event::Refused(refused) => {
                self.refused = Some(refused);
                Ok(false)
            }
            Event::NeedsToken { .. } => match self.tokens.next() {
                Some(token) => {
                    let client_token = self.tokens.client_token.take();
                    self.hand(token, client_token).await?;
                    Ok(false)
                }
                None if can_rotate => Ok(true),
                None => self.wait_for_file().map(|()| false),
            },
            Event::TunnelClosed | Event::Closed => {
                Err(Failure::new(Exit::TunnelClosed, "the tunnel is closed"))
            }
            Event::Connecting | Event::Contested => Ok(false),
            Event::Lost { .. } => {
                self.failures = self.failures.saturating_add(1);
                may_go_on(self.failures, self.connect_retries).map(|()| false)
            }
        }
    }

    /// Waits for a token file to be written; without one, or when the tunnel is closed, the program ends.
    fn wait_for_file(&self) -> Result<(), Failure> {
        let failure = self.no_token();
        match &self.tokens.file {
            Some(file) if failure.exit == Exit::TokenRefused => {
                tracing::warn!(file = %file.path().display(), "waiting for another access token in the file");
                Ok(())
            }
            _ => Err(failure),
        }
    }

    /// Why the program ends for want of a token.
    fn no_token(&self) -> Failure {
        let Some(refused) = &self.refused else {
            return Failure::new(Exit::TokenRefused, "there is no access token that can be used");
        };
        let exit = match says_closed(&refused.reason) {
            true => Exit::TunnelClosed,
            false => Exit::TokenRefused,
        };
        Failure::new(exit, format!("the service refused the access token: {refused}"))
    }

    /// A token that has worked for a while is one that worked.
    fn rest(&mut self, pace: &mut Backoff) {
        if self
            .opened
            .take()
            .is_some_and(|opened| opened.elapsed() >= PROVED)
        {
            pace.forget();
        }
    }

    async fn hand(&mut self, token: AccessToken, client_token: Option<ClientToken>) -> Result<(), Failure> {
        self.refused = None;
        let Some(tunnel) = &self.tunnel else { return Ok(()) };
        let handed = tunnel.replace_token(token, client_token).await;
        handed.map_err(|error| Failure::new(Exit::Failed, error))
    }

    async fn stop(mut self, mut signals: Signals) -> Result<(), Failure> {
        let Some(tunnel) = self.tunnel.take() else {
            return Ok(());
        };
        tokio::select! {
            () = tunnel.close() => Ok(()),
            () = signals.next() => Err(Failure::new(Exit::Failed, "ended by a second signal")),
        }
    }
}

/// Whether a connection is tried again after so many failures in a row.
pub(super) fn may_go_on(failures: u32, retries: Option<u32>) -> Result<(), Failure> {
    match retries {
        Some(retries) if failures > retries => Err(Failure::new(
            Exit::Failed,
            format!("the service was not reached, and was tried again {retries} times"),
        )),
        _ => Ok(()),
    }
}

/// Whether a refusal says that the tunnel is closed. The status is the same as of any other (data-plane.md §1).
pub(super) fn says_closed(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("tunnel is closed") || reason.contains("no such tunnel")
}

/// Rotates: at once, or after the wait that earlier rotations cost.
fn rotate<'r>(rotator: &'r Rotator, pace: &mut Backoff) -> Rotating<'r> {
    let wait = match pace.failures() {
        0 => {
            // The next one waits.
            let _ = pace.next_wait();
            Duration::ZERO
        }
        _ => pace.next_wait(),
    };
    if !wait.is_zero() {
        tracing::info!(tunnel_id = %rotator.tunnel_id(), wait = ?wait, "the next rotation waits");
    }
    Box::pin(async move {
        sleep(wait).await;
        rotator.rotate().await
    })
}

/// Ends the program, or says that it is tried again.
fn give_up_or_wait(error: &RotateError) -> Result<(), Failure> {
    match error.verdict() {
        Verdict::Retry => {
            tracing::warn!(%error, "RotateTunnelAccessToken failed; it is tried again");
            Ok(())
        }
        Verdict::End(exit) => Err(Failure::new(
            exit,
            format!("RotateTunnelAccessToken failed: {error}"),
        )),
    }
}

/// The end of a rotation; never, if there is none.
async fn ended(rotating: &mut Option<Rotating<'_>>) -> Result<AccessToken, RotateError> {
    match rotating {
        Some(rotating) => rotating.await,
        None => std::future::pending().await,
    }
}

/// The end of the one connection of standard input and output; never, if there is none.
async fn used_up(standard_streams: Option<&mut StandardStreams>) -> Result<(), Failure> {
    match standard_streams {
        Some(streams) => streams.ended().await,
        None => std::future::pending().await,
    }
}

/// The next change of the token file; never, if there is none.
async fn changed(file: Option<&TokenFile>) {
    match file {
        Some(file) => file.changed().await,
        None => std::future::pending().await,
    }
}
