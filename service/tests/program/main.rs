//! The program's promises: what `iot-tunnel serve` prints, refuses, keeps, and how it stops.

mod data_plane;
mod killing;
mod logs;
mod refusals;
mod running;
mod starting;
mod stopping;
