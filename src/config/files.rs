//! The files themselves: listing, and writing so that a crash leaves the old or the new one whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The stems of the `.toml` files of a folder, sorted; none where there is no such folder.
pub(super) fn toml_stems(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut stems: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_toml = path.extension().is_some_and(|ext| ext == "toml");
            is_toml.then(|| path.file_stem()?.to_str().map(Into::into))?
        })
        .collect();
    stems.sort();
    stems
}

/// The folders of a folder that are not hidden, sorted.
pub(super) fn folders(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            (path.is_dir() && !name.starts_with('.')).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// Whether a text can name a profile: `lab`, or `plant/lab` for one in a group, which is a folder. Nothing leaves
/// the profiles' folder by such a name.
pub fn is_profile_name(name: &str) -> bool {
    let (group, stem) = name
        .split_once('/')
        .map_or((None, name), |(group, stem)| (Some(group), stem));
    group.is_none_or(is_file_stem) && is_file_stem(stem)
}

/// Whether a text can be the stem of a file of ours: no separators, not hidden, nothing a shell trips over.
pub fn is_file_stem(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
}

/// Writes a file only its owner may read, whole or not at all: a new file beside it, fsync, rename.
/// A link is followed, so that a file kept elsewhere stays linked.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let dir = target.parent().unwrap_or(Path::new("."));
    create_private_dir(dir)?;
    let temp = temporary_name(&target);
    let written = write_new(&temp, bytes).and_then(|()| fs::rename(&temp, &target));
    if written.is_err() {
        // the first error is the one worth telling
        let _ = fs::remove_file(&temp);
        return written;
    }
    sync_dir(dir)
}

fn temporary_name(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(name)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// The rename itself is on disk only when its folder is.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn written_file_is_private_and_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.toml");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        write_private(&link, b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn name_that_leaves_the_folder_is_no_file_stem() {
        for (name, expected) in [
            ("lab", true),
            ("Küche 2", true),
            ("a.b_c-d", true),
            ("", false),
            (".hidden", false),
            ("-x", false),
            ("../up", false),
            ("a/b", false),
            ("a\\b", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_file_stem(name), expected, "{name:?}");
        }
        for (name, expected) in [
            ("plant/lab", true),
            ("a/b/c", false),
            ("../up", false),
            ("up/..", false),
            ("/lab", false),
            ("lab/", false),
            ("", false),
        ] {
            assert_eq!(is_profile_name(name), expected, "{name:?}");
        }
    }
}
