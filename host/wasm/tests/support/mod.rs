//! A workspace, a grant and a session; packed plugins; and guests written by hand.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use remit_plan::{About, Case, Draft, Plan, Step};
use remit_policy::{
    Authority, Ceilings, Grant, GuestDigest, Manifest, Policy, Rights, StatedCeilings, parse_allow,
};
use remit_session::{Budget, Converters, Finished, NoConverters, Scanners, Session, Setup};
use remit_wasm::{Cancel, Limits, Loaded, Params, Runtime, ScannerPool};
use remit_workspace::{EntryPath, Memory};

pub(crate) const NOW: i64 = 1_700_000_000_000;

/// One engine for all tests of a binary, as for a process.
pub(crate) static RUNTIME: LazyLock<Arc<Runtime>> =
    LazyLock::new(|| Arc::new(Runtime::new().unwrap()));

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

/// Packed plugins: `REMIT_PLUGINS`, or `plugins/` in the target folder.
pub(crate) fn plugins() -> PathBuf {
    if let Some(folder) = std::env::var_os("REMIT_PLUGINS") {
        return folder.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        PathBuf::from,
    );
    target.join("plugins")
}

/// A packed plugin by name.
pub(crate) fn plugin(name: &str) -> Vec<u8> {
    component(plugins().join(format!("{name}.wasm")))
}

/// A packed interpreter of scripts: in `interpreters`, beside the plugins.
pub(crate) fn interpreter(name: &str) -> Vec<u8> {
    beside("interpreters", name)
}

/// A packed hostile guest: in `probes`, beside the plugins.
pub(crate) fn probe(name: &str) -> Vec<u8> {
    beside("probes", name)
}

fn beside(folder: &str, name: &str) -> Vec<u8> {
    component(
        plugins()
            .with_file_name(folder)
            .join(format!("{name}.wasm")),
    )
}

fn component(file: PathBuf) -> Vec<u8> {
    match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) => panic!(
            "{}: {error}: build the plugins first, with `cargo xtask plugins`",
            file.display()
        ),
    }
}

pub(crate) fn load(component: &[u8]) -> Arc<Loaded> {
    Arc::new(Loaded::load(&RUNTIME, component, None, |_| true).unwrap())
}

/// A pool with these scanners.
pub(crate) fn pool(limits: Limits, scanners: &[(&str, &Arc<Loaded>)]) -> Arc<ScannerPool> {
    let mut pool = ScannerPool::new(limits, Cancel::new());
    for (name, loaded) in scanners {
        pool.add(name, Arc::clone(loaded), Params::new()).unwrap();
    }
    Arc::new(pool)
}

/// A session on a workspace, with everything it needs on disk.
pub(crate) struct Bench {
    pub(crate) store: Memory,
    pub(crate) session: Arc<Session>,
    _dir: tempfile::TempDir,
}

pub(crate) const ALL: &[&str] = &[
    "list=/**",
    "read=/**",
    "export=/**",
    "redact=/**",
    "delete+purge+cascade+cancel=/**",
    "archive=/**",
];

/// What a session is to be.
pub(crate) struct With<'a> {
    pub(crate) allow: &'a [&'a str],
    /// A guest's manifest; without, everything counts as asked.
    pub(crate) manifest: Option<&'a Manifest>,
    pub(crate) holds: &'a str,
    pub(crate) ceilings: StatedCeilings,
    pub(crate) budget: Budget,
    pub(crate) scanners: Arc<dyn Scanners>,
    pub(crate) converters: Arc<dyn Converters>,
    pub(crate) params: Params,
}

impl Default for With<'_> {
    fn default() -> Self {
        Self {
            allow: ALL,
            manifest: None,
            holds: "",
            ceilings: StatedCeilings::default(),
            budget: Budget::default(),
            scanners: Arc::new(ScannerPool::new(Limits::default(), Cancel::new())),
            converters: Arc::new(NoConverters),
            params: BTreeMap::new(),
        }
    }
}

impl With<'_> {
    pub(crate) fn on(self, store: Memory) -> Bench {
        let granted = self.allow.iter().map(|text| parse_allow(text).unwrap());
        let rights = granted.fold(Rights::none(), |all, one| all.and(&one));
        let policy = Policy::parse(None, Some(self.holds.as_bytes())).unwrap();
        let authority = match self.manifest {
            Some(manifest) => {
                let grant = Grant {
                    rights,
                    ..Grant::default()
                };
                Authority::for_guest(manifest, GuestDigest::of(b"a guest"), grant, policy.clone())
                    .unwrap()
            }
            None => Authority::for_operator(rights, policy.clone()),
        };
        let dir = tempfile::tempdir().unwrap();
        let case = Case::create(&dir.path().join("case")).unwrap();
        let session = Session::new(Setup {
            store: Arc::new(store.clone()),
            ceilings: Ceilings::of(&self.ceilings, &[], &policy.ceilings()).unwrap(),
            authority,
            draft: Draft::new(case).unwrap(),
            scanners: self.scanners,
            converters: self.converters,
            params: self.params,
            now: NOW,
            budget: self.budget,
        });
        Bench {
            store,
            session,
            _dir: dir,
        }
    }
}

impl Bench {
    pub(crate) async fn finish(&self) -> Finished {
        self.session.finish().await.unwrap()
    }
}

pub(crate) fn seal(finished: Finished) -> Plan {
    let about = About {
        workspace: "memory:test".into(),
        guest: "test".into(),
        policy: "none".into(),
        created: NOW,
        expires: NOW + 1,
    };
    Plan::open(finished.draft.settle().unwrap().seal(about).unwrap()).unwrap()
}

pub(crate) fn steps(plan: &Plan) -> Vec<Step> {
    plan.steps().map(Result::unwrap).collect()
}

/// The steps as `act path`.
pub(crate) fn acts(plan: &Plan) -> Vec<String> {
    steps(plan)
        .iter()
        .map(|step| format!("{} {}", step.act.as_str(), step.path))
        .collect()
}

pub(crate) fn gaps(plan: &Plan) -> Vec<String> {
    plan.gaps()
        .map(Result::unwrap)
        .map(|gap| format!("{}: {}", gap.path, gap.reason))
        .collect()
}

/// A small workspace: two logs and a run.
pub(crate) fn small() -> Memory {
    let store = Memory::new("test");
    store.put(
        &path("/files/logs/a.log"),
        "user jane@example.com EMP-004711 said hello\nnothing here\n",
    );
    store.put(&path("/files/logs/b.log"), "quiet\n");
    store.put(&path("/runs/old"), r#"{"id":"old","status":"Completed"}"#);
    store
}
