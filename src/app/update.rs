//! The one way state changes: routes each message to the file that knows.

use crossterm::event::KeyEvent;

use super::{
    App, Dirty,
    action::{Action, Layer},
    composer, connection_form, connections,
    effect::{Done, Effect},
    keys::Key,
    layout::Pane,
    menu::Menu,
    messages, mouse,
    msg::Msg,
    overlay::Overlay,
    subscribe, topics,
};
use crate::{
    event::{Batch, ConnectionState, FailureKind, OperationEnded, OperationKind, SourceId, Time},
    model::{Notice, NoticeKind},
    mqtt::ProtocolVersion,
};

/// Takes one message in; returns what is to be done outside.
pub fn update(app: &mut App, msg: Msg, now: Time) -> Vec<Effect> {
    app.now = now;
    app.dirty = app.dirty.max(match &msg {
        Msg::Batches(_) | Msg::Tick => Dirty::Traffic,
        _ => Dirty::Key,
    });
    match msg {
        Msg::Batches(batches) => {
            receive(app, &batches);
            Vec::new()
        }
        Msg::Tick => tick(app),
        Msg::Key(key) => {
            app.notices.seen();
            let effects = on_key(app, key);
            app.settle();
            effects
        }
        Msg::Mouse(event) => {
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
        Msg::Done(done) => on_done(app, done),
    }
}

fn tick(app: &mut App) -> Vec<Effect> {
    if app.topics.is_fresh_only {
        app.refilter();
    }
    Vec::new()
}

fn receive(app: &mut App, batches: &[Batch]) {
    for batch in batches {
        for notice in app.model.apply(batch, app.now.mono_us) {
            on_notice(app, notice);
        }
    }
}

fn on_notice(app: &mut App, notice: Notice) {
    match notice.what {
        NoticeKind::OperationEnded(ended) => on_operation(app, notice.source, &ended),
        NoticeKind::StateChanged { .. } => on_state(app, notice.source),
        NoticeKind::Violation {
            packet_type, anomaly, ..
        } => {
            let name = app.connection_name(notice.source).to_owned();
            let packet = packet_type.map_or("packet", |packet_type| packet_type.name());
            app.notices
                .warn(format!("{name}: {packet} breaks the protocol: {}", anomaly.what));
        }
        NoticeKind::Dropped { messages, .. } => {
            let name = app.connection_name(notice.source).to_owned();
            app.notices
                .warn(format!("{name}: {messages} messages dropped under load"));
        }
    }
}

fn on_operation(app: &mut App, source: SourceId, ended: &OperationEnded) {
    let version = match app.model.connection(source).map(|connection| &connection.state) {
        Some(ConnectionState::Connected(facts)) => facts.version,
        _ => ProtocolVersion::V5,
    };
    match ended.kind {
        OperationKind::Publish => {
            app.composer
                .ended(ended.id, &ended.outcome, ended.took.as_millis());
            let (words, is_ok) = composer::describe(&ended.outcome, ended.took.as_millis());
            if !is_ok && !app.composer.is_open {
                app.notices.error(words);
            }
        }
        OperationKind::Subscribe | OperationKind::Unsubscribe => {
            if let Some(filters) = app.pending_filters.remove(&ended.id) {
                let is_subscribe = ended.kind == OperationKind::Subscribe;
                subscribe::ended(app, &filters, &ended.outcome, is_subscribe, version);
            }
        }
    }
}

fn on_state(app: &mut App, source: SourceId) {
    let name = app.connection_name(source).to_owned();
    let Some(state) = app
        .model
        .connection(source)
        .map(|connection| connection.state.clone())
    else {
        return;
    };
    match &state {
        ConnectionState::Refused(failure) => {
            let advice = if failure.advice.is_empty() {
                String::new()
            } else {
                format!("; {}", failure.advice)
            };
            app.notices.error(format!("{name}: {}{advice}", failure.what));
        }
        ConnectionState::Waiting {
            attempt: 2, failure, ..
        } => app.notices.warn(format!("{name}: {}", failure.what)),
        ConnectionState::Waiting { failure, .. } if failure.kind == FailureKind::Violation => {
            app.notices.warn(format!("{name}: {}", failure.what));
        }
        ConnectionState::Connected(facts) => app
            .notices
            .mended(format!("{name}: connected, MQTT {}", facts.version)),
        _ => {}
    }
}

fn on_key(app: &mut App, event: KeyEvent) -> Vec<Effect> {
    let key = Key::of(event);
    let layers = app.layers();
    if let Some(action) = app.keys.action(key, &layers).filter(|action| app.takes(*action)) {
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
    /// In a body of many lines, up and down move the cursor before they browse the history.
    fn takes(&self, action: Action) -> bool {
        use composer::Field;
        match action {
            Action::PublishOlder => match self.composer.field {
                Field::Body => self.composer.body.is_at_top() && self.composer.body.lines().len() <= 1,
                Field::Topic => true,
                Field::Qos | Field::Retain => false,
            },
            Action::PublishNewer => match self.composer.field {
                Field::Body => self.composer.body.is_at_bottom() && self.composer.body.lines().len() <= 1,
                Field::Topic => true,
                Field::Qos | Field::Retain => false,
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
            preview_filter(app);
        }
        Some(Overlay::Find) => {
            app.find.text.key(event);
            app.find.parse();
        }
        Some(Overlay::Subscribe(open)) => open.form.key(event),
        Some(Overlay::Connection(open)) => open.form.key(event),
        Some(Overlay::Subscriptions(_) | Overlay::Facts(_)) => {}
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
            preview_filter(app);
        }
        Some(Overlay::Find) => {
            app.find.text.paste(text);
            app.find.parse();
        }
        Some(Overlay::Subscribe(open)) => open.form.paste(text),
        Some(Overlay::Connection(open)) => open.form.paste(text),
        Some(Overlay::Subscriptions(_) | Overlay::Facts(_)) => {}
        None if app.focus == Pane::Publish && app.composer.is_open => app.composer.paste(text),
        None => app
            .notices
            .info("nothing to paste into here; p opens the publish form"),
    }
}

/// What is typed holds as soon as it is valid; the last good one stays until then.
fn preview_filter(app: &mut App) {
    if let Some(filter) = app.filter.line.parse() {
        app.filter.applied = Some(filter).filter(|filter| !filter.is_empty());
        app.refilter();
    }
}

/// Runs an action, wherever it came from: a key, the help, the palette, the mouse.
pub fn run(app: &mut App, action: Action) -> Vec<Effect> {
    match action.layer() {
        Layer::Move => step(app, action),
        Layer::Global => return global(app, action),
        Layer::Connections => return connection(app, action),
        Layer::Topics => return topic(app, action),
        Layer::Messages | Layer::Details => return message(app, action),
        Layer::Publish => return publish(app, action),
        Layer::Form => return form(app, action),
        Layer::Menu => return menu(app, action),
        Layer::Input => input(app, action),
    }
    Vec::new()
}

fn step(app: &mut App, action: Action) {
    let height = match app.focus {
        Pane::Topics => app.topics.height(),
        Pane::Messages => app.messages.height(),
        Pane::Details => app.details.height(),
        Pane::Connections | Pane::Publish => 5,
    };
    let page = height.saturating_sub(1).max(1) as isize;
    match action {
        Action::MoveUp => move_rows(app, -1),
        Action::MoveDown => move_rows(app, 1),
        Action::PageUp => move_rows(app, -page),
        Action::PageDown => move_rows(app, page),
        Action::HalfPageUp => move_rows(app, -(page / 2).max(1)),
        Action::HalfPageDown => move_rows(app, (page / 2).max(1)),
        Action::GoTop if app.focus == Pane::Messages => app.messages.to_top(),
        Action::GoBottom if app.focus == Pane::Messages => app.messages.follow(),
        Action::GoTop => move_rows(app, isize::MIN / 2),
        Action::GoBottom => move_rows(app, isize::MAX / 2),
        Action::MoveRight if app.focus == Pane::Topics && !app.topics.open(&app.model) => {
            app.topics.step(&app.model, 1);
        }
        Action::MoveLeft if app.focus == Pane::Topics => app.topics.fold(&app.model),
        _ => {}
    }
}

fn move_rows(app: &mut App, rows: isize) {
    match app.focus {
        Pane::Connections => app.select_connection_row(app.connection_row().saturating_add_signed(rows)),
        Pane::Topics => app.topics.step(&app.model, rows),
        Pane::Messages => app.messages.step(rows),
        Pane::Details => app.details.scroll(rows),
        Pane::Publish => {}
    }
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
                    .filter(|action| is_offered_anywhere(*action)),
            );
            let mut seen = std::collections::HashSet::new();
            actions.retain(|action| seen.insert(*action));
            app.open(Overlay::Palette(Menu::new("Palette: every action", actions)));
        }
        Action::Filter => open_filter(app),
        Action::Find => app.open(Overlay::Find),
        Action::FindNext => messages::find(app, true),
        Action::FindPrevious => messages::find(app, false),
        Action::Pause => messages::pause(app),
        Action::Compose => composer::open(app),
        Action::RepeatLast => return composer::repeat_last(app),
        Action::Subscribe => subscribe::open(app),
        Action::Unsubscribe => subscribe::open_list(app),
        Action::FocusNext => focus_step(app, 1),
        Action::FocusPrevious => focus_step(app, -1),
        Action::FocusConnections | Action::ShowConnections => app.focus(Pane::Connections),
        Action::FocusTopics => app.focus(Pane::Topics),
        Action::FocusMessages => app.focus(Pane::Messages),
        Action::FocusDetails => app.focus(Pane::Details),
        Action::FocusPublish => composer::open(app),
        Action::Zoom => app.is_zoomed = !app.is_zoomed,
        Action::Shrink => app.divider_shift = (app.divider_shift - 2).max(-60),
        Action::Grow => app.divider_shift = (app.divider_shift + 2).min(60),
        Action::NextTheme => return next_theme(app),
        Action::ToggleMouse => return vec![Effect::SetMouse(!app.look.has_mouse)],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Undo => return connections::undo(app),
        Action::Back => back(app),
        Action::Close => close(app),
        Action::Quit => app.quit = true,
        _ => {}
    }
    Vec::new()
}

