//! A session and everything that can happen to it, in any order: what must always hold is asserted where the script is
//! played, and by the twin that is told only what counts.
#![no_main]

use iot_tunnel_fuzz::session::driver::Driver;
use iot_tunnel_fuzz::session::script::Script;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: Script| Driver::run(&script));
