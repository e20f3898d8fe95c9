//! A live line on a terminal; elsewhere one line for each change, because logs keep everything.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{note, visible};

/// Shows what is going on until it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    last: String,
}

impl Progress {
    /// Of so many steps; of none, for waiting.
    pub(super) fn new(steps: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::stderr());
        let template = match steps {
            Some(_) => "{spinner} {wide_msg} {pos}/{len} {bar:24}",
            None => "{spinner} {wide_msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, last: String::new() }
    }

    /// Says what is going on.
    pub(super) fn say(&mut self, words: String) {
        if words == self.last {
            return;
        }
        if self.bar.is_hidden() {
            note(&words);
        } else {
            self.bar.set_message(visible(&words));
        }
        self.last = words;
    }

    /// One step is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
