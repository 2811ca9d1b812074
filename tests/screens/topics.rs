//! The topics pane.

use crate::screen::screen;

#[test]
fn retained_message_is_marked_in_tree() {
    screen()
        .connected("lab")
        .retained("home/lamp", "ON")
        .receive("home/door", "open")
        .snapshot_at_each_size("topics-retained");
}
