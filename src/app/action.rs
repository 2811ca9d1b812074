//! Everything a user can do, once: the key map, the help, the palette, the hints and the README read this list.

/// Where a binding holds. The focused pane's layer is asked first, then `Move`, then `Global`;
/// an open overlay's layer comes before them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Everywhere outside text fields.
    Global,
    /// Moving in panes and lists.
    Move,
    /// The connections pane.
    Connections,
    /// The topics pane.
    Topics,
    /// The messages pane.
    Messages,
    /// The details pane.
    Details,
    /// The publish form.
    Publish,
    /// Forms in overlays: subscribe, connection.
    Form,
    /// Lists that filter as one types: help, palette.
    Menu,
    /// The one-line inputs: filter, find.
    Input,
}

impl Layer {
    /// Every layer, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Move,
        Self::Global,
        Self::Connections,
        Self::Topics,
        Self::Messages,
        Self::Details,
        Self::Publish,
        Self::Form,
        Self::Menu,
        Self::Input,
    ];

    /// As the key files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Move => "move",
            Self::Connections => "connections",
            Self::Topics => "topics",
            Self::Messages => "messages",
            Self::Details => "details",
            Self::Publish => "publish",
            Self::Form => "form",
            Self::Menu => "menu",
            Self::Input => "input",
        }
    }

    /// From a key file's table name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|layer| layer.name() == name)
    }
}

macro_rules! actions {
    ($($layer:ident { $($action:ident $name:literal $hint:literal $about:literal;)* })*) => {
        /// A thing a user can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "`about` is the documentation, and the help shows it")]
        pub enum Action { $($($action,)*)* }

        impl Action {
            /// Every action, by layer.
            pub const ALL: &[Self] = &[$($(Self::$action,)*)*];

            /// As the key files and the palette write it.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$action => $name,)*)* }
            }

            /// One word for the hint line; empty: not hinted.
            pub const fn hint(self) -> &'static str {
                match self { $($(Self::$action => $hint,)*)* }
            }

            /// What it does, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $($(Self::$action => $about,)*)* }
            }

            /// Where its keys hold.
            pub const fn layer(self) -> Layer {
                match self { $($(Self::$action => Layer::$layer,)*)* }
            }
        }
    };
}

