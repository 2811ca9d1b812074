//! A device's beat, which ends with the demo.

use std::{future::Future, time::Duration};

use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval},
};

pub(super) struct Pulse {
    interval: Interval,
    stopped: watch::Receiver<bool>,
}

impl Pulse {
    pub(super) fn new(period: Duration, stopped: watch::Receiver<bool>) -> Self {
        let mut interval = interval(period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { interval, stopped }
    }

    /// Waits for the next beat, the first comes at once; `false`: the demo ends.
    pub(super) async fn beat(&mut self) -> bool {
        tokio::select! { biased;
            _ = self.stopped.wait_for(|is_stopped| *is_stopped) => false,
            _ = self.interval.tick() => true,
        }
    }

    /// Waits for `work`, not for the beat; `None`: the demo ends.
    pub(super) async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! { biased;
            _ = self.stopped.wait_for(|is_stopped| *is_stopped) => None,
            done = work => Some(done),
        }
    }
}
