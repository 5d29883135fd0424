//! What one row of the table says, and the walk through all of it.

use serde_json::Value;

use crate::table::scene::Scene;

/// Finds the name that the scene puts wherever a redaction can cut.
const NAMES: &str = "\
//! Finds Jane.
//!
//! world = \"scanner\"
//! [rules.name]
//! description = \"A first name.\"
fn scan(text, entry) { \"Jane\".find_all(text, \"name\") }
";

/// A row of the README's table, with one such thing of the scene.
pub(crate) struct Row {
    /// Its path, as the README writes it.
    pub(crate) named: &'static str,
    pub(crate) path: &'static str,
    /// What stands in its document, or in its bytes.
    pub(crate) shows: &'static str,
    /// How it is deleted, and how that ends; nothing where it is not.
    pub(crate) delete: Option<(&'static [&'static str], i32)>,
    /// What stands in the name of all that goes with it.
    pub(crate) takes: &'static str,
    /// Whether the service archives it.
    pub(crate) archive: bool,
    /// Whether anything that the service lets be written can have the name of a person in it.
    pub(crate) redact: bool,
}

impl Row {
    /// A row of what is listed, shown and deleted with nothing more said, and neither archived nor redacted.
    pub(crate) const fn of(
        named: &'static str,
        path: &'static str,
        shows: &'static str,
        takes: &'static str,
    ) -> Self {
        Self {
            named,
            path,
            shows,
            delete: Some((&[], 0)),
            takes,
            archive: false,
            redact: false,
        }
    }

    pub(crate) const fn archived(self) -> Self {
        Self {
            archive: true,
            ..self
        }
    }

    pub(crate) const fn redacted(self) -> Self {
        Self {
            redact: true,
            ..self
        }
    }

    /// Not deleted, whatever is granted.
    pub(crate) const fn kept(self) -> Self {
        Self {
            delete: None,
            ..self
        }
    }

    /// Deleted with these options, ending so.
    pub(crate) const fn deleted(self, options: &'static [&'static str], exit: i32) -> Self {
        Self {
            delete: Some((options, exit)),
            ..self
        }
    }

    /// Does everything that the row says, in one scene.
    pub(crate) fn walk(&self) {
        let scene = Scene::new();
        scene.bed.write("names.rhai", NAMES);
        assert!(scene.has(self.path), "{} is not in the scene", self.path);
        self.read(&scene);
        self.archive(&scene);
        self.redact(&scene);
        self.delete(&scene);
    }

    /// Listed, shown, downloaded and exported, and nothing changes.
    fn read(&self, scene: &Scene) {
        assert_eq!(scene.listed(self.path), [self.path]);
        let shown = scene.remit(&["show", self.path]).exits(0).says(self.path);
        if scene.bytes(self.path).is_none() {
            shown.says(self.shows);
        }
        scene.remit(&["download", self.path, "out"]).exits(0);
        let path = self.path;
        assert!(has_text(scene, "out", self.shows), "{path}: downloaded");
        scene
            .remit(&["export", self.path, "--yes", "--case", "e.case"])
            .exits(0);
        let is_packed = has_text(scene, "e.case/package", self.shows);
        assert!(is_packed, "{path}: packed");
        scene.unchanged();
    }

    fn archive(&self, scene: &Scene) {
        let ran = scene.remit(&["archive", self.path, "--yes", "--case", "a.case"]);
        if !self.archive {
            return scene.unchanged();
        }
        ran.exits(0).says("1 done");
        let record = scene.record(self.path).unwrap();
        let says = ["hidden", "archived"]
            .iter()
            .any(|name| record[name] == true);
        assert!(
            says || record["properties"]["isArchived"] == true,
            "{record}"
        );
        self.only_itself_changed(scene);
        assert_eq!(
            scene.listed(self.path),
            [self.path],
            "archived, it is still listed"
        );
    }

    fn redact(&self, scene: &Scene) {
        let arguments = [
            "redact",
            self.path,
            "--with",
            "names.rhai",
            "--yes",
            "--case",
            "r.case",
        ];
        if !self.redact {
            return;
        }
        assert!(
            self.writable(scene).contains("Jane"),
            "{}",
            self.writable(scene)
        );
        scene.remit(&arguments).exits(0).says("1 done");
        assert!(
            !self.writable(scene).contains("Jane"),
            "{}",
            self.writable(scene)
        );
        assert!(scene.has(self.path));
        self.only_itself_changed(scene);
        scene.without_workspace(&["verify", "r.case"]).exits(0);
    }

    fn delete(&self, scene: &Scene) {
        let Some((options, exit)) = self.delete else {
            let before = scene.changes();
            scene
                .remit(&["delete", self.path, "--cascade", "--purge", "--yes"])
                .exits(3);
            return assert_eq!(scene.changes(), before);
        };
        let before = scene.changes().len();
        let how = ["delete", self.path, "--yes", "--case", "d.case"];
        scene.remit(&[&how[..], options].concat()).exits(exit);
        assert!(!scene.has(self.path), "{} is still there", self.path);
        let removed = scene.removed();
        assert!(!removed.is_empty());
        let others: Vec<_> = scene.changes().split_off(before);
        for change in others {
            assert!(change.contains(self.takes), "{}: {change}", self.path);
        }
    }

    #[track_caller]
    fn only_itself_changed(&self, scene: &Scene) {
        for change in scene.changes() {
            assert!(change.contains(self.takes), "{}: {change}", self.path);
        }
    }

    /// What the service lets be written of it, or its bytes.
    fn writable(&self, scene: &Scene) -> String {
        if let Some(bytes) = scene.bytes(self.path) {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        let record = scene.record(self.path).unwrap();
        let members = ["displayName", "friendlyName", "description", "tags"];
        let texts = members
            .iter()
            .flat_map(|name| [&record[name], &record["properties"][name]]);
        texts
            .filter(|value| !value.is_null())
            .map(Value::to_string)
            .collect()
    }
}

/// Whether a file below the folder has the text in it.
pub(crate) fn has_text(scene: &Scene, folder: &str, text: &str) -> bool {
    let files = scene.bed.tree(folder);
    files
        .values()
        .any(|bytes| String::from_utf8_lossy(bytes).contains(text))
}
