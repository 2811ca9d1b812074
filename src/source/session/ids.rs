//! Packet ids (MQTT 5 §2.2.1): given out in turn, each again only after it came back.

/// The ids in use, 1 to 65,535, shared by PUBLISH, SUBSCRIBE and UNSUBSCRIBE.
pub struct Ids {
    last: u16,
    used: Box<[u64; 1024]>,
    count: u32,
}

impl Ids {
    /// None in use.
    pub fn new() -> Self {
        Self {
            last: 0,
            used: Box::new([0; 1024]),
            count: 0,
        }
    }

    /// The next free one behind the last given; `None` if all are in use.
    pub fn take(&mut self) -> Option<u16> {
        if self.count == 65_535 {
            return None;
        }
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !self.is_used(self.last) {
                self.set(self.last, true);
                self.count += 1;
                return Some(self.last);
            }
        }
    }

    /// Gives one back after its final ack.
    pub fn give_back(&mut self, id: u16) {
        if self.is_used(id) {
            self.set(id, false);
            self.count -= 1;
        }
    }

    /// Whether it is given out.
    pub fn is_used(&self, id: u16) -> bool {
        self.used
            .get(usize::from(id / 64))
            .is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    fn set(&mut self, id: u16, is_used: bool) {
        let word = self
            .used
            .get_mut(usize::from(id / 64))
            .expect("1024 words hold every u16");
        if is_used {
            *word |= 1 << (id % 64);
        } else {
            *word &= !(1 << (id % 64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_given_again_before_it_came_back() {
        let mut ids = Ids::new();
        let first = ids.take().unwrap();
        for _ in 0..65_534 {
            assert_ne!(ids.take(), Some(first));
        }
        assert_eq!(ids.take(), None);
        ids.give_back(first);
        assert_eq!(ids.take(), Some(first));
    }

    #[test]
    fn a_freed_id_rests_until_its_turn_comes() {
        let mut ids = Ids::new();
        assert_eq!(ids.take(), Some(1));
        ids.give_back(1);
        assert_eq!(ids.take(), Some(2));
        assert!(!ids.is_used(1) && ids.is_used(2) && !ids.is_used(0));
    }
}
