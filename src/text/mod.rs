//! Text as people see it: the sanitiser every string from the network passes, widths in cells, and
//! numbers, sizes and times in words.
//!
//! Pure: no terminal, no clock, no protocol. Nothing that came from outside is shown without
//! [`sanitize`] or one of its siblings; what they return holds no control, bidi or invisible character.

mod duration;
mod quantity;
mod sanitize;
mod suggest;
mod units;
mod wall_clock;
mod width;
mod words;
mod wrap;

pub use duration::{age, delta, elapsed, latency};
pub use quantity::{count, grouped, grouped_with, rate, size, size_long};
pub use sanitize::{Glyphs, clip, expand_tabs, plain, push_byte, push_sanitized, sanitize, sanitize_bytes};
pub use suggest::nearest;
pub use units::{UnitError, parse_duration, parse_size};
pub use wall_clock::{WallClock, system_zone};
pub use width::{
    fit_topic, pad_end, pad_start, skip_cells, take_cells, truncate_end, truncate_middle, truncate_start,
    width,
};
pub use words::{join_words, split_words};
pub use wrap::wrap;
