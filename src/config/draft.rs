//! Profile texts on their way: drafts that are being edited and are not valid yet, and the texts of deleted
//! profiles. They lie in the state folder, readable by their owner alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Faults, Paths, files, profile_file::read_profile, profile_save::restore_profile};

/// Where a profile's draft lies.
pub fn draft_path(paths: &Paths, name: &str) -> PathBuf {
    paths.state.join("drafts").join(format!("{name}.toml"))
}

/// Writes the draft, unless one is there that was not taken: that one goes on. `true`: it was there.
pub fn write_draft(paths: &Paths, name: &str, text: &str) -> Result<bool, Faults> {
    let path = draft_path(paths, name);
    if path.is_file() {
        return Ok(true);
    }
    write(&path, text)?;
    Ok(false)
}

/// The draft is of no more use.
pub fn discard_draft(paths: &Paths, name: &str) {
    // one that is gone already is as good
    let _ = fs::remove_file(draft_path(paths, name));
}

/// Makes a text the profile's, if it is valid: else its faults, with the lines of `file`.
pub fn replace_profile(paths: &Paths, name: &str, file: &Path, text: &str) -> Result<(), Faults> {
    read_profile(&file.display().to_string(), name, text)?;
    restore_profile(paths, name, text)
}

/// Keeps the text of a deleted profile, and says where; earlier ones stay.
pub fn keep_deleted(paths: &Paths, name: &str, text: &str) -> Result<PathBuf, Faults> {
    let folder = paths.state.join("deleted");
    let mut unused = (1..).map(|number| match number {
        1 => folder.join(format!("{name}.toml")),
        _ => folder.join(format!("{name}-{number}.toml")),
    });
    let path = unused
        .find(|path| fs::symlink_metadata(path).is_err())
        .expect("numbers do not end");
    write(&path, text)?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<(), Faults> {
    files::write_private(path, text.as_bytes())
        .map_err(|error| Faults::of_file(path.display().to_string(), error.to_string()))
}
