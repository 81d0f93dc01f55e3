//! What the programs `iot-tunnel proxy`, `iot-tunnel agent` and `localproxy` have in common.

mod backoff;
mod exit;
mod journal;
mod mapping;
mod quiet;
mod ready;
mod shared;
mod signals;
mod text;

pub(crate) use backoff::Backoff;
pub use exit::{Exit, Failure};
pub(crate) use journal::note;
pub use mapping::{MAX_OFFERED, Mapping, MappingError, Mappings};
pub(crate) use quiet::Quiet;
pub use quiet::without_secrets;
pub use ready::print_ready;
pub(crate) use shared::MAX_BACKOFF;
pub use shared::{Connections, Shared};
pub(crate) use signals::Signals;
pub(crate) use text::{access_token, client_token, region, unwrapped};
