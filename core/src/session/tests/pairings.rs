//! V1, V2 and V3, in all pairings: those that data-plane.md §3 and §4 allow carry bytes, all others fail at once.

use super::pair::Pair;
use super::rig::{Seen, services};
use crate::error::{Capacity, Error, Misuse};
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::{Config, Progress};
use crate::wire::MessageType::{Data, StreamStart};

/// How an end's services are configured.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Services {
    One,
    Two,
    Unnamed,
}

/// What a source and a destination bring, and what the service makes of it.
#[derive(Clone, Copy, Debug)]
struct Pairing {
    /// The format that the source is told to speak.
    format: Subprotocol,
    source: Subprotocol,
    destination: Subprotocol,
    source_has: Services,
    destination_has: Services,
    tunnel: &'static [&'static str],
}

impl Pairing {
    fn every() -> impl Iterator<Item = Self> {
        let versions = || Subprotocol::EVERY.into_iter();
        let services = || [Services::One, Services::Two, Services::Unnamed].into_iter();
        let tunnels = || [&[][..], &["SSH"], &["SSH", "RDP"]].into_iter();
        versions()
            .flat_map(move |format| versions().map(move |source| (format, source)))
            .flat_map(move |pair| versions().map(move |destination| (pair, destination)))
            .flat_map(move |pair| services().map(move |source_has| (pair, source_has)))
            .flat_map(move |pair| services().map(move |destination_has| (pair, destination_has)))
            .flat_map(move |pair| tunnels().map(move |tunnel| (pair, tunnel)))
            .map(
                |(((((format, source), destination), source_has), destination_has), tunnel)| Self {
                    format,
                    source,
                    destination,
                    source_has,
                    destination_has,
                    tunnel,
                },
            )
    }

    /// Whether the source hears the names of the services: over V2 and V3, if there are any.
    fn source_hears_names(&self) -> bool {
        self.source > Subprotocol::V1 && !self.tunnel.is_empty()
    }

    /// The ids of the source's first stream, or why it opens none.
    fn spoken(&self) -> Result<(&'static str, u32), Error> {
        let format = self.format.min(self.source);
        let names = self.source_hears_names();
        match self.source_has {
            Services::Unnamed if names && self.tunnel.len() > 1 => Err(Misuse::ServiceNotChosen.into()),
            // Whoever has several services must be able to tell them apart.
            Services::Two if !names || format == Subprotocol::V1 => Err(Misuse::ServiceNeedsName.into()),
            _ => Ok((
                if names && format >= Subprotocol::V2 {
                    "SSH"
                } else {
                    ""
                },
                u32::from(format == Subprotocol::V3),
            )),
        }
    }

    /// Whether the destination knows which of its services that id means.
    fn understood(&self, id: &str) -> bool {
        let hears = self.destination > Subprotocol::V1;
        match (self.destination_has, id) {
            (Services::One, _) => true,
            (Services::Two, _) => id == "SSH",
            (Services::Unnamed, "") => !hears || self.tunnel.len() < 2,
            (Services::Unnamed, _) => hears && self.tunnel.len() == 1,
        }
    }

    fn pair(&self) -> Pair {
        let names = services(&["SSH", "RDP"]);
        let config = |side, has| match has {
            Services::One => Config::new(side, &names[..1]),
            Services::Two => Config::new(side, &names),
            Services::Unnamed => Config::unnamed(side),
        };
        let source = Config {
            format: self.format,
            ..config(Side::Source, self.source_has)
        };
        let destination = config(Side::Destination, self.destination_has);
        let accepted = [self.source, self.destination];
        Pair::new([source, destination], accepted, self.tunnel, (2_000, 2_000), 500)
    }
}

#[test]
fn every_pairing_carries_bytes_in_the_format_of_its_source_or_says_at_once_that_it_cannot() {
    let (mut carried, mut refused, mut unopened) = (0, 0, 0);
    for pairing in Pairing::every() {
        let mut pair = pairing.pair();
        pair.connect();
        let (id, connection_id) = match pairing.spoken() {
            Ok(ids) => ids,
            Err(error) => {
                assert_eq!(pair.ends[0].session.open(0), Err(error), "{pairing:?}");
                unopened += 1;
                continue;
            }
        };
        let connection = pair.open(0);
        let start = &pair.ends[0].said[0];
        let shape = (start.message_type, start.service.as_str(), start.connection);
        assert_eq!(shape, (StreamStart, id, connection_id), "{pairing:?}");
        if !pairing.understood(id) {
            let [source, _] = &mut pair.ends;
            let cut_off = match connection_id {
                0 => Seen::Ended(connection),
                _ => Seen::StreamEnded(0),
            };
            assert_eq!(source.seen.last(), Some(&cut_off), "{pairing:?}");
            let sent = source.session.send(connection, b"x");
            assert_eq!(sent, Err(Misuse::ConnectionEnded), "{pairing:?}");
            refused += 1;
            continue;
        }
        let data = std::format!("{pairing:?}").repeat(20);
        assert!(
            pair.echo(connection, data.as_bytes()) == data.as_bytes(),
            "{pairing:?}"
        );
        // The answers are in the same format, and only V3 has a second connection.
        let answers = pair.ends[1].said.iter();
        let mut shapes = answers.map(|sent| (sent.message_type, sent.service.as_str(), sent.connection));
        assert!(
            shapes.all(|shape| shape == (Data, id, connection_id)),
            "{pairing:?}"
        );
        match (pair.ends[0].session.open(0), connection_id) {
            (Ok(Progress::Done(second)), 1) => {
                assert!(pair.echo(second, b"second") == b"second", "{pairing:?}");
            }
            (second, _) => assert_eq!(second, Err(Capacity::OneConnectionOnly.into()), "{pairing:?}"),
        }
        // A connection that its source ends is over at both ends, and the next one works.
        pair.ends[0].session.reset(connection).unwrap();
        pair.drive();
        let next = pair.open(0);
        assert!(pair.echo(next, b"next") == b"next", "{pairing:?}");
        carried += 1;
    }
    // All 729 of them.
    assert_eq!((carried, refused, unopened), (344, 160, 225));
}
