//! Which actions work here and now: the help lists them, the hint line shows the first of them.

use super::{
    App,
    action::{Action, Layer},
    layout::Pane,
    overlay::Overlay,
    password_form,
};
use crate::event::ConnectionState;

impl App {
    /// The layers that keys are looked up in, the first first.
    pub fn layers(&self) -> Vec<Layer> {
        match self.overlays.last() {
            Some(overlay) if overlay.is_typing() => vec![overlay.layer()],
            Some(overlay) => vec![overlay.layer(), Layer::Move],
            None => match self.focus {
                Pane::Connections => vec![Layer::Connections, Layer::Move, Layer::Global],
                Pane::Topics => vec![Layer::Topics, Layer::Move, Layer::Global],
                Pane::Messages => vec![Layer::Messages, Layer::Move, Layer::Global],
                Pane::Details => vec![Layer::Details, Layer::Move, Layer::Global],
                Pane::Publish if self.composer.is_open => vec![Layer::Publish],
                Pane::Publish => vec![Layer::Move, Layer::Global],
            },
        }
    }

    /// Whether keys are typing: then only bound keys and Ctrl combinations are actions.
    pub fn is_typing(&self) -> bool {
        match self.overlays.last() {
            Some(overlay) => overlay.is_typing(),
            None => self.focus == Pane::Publish && self.composer.is_open,
        }
    }

    /// Whether an action would do something now.
    pub fn is_valid(&self, action: Action) -> bool {
        let state = self
            .scope()
            .and_then(|source| self.model.connection(source))
            .map(|connection| &connection.state);
        let is_connected = matches!(state, Some(ConnectionState::Connected(_)));
        match action {
            Action::ConnectionDisconnect => {
                state.is_some_and(|state| !matches!(state, ConnectionState::Idle))
            }
            Action::ConnectionEdit | Action::ConnectionDuplicate | Action::ConnectionDelete => {
                self.scope().is_some()
            }
            Action::ConnectionOpen | Action::ConnectionTest => self.scope().is_some(),
            Action::ConnectionFacts => is_connected,
            Action::TopicOpen | Action::TopicCopy | Action::TopicMute | Action::Watch => {
                self.selected_topic().is_some()
            }
            Action::MessageOpen | Action::MessageCopy | Action::MessageResend | Action::DetailCopy => {
                self.selected_message().is_some()
            }
            Action::MessageReply => self
                .selected_message()
                .is_some_and(|message| super::details::properties(&message).response_topic().is_some()),
            Action::Pause
            | Action::Compose
            | Action::FocusPublish
            | Action::Subscribe
            | Action::Unsubscribe => self.connections.iter().any(|connection| connection.is_open),
            Action::FindNext | Action::FindPrevious => self.find.wanted.is_some(),
            Action::RepeatLast => self.composer.last_sent().is_some(),
            Action::Undo => self.deleted.is_some(),
            Action::FormNextPage | Action::FormPreviousPage => {
                let form = self.overlays.last().and_then(Overlay::form);
                form.is_some_and(|form| form.pages.len() > 1)
            }
            Action::UnknownPublishes => !self.unknowns.kept().is_empty(),
            Action::MenuRun => matches!(
                self.overlays.last(),
                Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Unknown(_))
            ),
            Action::MenuDelete => matches!(
                self.overlays.last(),
                Some(Overlay::Subscriptions(_) | Overlay::Unknown(_))
            ),
            _ => true,
        }
    }

    /// The word for an action on the hint line, as things stand.
    pub fn hint(&self, action: Action) -> &'static str {
        let state = self
            .scope()
            .and_then(|source| self.model.connection(source))
            .map(|connection| &connection.state);
        let is_unknown = matches!(self.overlays.last(), Some(Overlay::Unknown(_)));
        match (action, state) {
            (Action::MenuRun, _) if is_unknown => "send again",
            (Action::MenuDelete, _) if is_unknown => "let go",
            (Action::ConnectionOpen, Some(ConnectionState::Connected(_))) => "facts",
            (Action::ConnectionOpen, Some(ConnectionState::Refused(_)))
                if self
                    .scope()
                    .is_some_and(|source| password_form::is_wanted(self, source)) =>
            {
                "password"
            }
            (Action::Pause, _) if self.messages.view.is_paused() => "resume",
            _ => action.hint(),
        }
    }

    /// Everything that works here, for the help: the focused layer's actions first.
    pub fn valid_actions(&self) -> Vec<Action> {
        let layers = self.layers();
        layers
            .iter()
            .flat_map(|layer| {
                Action::ALL
                    .iter()
                    .copied()
                    .filter(move |action| action.layer() == *layer)
            })
            .filter(|action| self.is_valid(*action))
            .collect()
    }

    /// The hint line: `? help` first, then the focused layer's, then the rest.
    pub fn hints(&self) -> Vec<Action> {
        let layers = self.layers();
        let hinted = |layer: Layer| {
            Action::ALL
                .iter()
                .copied()
                .filter(move |action| action.layer() == layer && !action.hint().is_empty())
        };
        let mut hints: Vec<Action> = if layers.contains(&Layer::Global) {
            vec![Action::Help]
        } else {
            Vec::new()
        };
        hints.extend(
            layers
                .iter()
                .flat_map(|layer| hinted(*layer))
                .filter(|action| *action != Action::Help && self.is_valid(*action)),
        );
        hints
    }
}