/// Actions the palette offers wherever the keys are: those that do not need a pane's selection to make sense.
fn is_offered_anywhere(action: Action) -> bool {
    matches!(action.layer(), Layer::Global)
        || matches!(
            action,
            Action::ConnectionAdd | Action::TopicSort | Action::TopicFresh
        )
}

fn open_filter(app: &mut App) {
    app.filter.before = app.filter.applied.clone();
    let text = app
        .filter
        .applied
        .as_ref()
        .map(|filter| filter.text().to_owned())
        .unwrap_or_default();
    app.filter.line.text.set(&text);
    app.filter.line.error = None;
    app.open(Overlay::Filter);
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

/// The panes that are on the screen, or in a narrow one all of them.
fn focus_step(app: &mut App, by: isize) {
    let panes: Vec<Pane> = Pane::ALL
        .into_iter()
        .filter(|pane| *pane != Pane::Publish || app.composer.is_open)
        .collect();
    let at = panes.iter().position(|pane| *pane == app.focus).unwrap_or(0) as isize;
    let next = (at + by).rem_euclid(panes.len() as isize) as usize;
    if let Some(pane) = panes.get(next) {
        app.focus(*pane);
    }
}

/// Esc: one step back.
fn back(app: &mut App) {
    if app.overlays.pop().is_some() {
        return;
    }
    if app.is_zoomed {
        app.is_zoomed = false;
    } else if app.messages.view.is_paused() {
        messages::pause(app);
    } else if app.filter.applied.take().is_some() {
        app.refilter();
        app.notices
            .info("the filter is off; / brings it back with the up key");
    } else if matches!(app.focus, Pane::Details | Pane::Connections) {
        app.focus(Pane::Messages);
    }
}

/// q: closes what is open; at the root it quits.
fn close(app: &mut App) {
    if app.overlays.pop().is_none() {
        if app.is_zoomed {
            app.is_zoomed = false;
        } else {
            app.quit = true;
        }
    }
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
        Action::TopicSort => app.topics.next_sort(&app.model, app.now),
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
        Action::MessageReply => composer::reply(app),
        Action::MessageResend => composer::resend(app),
        Action::TabNext => app.details.step_tab(1),
        Action::TabPrevious => app.details.step_tab(-1),
        _ => {}
    }
    Vec::new()
}

