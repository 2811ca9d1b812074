//! The help and the palette: lists of actions that filter as one types and run.

use mqttscope::app::layout::Pane;

use crate::screen::screen;

#[test]
fn help_lists_what_works_here() {
    screen()
        .connected("lab")
        .receive("a", "1")
        .keys("?")
        .shows("Help")
        .shows("sort by name, rate, recent, size in turn")
        .snapshot_at_each_size("menu-help");
}

#[test]
fn help_differs_from_pane_to_pane() {
    let lab = screen().connected("lab").receive("a", "1");
    lab.keys("3?")
        .shows("edit a copy and send it")
        .hides("unfold everything")
        .keys("<esc>1?")
        .shows("a new connection")
        .hides("edit a copy and send it");
}

#[test]
fn help_filters_as_one_types_and_runs_the_selected_row() {
    let screen = screen().connected("lab").receive("a", "1").keys("?zoom");
    let screen = screen.hides("unfold everything").shows("zoom").keys("<enter>");
    screen.hides("Help").hides("3 Messages").shows("2 Topics");
}

#[test]
fn palette_offers_actions_of_other_panes_by_name() {
    let screen = screen()
        .connected("lab")
        .receive("a", "1")
        .keys("3:")
        .snapshot("menu-palette")
        .keys("sort");
    screen.keys("<enter>").shows("sort:rate");
}

#[test]
fn palette_opens_with_ctrl_p_too() {
    screen().connected("lab").keys("<c-p>").shows("Palette");
}

#[test]
fn selection_in_a_menu_stays_in_view() {
    screen()
        .connected("lab")
        .resize(80, 16)
        .keys("?<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>")
        .shows("quit at once");
}

#[test]
fn nothing_that_matches_is_said() {
    screen()
        .connected("lab")
        .keys("?zzqq")
        .shows("nothing matches")
        .keys("<enter>")
        .hides("Help");
}

#[test]
fn paste_filters_and_never_runs() {
    let screen = screen().connected("lab").keys("?").paste("quit\n");
    assert!(!screen.app.quit);
    screen.shows("Help");
}

#[test]
fn wheel_moves_the_selection_of_a_menu() {
    let screen = screen().connected("lab").keys("?");
    let first = screen.app.topics.first;
    let screen = screen.wheel(60, 10, 2);
    assert_eq!(screen.app.topics.first, first);
    assert!(
        matches!(screen.app.overlays.last(), Some(mqttscope::app::overlay::Overlay::Help(menu)) if menu.selected() > 0)
    );
}

#[test]
fn escape_goes_back_one_step_at_a_time() {
    let screen = screen().connected("lab").receive("a", "1").keys("3z?");
    let screen = screen.keys("<esc>").hides("Help").hides("2 Topics");
    let screen = screen.keys("<esc>").shows("2 Topics");
    assert_eq!(screen.app.focus, Pane::Messages);
}

#[test]
fn q_closes_what_is_open_and_then_quits() {
    let screen = screen()
        .connected("lab")
        .receive("a", "1")
        .keys("z")
        .hides("3 Messages")
        .keys("q");
    assert!(!screen.app.quit);
    let screen = screen.shows("3 Messages").keys("q");
    assert!(screen.app.quit);
    let typing = crate::screen::screen()
        .connected("lab")
        .receive("a", "1")
        .keys("pq?<c-c>");
    assert!(typing.app.quit, "Ctrl-c quits from everywhere");
}
