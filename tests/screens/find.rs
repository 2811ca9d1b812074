//! Finding a message without hiding the rest.

use crate::{
    messages::{numbered, selected_payload},
    screen::{Screen, screen_with},
};

#[test]
fn find_goes_to_matches_without_hiding_the_rest() {
    let screen = numbered(1, 40).keys("3<c-f>no00<enter>");
    assert_eq!(selected_payload(&screen), "no009");
    let screen = screen.shows("all 40").keys("N");
    assert_eq!(selected_payload(&screen), "no008");
    let screen = screen.keys("n");
    assert_eq!(selected_payload(&screen), "no009");
    screen.keys("n").shows("no further match below");
}

/// So much to look through that no key does it in one go.
fn long_log() -> Screen {
    let mut screen = screen_with(|setup| setup.max_memory = 256 << 20)
        .connected("lab")
        .receive("a", "needle");
    for _ in 0..20 {
        screen = screen.receive("big", "x".repeat(2_500_000));
    }
    screen.keys("3")
}

#[test]
fn finding_in_a_long_log_goes_on_by_itself() {
    let screen = long_log().keys("<c-f>needle<enter>").shows("finding");
    let screen = screen.searched().hides("finding");
    assert_eq!(selected_payload(&screen), "needle");
    screen
        .keys("<end><c-f>nothing<enter>")
        .searched()
        .shows("no further match above");
}

#[test]
fn any_key_ends_finding_and_escape_does_no_more() {
    let screen = long_log().keys("z<c-f>needle<enter>").shows("finding");
    let screen = screen.keys("<esc>").hides("finding").shows("zoom");
    let screen = screen.keys("N").shows("finding").keys("<up>").searched();
    assert_ne!(selected_payload(&screen), "needle");
}

#[test]
fn what_a_filter_has_not_come_to_yet_is_found_too() {
    let screen = long_log().keys("/a<enter><c-f>needle<enter>").searched();
    assert_eq!(selected_payload(&screen), "needle");
}
