//! All files of a configuration at once: loaded for a start, or checked for `config check`.

use super::{
    Fault, Faults, KeyBindings, NO_PROFILE_NAME, Paths, Settings, Theme, load_profile,
    profile_file::nested_groups, profile_names, theme_names,
};

/// Every fault of every file: settings, keys, profiles, themes, and the theme the settings name.
pub fn check(paths: &Paths) -> Result<(), Faults> {
    let mut faults = Vec::new();
    let settings = gather(&mut faults, Settings::load(&paths.settings()));
    gather(&mut faults, KeyBindings::load(&paths.keys()));
    for name in profile_names(paths) {
        if let Some(result) = load_profile(paths, &name) {
            gather(&mut faults, result);
        } else {
            faults.extend(Faults::of_file(paths.profile(&name).display().to_string(), NO_PROFILE_NAME).0);
        }
    }
    for folder in nested_groups(paths) {
        let what = "groups do not nest: nothing in this folder is read";
        faults.extend(Faults::of_file(folder.display().to_string(), what).0);
    }
    let names = theme_names(&paths.config);
    for name in &names {
        gather(&mut faults, Theme::load(&paths.config, name));
    }
    if let Some(theme) = settings.and_then(|settings| settings.theme)
        && !names.contains(&theme)
        && let Err(unknown) = Theme::load(&paths.config, &theme)
    {
        let file = paths.settings().display().to_string();
        faults.extend(unknown.0.into_iter().map(|fault| Fault {
            file: file.clone(),
            ..fault
        }));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Faults(faults))
    }
}

fn gather<T>(faults: &mut Vec<Fault>, result: Result<T, Faults>) -> Option<T> {
    result.map_err(|found| faults.extend(found.0)).ok()
}
