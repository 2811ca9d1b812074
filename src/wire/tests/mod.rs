//! Tests of the room as a whole: vectors by hand, laws over arbitrary packets and bytes, a foreign codec as oracle.

mod arbitrary;
mod encoding;
mod fields;
mod invalid;
mod laws;
mod oracle_v3;
mod oracle_v5;
mod secrets;
mod tables;
mod valid;
