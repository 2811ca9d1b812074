//! The files themselves: listing, and writing so that a crash leaves the old or the new one whole.

use std::path::Path;

/// The stems of the `.toml` files of a folder, sorted; none where there is no such folder.
pub(super) fn toml_stems(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
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
