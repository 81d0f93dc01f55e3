//! The program's promises: what `iot-tunnel serve` prints, refuses, keeps, and how it stops.

mod agent;
mod data_plane;
mod killing;
mod localproxy;
mod logs;
mod proxy_ends;
mod proxy_flags;
mod proxy_tokens;
mod proxy_ways;
mod proxying;
mod refusals;
mod running;
mod starting;
mod stopping;
mod unread_log;