actions! {
    Move {
        MoveUp "up" "" "one row up";
        MoveDown "down" "" "one row down";
        MoveLeft "left" "" "fold, or scroll left";
        MoveRight "right" "" "unfold, or scroll right";
        PageUp "page_up" "" "one page up";
        PageDown "page_down" "" "one page down";
        HalfPageUp "half_page_up" "" "half a page up";
        HalfPageDown "half_page_down" "" "half a page down";
        GoTop "top" "" "to the first row";
        GoBottom "bottom" "" "to the last row; in the log: follow";
    }
    Global {
        Help "help" "help" "every key that works here; type to filter, Enter runs";
        Palette "palette" "palette" "every action by name";
        Filter "filter" "filter" "show only what matches";
        Pause "pause" "pause" "hold the view still; nothing is lost meanwhile";
        Compose "compose" "publish" "write a message, prefilled from the selection";
        RepeatLast "repeat_last" "" "publish the last message again";
        UnknownPublishes "unknown_publishes" "" "publishes that ended unknown: send them again, or let them go";
        Subscribe "subscribe" "" "subscribe to a filter";
        Unsubscribe "unsubscribe" "" "the subscriptions, with what each delivers; unsubscribe";
        Find "find" "" "find without hiding the rest";
        FindNext "find_next" "" "the next match";
        FindPrevious "find_previous" "" "the previous match";
        FocusNext "focus_next" "pane" "the next pane";
        FocusPrevious "focus_previous" "" "the previous pane";
        FocusConnections "focus_connections" "" "the connections pane";
        FocusTopics "focus_topics" "" "the topics pane";
        FocusMessages "focus_messages" "" "the messages pane";
        FocusDetails "focus_details" "" "the details pane";
        FocusPublish "focus_publish" "" "the publish pane";
        ShowConnections "connections" "" "the connections";
        Zoom "zoom" "zoom" "the focused pane alone, and back";
        Shrink "shrink" "" "the left column narrower";
        Grow "grow" "" "the left column wider";
        Watch "watch" "" "keep this topic's payloads whole, as large as memory allows, and back";
        ShowLog "log" "" "what mqttscope itself has said: connections, refusals, errors";
        NextTheme "theme" "" "the next theme";
        ToggleMouse "mouse" "" "give the mouse to the terminal for selecting text, and back";
        Redraw "redraw" "" "draw the whole screen again";
        Suspend "suspend" "" "stop mqttscope and go back to the shell; fg comes back";
        Undo "undo" "" "undo the last delete";
        Back "back" "" "close what is open, step back";
        Close "close" "quit" "close what is open; with nothing open: quit";
        Quit "quit" "" "quit at once";
    }
    Connections {
        ConnectionOpen "open" "connect" "connect, or try again now; when connected: its facts";
        ConnectionFacts "facts" "" "what is known about the connection";
        ConnectionAdd "add" "add" "a new connection";
        ConnectionEdit "edit" "edit" "change the connection";
        ConnectionDuplicate "duplicate" "" "a copy, to change";
        ConnectionDelete "delete" "" "delete the profile; undo brings it back";
        ConnectionDisconnect "disconnect" "disconnect" "disconnect, and stay so";
        ConnectionTest "test" "test" "go through the stages of connecting once, with a client id of its own";
    }
    Topics {
        TopicOpen "open" "open" "unfold; on a value: its details";
        TopicExpandAll "expand_all" "" "unfold everything";
        TopicCollapseAll "collapse_all" "" "fold everything";
        TopicSort "sort" "sort" "sort by name, rate, recent, size in turn";
        TopicFresh "fresh" "" "only topics heard in the last minute, and back";
        TopicMute "mute" "" "keep this topic out of the log, and back";
        TopicCopy "copy" "copy" "copy the topic";
    }
    Messages {
        MessageOpen "open" "details" "the message's details";
        MessageCopy "copy" "copy" "copy the payload";
        MessageReply "reply" "" "answer to its response topic, with its correlation data";
        MessageResend "resend" "" "edit a copy and send it";
    }
    Details {
        TabNext "next_tab" "next tab" "the next view";
        TabPrevious "previous_tab" "" "the previous view";
        DetailCopy "copy" "copy" "copy the payload";
    }
    Publish {
        PublishSend "send" "send" "send the message";
        PublishNextField "next_field" "field" "the next field";
        PublishPreviousField "previous_field" "" "the previous field";
        PublishEditor "editor" "$EDITOR" "write the payload in $EDITOR";
        PublishFile "file" "" "the payload from a file named in the body";
        PublishProperties "properties" "" "the message's MQTT 5 properties";
        PublishOlder "older" "" "the message sent before";
        PublishNewer "newer" "" "the message sent after";
        PublishClose "close" "keep draft" "close; the draft is kept";
    }
    Form {
        FormSubmit "submit" "ok" "do it";
        FormSave "save" "" "do it, from any field";
        FormNextField "next_field" "field" "the next field";
        FormPreviousField "previous_field" "" "the previous field";
        FormNextPage "next_page" "page" "the next page";
        FormPreviousPage "previous_page" "" "the previous page";
        FormClose "close" "cancel" "close without doing it";
    }
    Menu {
        MenuRun "run" "run" "run the selected row";
        MenuUp "up" "" "one row up";
        MenuDown "down" "" "one row down";
        MenuPageUp "page_up" "" "one page up";
        MenuPageDown "page_down" "" "one page down";
        MenuDelete "delete" "unsubscribe" "unsubscribe the selected filter, or let the selected publish go";
        MenuClose "close" "close" "close";
    }
    Input {
        InputApply "apply" "apply" "take what is typed";
        InputOlder "older" "" "what was typed before";
        InputNewer "newer" "" "what was typed after";
        InputClose "close" "drop" "close as it was";
    }
}
