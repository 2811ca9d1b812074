//! A profile as the fields of the connection form, a file a page, and back.

mod advanced;
mod basic;
mod session;
mod tls;
mod will;

use super::form::Form;
use crate::config::Profile;

pub use basic::{GROUP, KEEP, NAME, OWN_FILE, PASSWORD, SAVE, URL};

/// The form for a profile.
pub fn form(title: &str, profile: &Profile, url: &str, is_saved: bool) -> Form {
    let form = basic::add(Form::new(title), profile, url, is_saved);
    let form = tls::add(form, &profile.tls);
    let form = session::add(form, profile);
    let form = session::add_topics(form, profile);
    let form = will::add(form, profile.will.as_ref());
    let mut form = advanced::add(form, profile);
    refresh(&mut form);
    form
}

/// Shows what is of use as the other fields stand.
pub fn refresh(form: &mut Form) {
    basic::refresh(form);
    tls::refresh(form);
}

/// Takes the form's values; marks what is wrong. Name, group, URL and a typed password are the caller's.
pub fn read(form: &mut Form, base: &Profile) -> Profile {
    let mut profile = base.clone();
    basic::read(form, base, &mut profile);
    tls::read(form, &mut profile.tls);
    session::read(form, &mut profile);
    session::read_topics(form, &mut profile);
    profile.will = will::read(form, base.will.as_ref());
    advanced::read(form, &mut profile);
    profile
}
