//! Every case of the vector files that this parts can answer. `make vectors` runs this.

mod ids;
mod scenarios_table;
