//! What lies over the panes: a stack, the top one has the keys.

use super::{
    action::Layer,
    connection_form::ConnectionForm,
    connection_test::ConnectionTest,
    facts::FactsView,
    form::Form,
    journal::JournalView,
    menu::Menu,
    password_form::PasswordForm,
    subscribe::{SubscribeForm, SubscriptionList},
    unknown::UnknownList,
};

/// One thing over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// The keys that work here.
    Help(Menu),
    /// All actions.
    Palette(Menu),
    /// The filter bar; the text lives in `App::filter`.
    Filter,
    /// The find bar; the text lives in `App::find.line`.
    Find,
    /// The subscribe form.
    Subscribe(SubscribeForm),
    /// The list of subscriptions.
    Subscriptions(SubscriptionList),
    /// The publishes that ended unknown.
    Unknown(UnknownList),
    /// Asks for a password.
    Password(Box<PasswordForm>),
    /// The MQTT 5 properties of the message being written.
    Properties(Box<Form>),
    /// A connection's test.
    Test(Box<ConnectionTest>),
    /// The connection form.
    Connection(Box<ConnectionForm>),
    /// What is known about a connection.
    Facts(FactsView),
    /// The log of mqttscope itself.
    Journal(JournalView),
}

impl Overlay {
    /// The layer its keys are looked up in.
    pub const fn layer(&self) -> Layer {
        match self {
            Self::Help(_)
            | Self::Palette(_)
            | Self::Subscriptions(_)
            | Self::Unknown(_)
            | Self::Facts(_)
            | Self::Test(_)
            | Self::Journal(_) => Layer::Menu,
            Self::Filter | Self::Find => Layer::Input,
            Self::Subscribe(_) | Self::Connection(_) | Self::Password(_) | Self::Properties(_) => Layer::Form,
        }
    }

    /// Whether its keys are typing.
    pub const fn is_typing(&self) -> bool {
        !matches!(
            self,
            Self::Facts(_) | Self::Subscriptions(_) | Self::Unknown(_) | Self::Journal(_) | Self::Test(_)
        )
    }

    /// The form, if it is one.
    pub fn form(&self) -> Option<&Form> {
        match self {
            Self::Subscribe(open) => Some(&open.form),
            Self::Connection(open) => Some(&open.form),
            Self::Password(open) => Some(&open.form),
            Self::Properties(form) => Some(&**form),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match self {
            Self::Subscribe(open) => Some(&mut open.form),
            Self::Connection(open) => Some(&mut open.form),
            Self::Password(open) => Some(&mut open.form),
            Self::Properties(form) => Some(&mut **form),
            _ => None,
        }
    }
}
