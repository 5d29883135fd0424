//! Each verb three times: typed, from a script and from a plugin.

use crate::bed::Ran;
use crate::table::row::has_text;
use crate::table::scene::Scene;

const RUN: &str = "/runs/churn-000000";
const LOG: &str = "/blobs/azureml/ExperimentRun/dcid.churn-000000/user_logs/std_log.txt";
const SUMMARY: &str = "/blobs/azureml/ExperimentRun/dcid.churn-000000/outputs/summary.json";
const MODEL: &str = "/models/churn-model/1";

/// One verb on one thing.
pub(crate) struct Deed {
    pub(crate) on: &'static str,
    /// Typed: the words before the path, and those after it.
    pub(crate) typed: (&'static [&'static str], &'static [&'static str]),
    /// What a script says of `e`, each entry that the path chooses.
    pub(crate) script: &'static str,
    /// What the plugin `one-act` calls it.
    pub(crate) act: &'static str,
    /// The rights that it takes.
    pub(crate) rights: &'static [&'static str],
    /// How it ends.
    pub(crate) exit: i32,
}

/// A scanner that is not the script's own has to be named.
const NAMES_A_SCANNER: &str = "\
//! Redacts.
//!
//! [asks]
//! list   = [\"/**\"]
//! read   = [\"/**\"]
//! redact = [\"/**\"]
//! [uses]
//! scanners = [\"personal-data\"]
";

impl Deed {
    pub(crate) fn typed(&self, scene: &Scene) -> Ran {
        let (before, after) = self.typed;
        scene.remit(&[before, &[self.on], after].concat())
    }

    pub(crate) fn by_script(&self, scene: &Scene, rights: &[&str]) -> Ran {
        let header = match self.script.contains("personal-data") {
            true => NAMES_A_SCANNER,
            false => "",
        };
        let (on, does) = (self.on, self.script);
        let script = format!("{header}for e in scope.list(\"{on}\") {{ {does} }}");
        self.by_guest(scene, &["-e", &script], rights)
    }

    pub(crate) fn by_plugin(&self, scene: &Scene, rights: &[&str]) -> Ran {
        let (act, on) = (format!("act={}", self.act), format!("on={}", self.on));
        self.by_guest(scene, &["one-act", "--param", &act, "--param", &on], rights)
    }

    fn by_guest(&self, scene: &Scene, guest: &[&str], rights: &[&str]) -> Ran {
        let rights: Vec<String> = ["list"]
            .iter()
            .chain(rights)
            .map(|right| format!("--allow={right}=/**"))
            .collect();
        let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
        let how = ["run", "--yes", "--case", "d.case"];
        scene.remit(&[&how[..], guest, &rights].concat())
    }
}

/// A module of tests for each verb, the three ways to one end.
macro_rules! three_ways {
    ($($verb:ident: $deed:expr, $ends:expr;)*) => {
        $(mod $verb {
            use super::*;

            const DEED: Deed = $deed;

            #[test]
            fn typed() {
                let scene = Scene::new();
                let ran = DEED.typed(&scene).exits(DEED.exit);
                let ends: fn(&Scene, &Ran) = $ends;
                ends(&scene, &ran);
            }

            #[test]
            fn by_a_script() {
                let scene = Scene::new();
                let ran = DEED.by_script(&scene, DEED.rights).exits(DEED.exit);
                let ends: fn(&Scene, &Ran) = $ends;
                ends(&scene, &ran);
            }

            #[test]
            fn by_a_plugin() {
                let scene = Scene::new();
                let ran = DEED.by_plugin(&scene, DEED.rights).exits(DEED.exit);
                let ends: fn(&Scene, &Ran) = $ends;
                ends(&scene, &ran);
            }
        })*
    };
}

/// All that was said: by the command, and by the guest in the plan.
fn told(scene: &Scene, ran: &Ran) -> String {
    let notes = scene.without_workspace(&["show", "d.case", "--json"]);
    format!("{}{}{}", ran.stdout, ran.stderr, notes.stdout)
}

three_ways! {
    list: Deed {
        on: "/runs/churn-*",
        typed: (&["list"], &[]),
        script: "note(e.path);",
        act: "list",
        rights: &[],
        exit: 0,
    }, |scene, ran| {
        for run in ["/runs/churn-000000", "/runs/churn-000003", "/runs/churn-000006", "/runs/churn-000009"] {
            assert!(told(scene, ran).contains(run), "{run} in {}", ran.stdout);
        }
        assert!(!told(scene, ran).contains("bike-demand"), "{}", ran.stdout);
        scene.unchanged();
    };
    show: Deed {
        on: RUN,
        typed: (&["show"], &[]),
        script: "note(`${e.document().displayName}`);",
        act: "show",
        rights: &["read"],
        exit: 0,
    }, |scene, ran| {
        assert!(told(scene, ran).contains("churn-model 0"), "{}", ran.stdout);
        scene.unchanged();
    };
    download: Deed {
        on: SUMMARY,
        // A guest has no folder to put anything in: it proposes a copy in the package.
        typed: (&["download"], &["d.case"]),
        script: "e.export(\"asked for\");",
        act: "export",
        rights: &["read", "export"],
        exit: 0,
    }, |scene, _| {
        assert!(has_text(scene, "d.case", "trainedBy"));
        scene.unchanged();
    };
    export: Deed {
        on: SUMMARY,
        typed: (&["export"], &["--yes", "--case", "d.case"]),
        script: "e.export(\"asked for\");",
        act: "export",
        rights: &["read", "export"],
        exit: 0,
    }, |scene, _| {
        assert!(has_text(scene, "d.case/package", "trainedBy"));
        scene.unchanged();
    };
    redact: Deed {
        on: LOG,
        typed: (&["redact"], &["--with", "personal-data", "--yes"]),
        script: "e.redact(\"personal-data\", \"read by all\");",
        act: "redact",
        rights: &["read", "redact"],
        exit: 0,
    }, |scene, _| {
        let log = String::from_utf8(scene.bytes(LOG).unwrap()).unwrap();
        assert!(log.contains("job submitted by Jane Example"), "{log}");
        assert!(!log.contains("jane.example@example.com"), "{log}");
        assert!(scene.changes().iter().all(|change| change.ends_with("user_logs/std_log.txt")));
    };
    archive: Deed {
        on: RUN,
        typed: (&["archive"], &["--yes"]),
        script: "e.archive(\"done\");",
        act: "archive",
        rights: &["archive"],
        exit: 0,
    }, |scene, _| {
        assert_eq!(scene.record(RUN).unwrap()["hidden"], true);
        assert_eq!(scene.changes(), ["Changed runs/churn-000000"]);
    };
    delete: Deed {
        on: MODEL,
        typed: (&["delete"], &["--yes"]),
        script: "e.delete(\"unused\");",
        act: "delete",
        rights: &["delete"],
        exit: 0,
    }, |scene, _| {
        assert!(!scene.has(MODEL));
        assert!(scene.removed().iter().all(|gone| gone.starts_with("models/churn-model")), "{:?}", scene.removed());
    };
}
