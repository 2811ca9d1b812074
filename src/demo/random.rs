//! Seeded numbers, and how measured values move: slow walks and waves.

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and quite random enough for a thermometer.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// Different names give different numbers from one seed (FNV-1a over the name).
    pub(super) fn new(seed: u64, name: &str) -> Self {
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(seed ^ hash)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        low + unit * (high - low)
    }

    /// True once in `n` on average.
    pub(super) fn once_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n.max(1))
    }
}

/// A value that wanders between bounds, a step at a time.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    value: f64,
    low: f64,
    high: f64,
    step: f64,
}

impl Walk {
    pub(super) const fn new(value: f64, low: f64, high: f64, step: f64) -> Self {
        Self {
            value,
            low,
            high,
            step,
        }
    }

    pub(super) fn next(&mut self, random: &mut Random) -> f64 {
        let moved = self.value + random.between(-self.step, self.step);
        self.value = moved.clamp(self.low, self.high);
        self.value
    }
}

/// A sine of this period, both in the same unit: -1 to 1.
pub(super) fn wave(at: f64, period: f64) -> f64 {
    (at / period * std::f64::consts::TAU).sin()
}

/// Rounded to so many decimals, as a sensor reports it.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_name_give_the_same_numbers() {
        let numbers = |seed, name| {
            let mut random = Random::new(seed, name);
            [random.next(), random.next()]
        };
        assert_eq!(numbers(1, "a"), numbers(1, "a"));
        assert_ne!(numbers(1, "a"), numbers(2, "a"));
        assert_ne!(numbers(1, "a"), numbers(1, "b"));
    }

    #[test]
    fn a_walk_moves_and_stays_within_its_bounds() {
        let mut random = Random::new(1, "walk");
        let mut walk = Walk::new(21.0, 19.0, 23.0, 0.5);
        let values: Vec<_> = (0..1000).map(|_| walk.next(&mut random)).collect();
        assert!(values.iter().all(|value| (19.0..=23.0).contains(value)));
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 0.5));
        assert!(values.iter().any(|value| *value < 20.0) && values.iter().any(|value| *value > 22.0));
    }
}