fn publish(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::PublishSend => return composer::send(app),
        Action::PublishNextField => app.composer.step(1),
        Action::PublishPreviousField => app.composer.step(-1),
        Action::PublishEditor => return vec![Effect::Edit(app.composer.body.text())],
        Action::PublishFile => return composer::read_file(app),
        Action::PublishOlder => app.composer.browse(1),
        Action::PublishNewer => app.composer.browse(-1),
        Action::PublishClose => composer::close(app),
        _ => {}
    }
    Vec::new()
}

fn form(app: &mut App, action: Action) -> Vec<Effect> {
    if action == Action::FormClose {
        app.overlays.pop();
        return Vec::new();
    }
    let by = match action {
        Action::FormNextField => 1,
        Action::FormPreviousField => -1,
        _ => 0,
    };
    match app.overlays.last_mut() {
        Some(Overlay::Subscribe(open)) if by != 0 => open.form.step(by),
        Some(Overlay::Connection(open)) if by != 0 => open.form.step(by),
        Some(Overlay::Subscribe(_)) => return subscribe::submit(app),
        Some(Overlay::Connection(_)) => return connection_form::submit(app),
        _ => {}
    }
    Vec::new()
}

fn menu(app: &mut App, action: Action) -> Vec<Effect> {
    let rows = match action {
        Action::MenuUp => -1,
        Action::MenuDown => 1,
        Action::MenuPageUp => -10,
        Action::MenuPageDown => 10,
        _ => 0,
    };
    let source_rows = match app.overlays.last() {
        Some(Overlay::Subscriptions(list)) => app.subscriptions(list.source).len(),
        _ => 0,
    };
    match (app.overlays.last_mut(), action) {
        (_, Action::MenuClose) => drop(app.overlays.pop()),
        (Some(Overlay::Help(menu) | Overlay::Palette(menu)), Action::MenuRun) => {
            let chosen = menu.action();
            app.overlays.pop();
            return chosen.map(|action| run(app, action)).unwrap_or_default();
        }
        (Some(Overlay::Help(menu) | Overlay::Palette(menu)), _) => menu.step(rows),
        (Some(Overlay::Subscriptions(_)), Action::MenuDelete) => return subscribe::unsubscribe(app),
        (Some(Overlay::Subscriptions(list)), _) => {
            list.selected = list
                .selected
                .saturating_add_signed(rows)
                .min(source_rows.saturating_sub(1));
        }
        (Some(Overlay::Facts(_)), Action::MenuRun) => drop(app.overlays.pop()),
        _ => {}
    }
    Vec::new()
}

