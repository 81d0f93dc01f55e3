//! The JSON of the API, in fixed memory.
//!
//! Reading goes in three steps, each with its own kind of error:
//!
//! 1. [`check`] judges the whole text by RFC 8259 and bounds its nesting ([`JsonFault`]);
//! 2. the members that the message knows are found in it ([`Unexpected`]: a wrong type, or a name twice);
//! 3. the values are parsed into the types of this crate ([`Violation`]).
//!
//! After step 1 a text needs no second judgement, so steps 2 and 3 go over it as it stands: nothing is copied but
//! the values, nothing recurses, and [`Text`] decodes. Writing puts bytes one after the other, and formats nothing.
//!
//! | message | read | written |
//! |---|---|---|
//! | [`RotateRequest`] | by the service | by clients |
//! | [`RotateResponse`] | by clients | by the service |
//! | [`ErrorBody`] | by clients | by the service |
//! | [`Notification`] | by devices | by the service |
//!
//! What is written is compact, in the order of the API's model, and leaves absent members out.

mod error_body;
mod fault;
mod guard;
mod in_place;
mod notification;
mod object;
mod rotate_request;
mod rotate_response;
mod scanner;
mod services;
mod text;
mod token;
mod violation;
mod write;

#[cfg(test)]
mod properties;

pub use error_body::ErrorBody;
pub use fault::{BodyFault, BufferTooSmall, JsonFault, JsonFaultKind, MessageFault, Problem, Unexpected};
pub use guard::{MAX_DEPTH, check};
pub use notification::{Notification, NotificationRef};
pub use rotate_request::{
    DestinationConfigRef, RotateRequest, RotateRequestError, RotateRequestRef, Violations,
};
pub use rotate_response::{RotateResponse, RotateResponseRef};
pub use text::{Chars, Text};
pub use violation::{Constraint, MAX_ECHO, MAX_LISTED, Path, ValidationMessage, Value, Violation};
