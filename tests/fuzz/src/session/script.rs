//! [`Script`]: what is done with a session, as the fuzzer's bytes say it.

use iot_tunnel_core::Side;
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::session::MIN_OUTGOING;
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

/// A session and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Which session.
    pub setup: Setup,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// How the session is made: two bytes, whose parts are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Bit 0: side. Bits 1–2: the newest format. Bits 3–4: services, 0 for one without a name.
    pub kind: u8,
    /// Bits 0–3: the room for what is to be sent. Bits 4–7: the longest payload.
    pub sizes: u8,
}

impl Setup {
    /// The names of services that there are.
    pub const NAMES: [&str; 3] = ["SSH", "RDP", "VNC"];

    /// The side.
    #[must_use]
    pub const fn side(self) -> Side {
        match self.kind & 1 {
            0 => Side::Source,
            _ => Side::Destination,
        }
    }

    /// The newest format that a source speaks.
    #[must_use]
    pub const fn format(self) -> Subprotocol {
        subprotocol(self.kind >> 1)
    }

    /// The session's services; none: it has one without a name.
    #[must_use]
    pub fn services(self) -> &'static [&'static str] {
        &Self::NAMES[..usize::from(self.kind >> 3 & 3)]
    }

    /// How many services the session has.
    #[must_use]
    pub fn count(self) -> usize {
        self.services().len().max(1)
    }

    /// The room for what is to be sent, in bytes.
    #[must_use]
    pub fn outgoing(self) -> usize {
        MIN_OUTGOING + 50 * usize::from(self.sizes & 15)
    }

    /// The longest payload that is sent, in bytes.
    #[must_use]
    pub fn max_payload(self) -> usize {
        1 + 20 * usize::from(self.sizes >> 4)
    }
}

/// V1, V2, and twice as often V3.
#[must_use]
pub const fn subprotocol(number: u8) -> Subprotocol {
    match number & 3 {
        0 | 1 => Subprotocol::V3,
        2 => Subprotocol::V2,
        _ => Subprotocol::V1,
    }
}

/// Defines the steps: each is its place in this table as one byte, and a byte for each of its operands. Every byte says
/// something, so that no change of the fuzzer's is in vain.
macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident { $($operand:ident),* };)+) => {
        /// One thing that happens. What the operands mean is in [`driver`](super::driver).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the operands are numbers that say what their names say")]
        pub enum Step {
            $($(#[$doc])* $step { $($operand: u8),* },)+
        }

        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the numbers of the steps")]
        enum Number { $($step,)+ Count }

        impl Step {
            fn read(input: &mut Unstructured<'_>) -> Result<Self> {
                let number = input.arbitrary::<u8>()? % Number::Count as u8;
                $(if number == Number::$step as u8 {
                    return Ok(Self::$step { $($operand: input.arbitrary()?),* });
                })+
                unreachable!("every number is a step's")
            }

            fn write(self, input: &mut Vec<u8>) {
                match self {
                    $(Self::$step { $($operand),* } => {
                        input.extend_from_slice(&[Number::$step as u8, $($operand),*]);
                    })+
                }
            }
        }
    };
}

steps! {
    /// A token comes.
    Token { number, binding };
    /// The upgrade request is answered.
    Upgrade { kind };
    /// The service announces services.
    ServiceIds { which };
    /// A message of the other side arrives, about a connection that there is or was.
    About { message_type, which, change, length };
    /// A message of the other side arrives, with ids of its own.
    Message { message_type, stream, connection, service };
    /// Any bytes arrive.
    Bytes { first, second, third };
    /// The application stops reading, or reads again.
    Pause { paused };
    /// What has arrived is read, in other pieces.
    Read { piece };
    /// A pong arrives.
    Pong {};
    /// A ping arrives.
    Ping {};
    /// The socket is closed.
    Closed { reason };
    /// Time passes.
    Time { how };
    /// The application opens a connection.
    Open { service };
    /// The application sends.
    Send { which, length };
    /// The caller sends bytes of the application itself, from where they lie.
    Envelope { which, length };
    /// The application ends a connection.
    Reset { which };
    /// The caller does the next thing there is to do, and of sending only a part.
    Poll { part };
    /// The caller does everything there is to do.
    PollAll {};
    /// The caller says that more was sent than there was.
    SentTooMuch {};
    /// The session is ended, if the operand says so twice.
    Close { sure };
}

impl Script {
    /// Most steps: enough for several connections, and a bound to the time that an input takes.
    const MAX_STEPS: usize = 400;

    /// The input of a script.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut input = vec![self.setup.kind, self.setup.sizes];
        for step in &self.steps {
            step.write(&mut input);
        }
        input
    }
}

impl<'a> Arbitrary<'a> for Script {
    /// Reads an input to its end, and goes on with zeros where a step is cut.
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let setup = Setup {
            kind: input.arbitrary()?,
            sizes: input.arbitrary()?,
        };
        let mut steps = Vec::new();
        while !input.is_empty() && steps.len() < Self::MAX_STEPS {
            steps.push(Step::read(input)?);
        }
        Ok(Self { setup, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_comes_back_from_the_bytes_that_say_it() {
        for number in 0..=u8::MAX {
            let input: Vec<u8> = (0..200)
                .map(|index| number.wrapping_mul(index).wrapping_add(index))
                .collect();
            let read = |input: &[u8]| Script::arbitrary(&mut Unstructured::new(input)).unwrap();
            assert_eq!(read(&read(&input).write()), read(&input));
        }
    }
}
