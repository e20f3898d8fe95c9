//! Stories at the door and behind it, told to a browser inside the test.

mod audit;
mod forms;
mod operators;
mod second_factor;
mod sessions;
mod sign_in;
mod tokens;
