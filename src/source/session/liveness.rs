//! When to send PINGREQ, and when a peer counts as dead (MQTT 5 §3.1.2.10).
//!
//! ```text
//! nothing sent, or nothing received, for one keep alive ──▶ PINGREQ ──½ keep alive, while we read──▶ dead
//! ```

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// Send PINGREQ.
    Ping,
    /// No PINGRESP in time.
    Dead,
}

/// The clockwork of one connection; times are microseconds of the mono clock.
pub struct Liveness {
    /// 0: off.
    keep_alive_us: u64,
    last_sent: u64,
    last_received: u64,
    /// PINGREQ sent and not answered: more than one only while we do not read, or read something large.
    unanswered: u32,
    /// By when PINGRESP must be here, if one is awaited.
    answer_by: Option<u64>,
    /// Since when the socket is not read.
    paused_at: Option<u64>,
}

impl Liveness {
    /// From CONNACK on; `keep_alive` in seconds.
    pub fn new(keep_alive: u16, now: u64) -> Self {
        Self {
            keep_alive_us: u64::from(keep_alive) * 1_000_000,
            last_sent: now,
            last_received: now,
            unanswered: 0,
            answer_by: None,
            paused_at: None,
        }
    }

    /// Something was written.
    pub fn on_sent(&mut self, now: u64) {
        self.last_sent = now;
    }

    /// Something was read. `has_more`: a packet is half read or the kernel holds more, so that a PINGRESP
    /// would still be on its way behind it.
    pub fn on_received(&mut self, now: u64, has_more: bool) {
        self.last_received = now;
        if has_more {
            self.extend_to(now + self.keep_alive_us / 2);
        }
    }

    /// PINGREQ was handed to the socket.
    pub fn on_ping(&mut self, now: u64) {
        self.unanswered += 1;
        self.answer_by.get_or_insert(now + self.keep_alive_us / 2);
    }

    /// PINGRESP came; false: nobody asked.
    pub fn on_pong(&mut self, now: u64) -> bool {
        if self.unanswered == 0 {
            return false;
        }
        self.unanswered -= 1;
        self.answer_by = (self.unanswered > 0).then_some(now + self.keep_alive_us / 2);
        true
    }

    /// The socket is no longer read: the peer's silence is ours now.
    pub fn pause(&mut self, now: u64) {
        self.paused_at.get_or_insert(now);
    }

    /// The socket is read again.
    pub fn resume(&mut self, now: u64) {
        if let Some(paused_at) = self.paused_at.take() {
            let paused = now.saturating_sub(paused_at);
            self.last_received += paused;
            if let Some(by) = &mut self.answer_by {
                *by += paused;
            }
        }
    }

    fn extend_to(&mut self, time: u64) {
        if let Some(by) = &mut self.answer_by {
            *by = time.max(*by);
        }
    }

    /// What is due now.
    pub fn due(&self, now: u64) -> Due {
        if self.dead_at().is_some_and(|at| at <= now) {
            Due::Dead
        } else if self.ping_at().is_some_and(|at| at <= now) {
            Due::Ping
        } else {
            Due::Nothing
        }
    }

    /// When something will be due next, if nothing happens until then.
    pub fn deadline(&self) -> Option<u64> {
        [self.ping_at(), self.dead_at()].into_iter().flatten().min()
    }

    fn dead_at(&self) -> Option<u64> {
        self.answer_by.filter(|_| self.paused_at.is_none())
    }

    /// Silence of the peer asks for a PINGREQ only where its answer could be read.
    fn ping_at(&self) -> Option<u64> {
        let since = if self.paused_at.is_some() || self.unanswered > 0 {
            self.last_sent
        } else {
            self.last_sent.min(self.last_received)
        };
        (self.keep_alive_us > 0).then(|| since + self.ping_after())
    }

    /// One keep alive, less the coarseness of timers: the server's clock may not see more than one.
    fn ping_after(&self) -> u64 {
        self.keep_alive_us - (self.keep_alive_us / 20).min(50_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    #[test]
    fn ping_is_due_when_either_direction_was_silent_for_one_keep_alive() {
        for (sent, received, now, due) in [
            (0, 0, 9 * S, Due::Nothing),
            (0, 0, 10 * S, Due::Ping),
            (9 * S, 0, 10 * S, Due::Ping),
            (0, 9 * S, 10 * S, Due::Ping),
            (9 * S, 9 * S, 18 * S, Due::Nothing),
        ] {
            let mut liveness = Liveness::new(10, 0);
            liveness.on_sent(sent);
            liveness.on_received(received, false);
            assert_eq!(liveness.due(now), due, "{sent} {received} {now}");
        }
    }

    #[test]
    fn peer_is_dead_half_a_keep_alive_after_an_unanswered_ping() {
        let mut liveness = Liveness::new(10, 0);
        liveness.on_ping(10 * S);
        liveness.on_sent(10 * S);
        assert_eq!(liveness.due(15 * S - 1), Due::Nothing);
        assert_eq!(liveness.due(15 * S), Due::Dead);
        assert!(liveness.on_pong(12 * S) && !liveness.on_pong(12 * S));
    }

    #[test]
    fn time_in_which_we_did_not_read_does_not_count_against_the_peer() {
        let mut liveness = Liveness::new(10, 0);
        liveness.on_ping(10 * S);
        liveness.pause(12 * S);
        liveness.on_sent(100 * S);
        assert_eq!(liveness.due(100 * S), Due::Nothing);
        liveness.resume(100 * S);
        assert_eq!(liveness.due(103 * S - 1), Due::Nothing);
        assert_eq!(liveness.due(103 * S), Due::Dead);
    }

    #[test]
    fn ping_is_sent_while_we_do_not_read() {
        let mut liveness = Liveness::new(10, 0);
        liveness.pause(S);
        for at in [10 * S, 20 * S] {
            assert_eq!(liveness.due(at), Due::Ping);
            liveness.on_ping(at);
            liveness.on_sent(at);
            assert_eq!(liveness.due(at), Due::Nothing);
        }
        liveness.resume(25 * S);
        assert!(liveness.on_pong(25 * S) && liveness.on_pong(25 * S));
        assert_eq!(liveness.due(29 * S), Due::Nothing);
    }

    #[test]
    fn a_pong_behind_a_large_packet_is_waited_for() {
        let mut liveness = Liveness::new(10, 0);
        liveness.on_ping(10 * S);
        liveness.on_sent(10 * S);
        liveness.on_received(14 * S, true);
        assert_eq!(liveness.due(18 * S), Due::Nothing);
        assert_eq!(liveness.due(19 * S), Due::Dead);
    }

    #[test]
    fn keep_alive_zero_asks_for_nothing() {
        let liveness = Liveness::new(0, 0);
        assert_eq!(
            (liveness.deadline(), liveness.due(u64::MAX)),
            (None, Due::Nothing)
        );
    }
}
