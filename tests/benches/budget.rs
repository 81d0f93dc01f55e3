//! What was measured, beside what is allowed.

use std::fmt;
use std::process::ExitCode;

/// One promise about speed or memory.
pub(crate) struct Budget {
    /// What is measured.
    pub(crate) what: String,
    /// What came out.
    pub(crate) measured: f64,
    /// The most that is allowed, in the same unit.
    pub(crate) allowed: f64,
    /// The unit of both, such as `ms`.
    pub(crate) unit: &'static str,
}

impl Budget {
    fn is_met(&self) -> bool {
        self.measured <= self.allowed
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            measured,
            allowed,
            unit,
        } = self;
        let verdict = if self.is_met() { "met" } else { "MISSED" };
        write!(
            f,
            "{what:<65} {measured:>9.2} {unit:<5} allowed {allowed:>5} {unit:<5} {verdict}"
        )
    }
}

/// Prints a line for each budget; the code is 1 if one of them is missed.
pub(crate) fn judge(budgets: &[Budget]) -> ExitCode {
    println!("\nbudgets");
    for budget in budgets {
        println!("  {budget}");
    }
    ExitCode::from(u8::from(!budgets.iter().all(Budget::is_met)))
}

/// Whether `cargo bench` has started this program. `cargo test --benches` runs it too, only to see that it runs.
pub(crate) fn is_measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}
