//! The one way state changes: routes each message to the file that knows.

use crossterm::event::{KeyCode, KeyEvent};

use super::{
    App, Dirty,
    action::{Action, Layer},
    composer::Field,
    connection_form, connection_test, connections, done,
    effect::Effect,
    find, input,
    journal::JournalView,
    keys::Key,
    layout::Pane,
    menu::{self, Menu},
    messages, mouse, moves,
    msg::Msg,
    overlay::Overlay,
    password_form, publish, received, subscribe, topics, unknown,
};
use crate::event::Time;

/// Takes one message in; returns what is to be done outside.
pub fn update(app: &mut App, msg: Msg, now: Time) -> Vec<Effect> {
    app.now = now;
    let mut effects = route(app, msg);
    effects.extend(connection_test::sweep(app));
    app.write_journal();
    effects
}

fn route(app: &mut App, msg: Msg) -> Vec<Effect> {
    app.dirty = app.dirty.max(match &msg {
        Msg::Batches(_) | Msg::Tick | Msg::Search => Dirty::Traffic,
        _ => Dirty::Key,
    });
    match msg {
        Msg::Batches(batches) => {
            received::receive(app, batches);
            Vec::new()
        }
        Msg::Tick => Vec::new(),
        Msg::Search => {
            app.settle();
            Vec::new()
        }
        Msg::Key(key) => {
            app.notices.seen();
            app.topics.pin();
            let effects = on_key(app, key);
            app.settle();
            effects
        }
        Msg::Mouse(event) => {
            app.topics.pin();
            app.find.stop();
            let effects = mouse::on_mouse(app, event);
            app.settle();
            effects
        }
        Msg::Paste(text) => {
            on_paste(app, &text);
            app.settle();
            Vec::new()
        }
        Msg::Resize(width, height) => {
            app.size = ratatui::layout::Size::new(width, height);
            app.settle();
            Vec::new()
        }
        Msg::Done(done) => done::on_done(app, done),
    }
}

fn on_key(app: &mut App, event: KeyEvent) -> Vec<Effect> {
    let key = Key::of(event);
    // What goes on by itself ends with any key; Esc does no more than that.
    if app.find.stop() && event.code == KeyCode::Esc {
        return Vec::new();
    }
    let layers = app.layers();
    if let Some(action) = app
        .keys
        .action(key, &layers)
        .filter(|action| app.takes(*action, event))
    {
        return run(app, action);
    }
    if let Some(action) = app
        .keys
        .action(key, &[Layer::Global])
        .filter(|action| is_always(*action))
    {
        return run(app, action);
    }
    if app.is_typing() {
        typed(app, event)
    } else {
        unbound(app, key)
    }
}

impl App {
    /// In a body of many lines, up and down move the cursor before they browse the history; a field of many lines
    /// keeps Enter, too.
    fn takes(&self, action: Action, event: KeyEvent) -> bool {
        match action {
            _ if action.layer() == Layer::Form => {
                let form = self.overlays.last().and_then(Overlay::form);
                form.is_none_or(|form| !form.keeps(event))
            }
            Action::PublishOlder => match self.composer.field {
                Field::Body => self.composer.body.is_at_top() && self.composer.body.lines().len() <= 1,
                Field::Topic => true,
                Field::Qos | Field::Retain | Field::Properties => false,
            },
            Action::PublishNewer => match self.composer.field {
                Field::Body => self.composer.body.is_at_bottom() && self.composer.body.lines().len() <= 1,
                Field::Topic => true,
                Field::Qos | Field::Retain | Field::Properties => false,
            },
            _ => true,
        }
    }
}

/// Whether an action works while something is open or being typed.
const fn is_always(action: Action) -> bool {
    matches!(action, Action::Quit | Action::Redraw | Action::Suspend)
}

fn unbound(app: &mut App, key: Key) -> Vec<Effect> {
    app.notices
        .info(format!("{key} does nothing here; ? lists what does"));
    Vec::new()
}

