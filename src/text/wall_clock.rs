//! Moments on the wall clock as times of day in the user's time zone.

use std::{env, fmt::Write, fs};

use jiff::{Timestamp, tz::TimeZone};

const DAY_US: i64 = 86_400_000_000;

/// Turns microseconds since the epoch into local times of day.
///
/// The offset around the moment it was made for is kept, so that a row costs a few divisions; moments
/// beyond the next or before the last change of the offset ask the time zone.
#[derive(Debug, Clone)]
pub struct WallClock {
    zone: TimeZone,
    offset_us: i64,
    valid_from_us: i64,
    valid_until_us: i64,
}

impl WallClock {
    /// A clock for `zone`, quick around the moment `now_us`.
    pub fn new(zone: TimeZone, now_us: i64) -> Self {
        let now = timestamp(now_us);
        // `preceding` is strict: a microsecond later it includes a change at this very moment.
        let before = zone.preceding(timestamp(now_us.saturating_add(1))).next();
        let after = zone.following(now).next();
        Self {
            offset_us: offset_us(&zone, now),
            valid_from_us: before.map_or(i64::MIN, |change| change.timestamp().as_microsecond()),
            valid_until_us: after.map_or(i64::MAX, |change| change.timestamp().as_microsecond()),
            zone,
        }
    }

    /// A clock for the zone the system is set to.
    pub fn system(now_us: i64) -> Self {
        Self::new(system_zone(), now_us)
    }

    /// A clock that shows UTC, for tests and `TZ`-free output.
    pub fn utc() -> Self {
        Self::new(TimeZone::UTC, 0)
    }

    /// `14:03:22.145`.
    pub fn time_of_day(&self, us: i64) -> String {
        let mut out = String::with_capacity(12);
        self.push_time_of_day(&mut out, us);
        out
    }

    /// Appends `14:03:22.145`.
    pub fn push_time_of_day(&self, out: &mut String, us: i64) {
        let of_day = us.saturating_add(self.offset_at(us)).rem_euclid(DAY_US);
        let (seconds, millis) = (of_day / 1_000_000, of_day % 1_000_000 / 1000);
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        // Writing to a String cannot fail.
        let _ = write!(out, "{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60);
    }

    /// `2026-11-20 14:03:22.145`.
    pub fn date_time(&self, us: i64) -> String {
        let date = timestamp(us).to_zoned(self.zone.clone()).date();
        format!("{date} {}", self.time_of_day(us))
    }

    fn offset_at(&self, us: i64) -> i64 {
        if (self.valid_from_us..self.valid_until_us).contains(&us) {
            self.offset_us
        } else {
            offset_us(&self.zone, timestamp(us))
        }
    }
}

/// Clamped into the years jiff knows.
fn timestamp(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(if us < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn offset_us(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds()) * 1_000_000
}

/// The time zone the system is set to.
///
/// jiff finds it by its name among all zones there are, for which it lists some twenty folders; without `TZ` the
/// file itself is enough.
pub fn system_zone() -> TimeZone {
    if env::var_os("TZ").is_some() {
        return TimeZone::system();
    }
    local_file().unwrap_or_else(TimeZone::system)
}

fn local_file() -> Option<TimeZone> {
    const FILE: &str = "/etc/localtime";
    let target = fs::read_link(FILE).ok()?;
    let (_, name) = target.to_str()?.rsplit_once("zoneinfo/")?;
    TimeZone::tzif(name, &fs::read(FILE).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    #[test]
    fn times_follow_the_zone_across_its_changes() {
        // 2026-10-25 01:00 UTC: summer time ends in Berlin.
        let change = 1_792_890_000_000_000;
        let zone = TimeZone::posix(BERLIN).unwrap();
        for made_at in [change - DAY_US, change, change + DAY_US] {
            let clock = WallClock::new(zone.clone(), made_at);
            assert_eq!(clock.time_of_day(change - 1000), "02:59:59.999");
            assert_eq!(clock.time_of_day(change), "02:00:00.000");
            assert_eq!(clock.time_of_day(change + 200 * DAY_US), "03:00:00.000");
        }
    }

    #[test]
    fn utc_and_moments_nobody_lives_in() {
        let clock = WallClock::utc();
        assert_eq!(clock.time_of_day(50_602_145_999), "14:03:22.145");
        assert_eq!(clock.date_time(50_602_145_000), "1970-01-01 14:03:22.145");
        assert_eq!(clock.time_of_day(-1), "23:59:59.999");
        assert_eq!(
            clock.time_of_day(i64::MIN).len() + clock.time_of_day(i64::MAX).len(),
            24
        );
    }

    #[test]
    fn the_zone_of_the_file_is_the_systems() {
        for us in [0, 1_700_000_000_000_000, 1_720_000_000_000_000] {
            let moment = timestamp(us);
            assert_eq!(
                system_zone().to_offset(moment),
                TimeZone::system().to_offset(moment)
            );
        }
    }
}
