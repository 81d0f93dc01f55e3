//! The body of every failed call: `{"__type":"<exception>","message":"<text>"}`.

use core::fmt::Display;

use super::fault::{BufferTooSmall, MessageFault};
use super::guard;
use super::object::{Member, Value};
use super::text::Text;
use super::violation::Constraint;
use super::write::write;

const TYPE: &str = "__type";
const MESSAGE: &str = "message";
static KNOWN: [Member; 3] = [Member::text(TYPE), Member::text(MESSAGE), Member::text("Message")];

/// An exception and its message. The message may be anything that displays, so an error needs no copy of its text.
///
/// ```
/// use iot_tunnel_core::json::{ErrorBody, RotateRequest};
/// let error = RotateRequest::parse(b"[]").unwrap_err();
/// let mut buffer = [0; 256];
/// let body = ErrorBody { exception: error.exception().into(), message: error };
/// let length = body.write(&mut buffer).unwrap();
/// assert_eq!(
///     &buffer[..length],
///     br#"{"__type":"SerializationException","message":"the body must be a JSON object"}"#
/// );
/// let read = ErrorBody::parse(&buffer[..length]).unwrap();
/// assert!(read.exception == "SerializationException");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorBody<'a, M = Text<'a>> {
    /// The exception's name, such as `ValidationException`.
    pub exception: Text<'a>,
    /// What went wrong, for people.
    pub message: M,
}

impl<'a> ErrorBody<'a> {
    /// Reads an answer's body as AWS clients do: the name may stand between a namespace with `#` and a URI with `:`,
    /// the message may be named `Message`, and it may be missing.
    ///
    /// # Errors
    /// [`MessageFault`]: the first thing wrong with it.
    pub fn parse(body: &'a [u8]) -> Result<Self, MessageFault> {
        let [exception, message, capital_message] =
            Value::of(guard::check(body)?).read::<_, MessageFault>("", &KNOWN)?;
        let exception: Text<'_> = exception
            .text()
            .ok_or(Constraint::NotNull)
            .map_err(MessageFault::member(TYPE))?
            .into();
        let exception = exception.split_once(':').map_or(exception, |(name, _)| name);
        let exception = exception.split_once('#').map_or(exception, |(_, name)| name);
        let message = message.text().or(capital_message.text());
        Ok(Self {
            exception,
            message: message.map(Into::into).unwrap_or_default(),
        })
    }
}

impl<M: Display> ErrorBody<'_, M> {
    /// Writes the body to the start of `buffer`; returns its length in bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(buffer, |json| {
            json.open(b'{');
            json.name(TYPE);
            json.displayed(&self.exception);
            json.name(MESSAGE);
            json.displayed(&self.message);
            json.close(b'}');
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_as_aws_clients_read_them() {
        for (body, exception, message) in [
            (r#"{"__type":"A","message":"m"}"#, "A", "m"),
            (r#"{"__type":"ns#A","Message":"m"}"#, "A", "m"),
            (
                r#"{"__type":"n.s\u0023A:http://x/#y","message":"m","Message":"n"}"#,
                "A",
                "m",
            ),
            (r#"{"__type":"A","message":null,"x":[]}"#, "A", ""),
        ] {
            let read = ErrorBody::parse(body.as_bytes()).unwrap();
            assert!(read.exception == exception && read.message == message, "{body}");
        }
        assert!(ErrorBody::parse(br#"{"message":"m"}"#).is_err());
    }
}
