//! Questions about the policies themselves: may X do Y and why, and what would other policies have decided?

pub mod explain;
pub mod replay;
mod verdict;