/// A key as text for whatever is being typed into.
fn typed(app: &mut App, event: KeyEvent) -> Vec<Effect> {
    match app.overlays.last_mut() {
        Some(Overlay::Help(menu) | Overlay::Palette(menu)) => {
            if menu.query.key(event) {
                menu.refilter(&app.keys);
            }
        }
        Some(Overlay::Filter) => {
            app.filter.line.text.key(event);
            input::preview_filter(app);
        }
        Some(Overlay::Find) => {
            app.find.line.text.key(event);
            app.find.line.parse();
        }
        Some(Overlay::Connection(open)) => open.key(event),
        Some(overlay) => {
            if let Some(form) = overlay.form_mut() {
                form.key(event);
            }
        }
        None if app.composer.opens_properties(event) => publish::open_properties(app),
        None => app.composer.key(event),
    }
    Vec::new()
}

fn on_paste(app: &mut App, text: &str) {
    match app.overlays.last_mut() {
        Some(Overlay::Help(menu) | Overlay::Palette(menu)) => {
            menu.query.paste(text);
            menu.refilter(&app.keys);
        }
        Some(Overlay::Filter) => {
            app.filter.line.text.paste(text);
            input::preview_filter(app);
        }
        Some(Overlay::Find) => {
            app.find.line.text.paste(text);
            app.find.line.parse();
        }
        Some(overlay) => {
            if let Some(form) = overlay.form_mut() {
                form.paste(text);
            }
        }
        None if app.focus == Pane::Publish && app.composer.is_open => app.composer.paste(text),
        None => app
            .notices
            .info("nothing to paste into here; p opens the publish form"),
    }
}

/// Runs an action, wherever it came from: a key, the help, the palette, the mouse.
pub fn run(app: &mut App, action: Action) -> Vec<Effect> {
    match action.layer() {
        Layer::Move if !app.overlays.is_empty() => return menu::run_in(app, action),
        Layer::Move => moves::step(app, action),
        Layer::Global => return global(app, action),
        Layer::Connections => return connection(app, action),
        Layer::Topics => return topic(app, action),
        Layer::Messages | Layer::Details => return message(app, action),
        Layer::Publish => return publish_form(app, action),
        Layer::Form => return form(app, action),
        Layer::Menu => return menu::run_in(app, action),
        Layer::Input => input::run(app, action),
    }
    Vec::new()
}

fn global(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Help => {
            let actions = app.valid_actions();
            app.open(Overlay::Help(Menu::new("Help: what works here", actions)));
        }
        Action::Palette => {
            let mut actions = app.valid_actions();
            actions.extend(
                Action::ALL
                    .iter()
                    .copied()
                    .filter(|action| menu::is_offered_anywhere(*action)),
            );
            let mut seen = std::collections::HashSet::new();
            actions.retain(|action| seen.insert(*action));
            app.open(Overlay::Palette(Menu::new("Palette: every action", actions)));
        }
        Action::Filter => input::open_filter(app),
        Action::Find => app.open(Overlay::Find),
        Action::FindNext => find::next(app, true),
        Action::FindPrevious => find::next(app, false),
        Action::Pause => messages::pause(app),
        Action::Compose => publish::open(app),
        Action::RepeatLast => return publish::repeat_last(app),
        Action::UnknownPublishes => unknown::open(app),
        Action::Subscribe => subscribe::open(app),
        Action::Unsubscribe => subscribe::open_list(app),
        Action::FocusNext => moves::focus_step(app, 1),
        Action::FocusPrevious => moves::focus_step(app, -1),
        Action::FocusConnections | Action::ShowConnections => app.focus(Pane::Connections),
        Action::FocusTopics => app.focus(Pane::Topics),
        Action::FocusMessages => app.focus(Pane::Messages),
        Action::FocusDetails => app.focus(Pane::Details),
        Action::FocusPublish => publish::open(app),
        Action::Zoom => app.is_zoomed = !app.is_zoomed,
        Action::Shrink => app.divider_shift = (app.divider_shift - 2).max(-60),
        Action::Grow => app.divider_shift = (app.divider_shift + 2).min(60),
        Action::Watch => return topics::watch(app),
        Action::ShowLog => app.open(Overlay::Journal(JournalView::default())),
        Action::NextTheme => return next_theme(app),
        Action::ToggleMouse => return vec![Effect::SetMouse(!app.look.has_mouse)],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Undo => return connections::undo(app),
        Action::Back => moves::back(app),
        Action::Close => moves::close(app),
        Action::Quit => app.quit = true,
        _ => {}
    }
    Vec::new()
}

