//! What lies over the panes: a stack, the top one has the keys.

use super::{
    action::Layer,
    connection_form::ConnectionForm,
    journal::JournalView,
    menu::Menu,
    subscribe::{SubscribeForm, SubscriptionList},
};
use crate::event::SourceId;

/// One thing over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// The keys that work here.
    Help(Menu),
    /// All actions.
    Palette(Menu),
    /// The filter bar; the text lives in `App::filter`.
    Filter,
    /// The find bar; the text lives in `App::find`.
    Find,
    /// The subscribe form.
    Subscribe(SubscribeForm),
    /// The list of subscriptions.
    Subscriptions(SubscriptionList),
    /// The connection form.
    Connection(Box<ConnectionForm>),
    /// What is known about a connection.
    Facts(SourceId),
    /// The log of mqttscope itself.
    Journal(JournalView),
}

impl Overlay {
    /// The layer its keys are looked up in.
    pub const fn layer(&self) -> Layer {
        match self {
            Self::Help(_) | Self::Palette(_) | Self::Subscriptions(_) | Self::Facts(_) | Self::Journal(_) => {
                Layer::Menu
            }
            Self::Filter | Self::Find => Layer::Input,
            Self::Subscribe(_) | Self::Connection(_) => Layer::Form,
        }
    }
}
