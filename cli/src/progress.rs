//! A sign of life for long work, where a person is watching.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// How long work may take before it is worth a sign. Most answers come sooner, and a line that
/// flashes up tells nobody anything.
const QUIET: Duration = Duration::from_millis(300);

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error that moves while work is under way, and leaves nothing behind.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: bool,
    watched: bool,
}

impl Progress {
    /// A sign for work of so many pieces; none where nobody is watching.
    pub(crate) fn new(watched: bool, pieces: usize, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template =
            if pieces > 1 { "{spinner} {msg} {pos} of {len}" } else { "{spinner} {msg} {elapsed}" };
        bar.set_length(u64::try_from(pieces).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self { bar, started: Instant::now(), shown: false, watched }
    }

    /// Shows the sign, once the work has taken long enough.
    pub(crate) fn show_when_due(&mut self) {
        if self.watched && !self.shown && self.started.elapsed() >= QUIET {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// Another piece is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Waits for work, showing the sign in time.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            let due = QUIET.saturating_sub(self.started.elapsed());
            if !self.watched || self.shown {
                return work.await;
            }
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(due) => self.show_when_due(),
            }
        }
    }

    /// Waits for work, showing the sign in time and saying how far it has come.
    pub(crate) async fn told<T>(
        &mut self,
        work: impl Future<Output = T>,
        say: impl Fn() -> String,
    ) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(TICK), if self.watched => {
                    self.show_when_due();
                    self.bar.set_message(say());
                }
            }
        }
    }

    /// Takes the sign away while something else is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