fn input(app: &mut App, action: Action) {
    let is_filter = matches!(app.overlays.last(), Some(Overlay::Filter));
    let by = match action {
        Action::InputOlder => 1,
        Action::InputNewer => -1,
        Action::InputApply if is_filter => return apply_filter(app),
        Action::InputApply => return apply_find(app),
        _ => {
            app.overlays.pop();
            if is_filter {
                app.filter.applied = app.filter.before.take();
                app.refilter();
            }
            return;
        }
    };
    if is_filter {
        app.filter.line.browse(by);
        preview_filter(app);
    } else {
        app.find.browse(by);
        app.find.parse();
    }
}

/// Enter in the filter bar: a faulty line stays open, its last good filter holds.
fn apply_filter(app: &mut App) {
    if app.filter.line.error.is_none() {
        app.filter.line.remember();
        app.overlays.pop();
    }
}

fn apply_find(app: &mut App) {
    let Some(filter) = app.find.parse() else { return };
    app.find.remember();
    app.overlays.pop();
    app.find_filter = Some(filter).filter(|filter| !filter.is_empty());
    if app.find_filter.is_some() {
        // From the newest backwards: that is where people look first.
        messages::find(app, false);
    }
}

fn on_done(app: &mut App, done: Done) -> Vec<Effect> {
    match done {
        Done::Copied(words) | Done::Note(words) => app.notices.info(words),
        Done::Failed(words) => app.notices.error(words),
        Done::Refused(id, words) => {
            app.notices.error(words.clone());
            if let Some(id) = id {
                app.pending_filters.remove(&id);
                app.composer.refused(id, words);
            }
        }
        Done::ProfileSaved(profile, path) => {
            if let Some(connection) = app
                .connections
                .iter_mut()
                .find(|connection| connection.profile.name == profile.name)
            {
                connection.is_saved = true;
            }
            app.notices.info(format!("saved: {}", path.display()));
        }
        Done::Discovered(url) => connections::discovered(app, url),
        Done::ProfileDeleted { name, text } => connections::deleted(app, &name, text),
        Done::Edited(text) => composer::edited(app, text),
        Done::FileRead(path, bytes) => composer::file_read(app, &path, &bytes),
        Done::ThemeLoaded(name, theme) => {
            app.notices.info(format!("theme: {}", theme.name));
            app.look.theme_name = name;
            app.look.theme = *theme;
        }
        Done::MouseSet(is_captured) => {
            app.look.has_mouse = is_captured;
            app.notices.info(if is_captured {
                "the mouse works here"
            } else {
                "the mouse selects text; M takes it back"
            });
        }
        Done::Resumed { width, height } => {
            app.size = ratatui::layout::Size::new(width, height);
            app.settle();
        }
    }
    Vec::new()
}
