//! Who asks, and what they may do: verification and permission for `--credentials FILE`.
//!
//! 1. [`Credentials::load`] reads the keys and what each of them may do.
//! 2. [`Credentials::authenticate`] recomputes a request's SigV4 signature and finds the [`Key`] behind it.
//! 3. [`Key::permits`] judges what the request asks for, after the IAM condition keys.
//!
//! Nothing here reads a clock, opens a socket or writes a log: the time is passed in, and the caller reports.
//! No error, `Debug` print or message holds a secret access key, or the signature that was expected.

mod allowed;
mod credentials;
mod error;
mod key;
mod permission;
mod sigv4;

pub use credentials::{Credentials, CredentialsError, CredentialsFileError, ExposedFile, LoadedCredentials};
pub use error::{AuthenticationError, AuthorizationPart};
pub use key::{AccessKeyId, Key};
pub use permission::{ACTIONS, AccessDenied, Asked, Denial, Destination};
pub use sigv4::{CLOCK_WINDOW_SECONDS, SIGNING_NAME, SignedRequest};
