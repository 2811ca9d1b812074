//! Tests of the room as a whole: vectors by hand, laws over arbitrary packets and bytes, a foreign codec as oracle.

mod valid;