fn next_theme(app: &App) -> Vec<Effect> {
    let at = app
        .look
        .themes
        .iter()
        .position(|name| *name == app.look.theme_name)
        .unwrap_or(0);
    let next = app.look.themes.iter().cycle().nth(at + 1);
    next.cloned().map(Effect::LoadTheme).into_iter().collect()
}

fn connection(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::ConnectionOpen => return connections::open_selected(app),
        Action::ConnectionFacts => connections::facts(app),
        Action::ConnectionAdd => connection_form::add(app),
        Action::ConnectionEdit => connection_form::edit(app),
        Action::ConnectionDuplicate => connection_form::duplicate(app),
        Action::ConnectionDelete => return connections::delete(app),
        Action::ConnectionDisconnect => return connections::disconnect(app),
        Action::ConnectionTest => return connection_test::begin(app),
        _ => {}
    }
    Vec::new()
}

fn topic(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::TopicOpen if !app.topics.open(&app.model) => {
            app.focus(Pane::Details);
        }
        Action::TopicExpandAll => app.topics.set_all(&app.model, true),
        Action::TopicCollapseAll => app.topics.set_all(&app.model, false),
        Action::TopicSort => app.topics.next_sort(app.now),
        Action::TopicFresh => {
            app.topics.is_fresh_only = !app.topics.is_fresh_only;
            app.refilter();
        }
        Action::TopicMute => topics::mute(app),
        Action::TopicCopy => return topics::copy(app),
        _ => {}
    }
    Vec::new()
}

fn message(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::MessageOpen => app.focus(Pane::Details),
        Action::MessageCopy | Action::DetailCopy => return messages::copy(app),
        Action::MessageReply => publish::reply(app),
        Action::MessageResend => publish::resend(app),
        Action::TabNext => app.details.step_tab(1),
        Action::TabPrevious => app.details.step_tab(-1),
        _ => {}
    }
    Vec::new()
}

fn publish_form(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::PublishSend => return publish::send(app),
        Action::PublishNextField => app.composer.step(1),
        Action::PublishPreviousField => app.composer.step(-1),
        Action::PublishEditor => return vec![Effect::Edit(app.composer.body.text())],
        Action::PublishFile => return publish::read_file(app),
        Action::PublishProperties => publish::open_properties(app),
        Action::PublishOlder => app.composer.browse(1),
        Action::PublishNewer => app.composer.browse(-1),
        Action::PublishClose => publish::close(app),
        _ => {}
    }
    Vec::new()
}

fn form(app: &mut App, action: Action) -> Vec<Effect> {
    let form = app.overlays.last_mut().and_then(Overlay::form_mut);
    match (action, form) {
        (Action::FormClose, _) => drop(app.overlays.pop()),
        (Action::FormNextField, Some(form)) => form.step(1),
        (Action::FormPreviousField, Some(form)) => form.step(-1),
        (Action::FormNextPage, Some(form)) => form.step_page(1),
        (Action::FormPreviousPage, Some(form)) => form.step_page(-1),
        _ => return submit(app),
    }
    Vec::new()
}

fn submit(app: &mut App) -> Vec<Effect> {
    match app.overlays.last() {
        Some(Overlay::Subscribe(_)) => subscribe::submit(app),
        Some(Overlay::Connection(_)) => connection_form::submit(app),
        Some(Overlay::Password(_)) => password_form::submit(app),
        Some(Overlay::Properties(_)) => {
            publish::submit_properties(app);
            Vec::new()
        }
        _ => Vec::new(),
    }
}
