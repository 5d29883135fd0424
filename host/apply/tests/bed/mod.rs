//! A small workspace, a plan over it, and every way to apply it.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod stopping;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remit_apply::{
    Admitted, Append, ApplyError, Durable, Progress, Setup, Stop, StoreMut, admit, apply,
    policy_pin,
};
use remit_formats::{Edit, Format, Key, Operator, redact_all};
use remit_plan::{
    About, Act, Case, Conversion, Digest, Draft, EditsWriter, Plan, Redaction, StagedWriter, State,
    Step, format_name,
};
use remit_policy::{Authority, Policy, Right, Rights, Strength};
use remit_workspace::{EntryPath, Kind, Memory, Pattern, Store};

pub(crate) const CREATED: i64 = 1_790_000_000_000;
pub(crate) const SECRET: &str = "jo@example.com";

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

/// The same workspace every time: objects, a run with its parts, and something nobody proposes.
pub(crate) fn workspace() -> Arc<Memory> {
    let memory = Memory::new("memory:bed");
    memory.put(&path("/files/gone.txt"), "delete me");
    memory.put(&path("/files/copied.txt"), "copy me");
    memory.put(
        &path("/files/copied-and-gone.txt"),
        "copy me, then delete me",
    );
    memory.put(
        &path("/files/redacted.log"),
        format!("from {SECRET} to {SECRET}\n"),
    );
    memory.put(
        &path("/files/copied-and-redacted.log"),
        format!("mail {SECRET}\n"),
    );
    memory.put(&path("/files/converted.log"), "convert me, then delete me");
    memory.put(&path("/files/untouched.txt"), "nobody proposes me");
    memory.put(&path("/computes/c"), r#"{"name":"c"}"#);
    memory.put(&path("/models/m/1"), r#"{"name":"m"}"#);
    memory.put(&path("/runs/r1"), r#"{"runId":"r1"}"#);
    memory.put(&path("/runs/r1/metrics"), r#"{"loss":1}"#);
    memory.put(&path("/runs/r1-child"), r#"{"runId":"r1-child"}"#);
    memory.put(
        &path("/blobs/azureml/ExperimentRun/dcid.r1/logs/a.txt"),
        "a log",
    );
    memory.put(
        &path("/blobs/azureml/ExperimentRun/dcid.r1/logs/b.txt"),
        "another log",
    );
    memory.put(
        &path("/blobs/azureml/ExperimentRun/dcid.r1-child/out.bin"),
        "an output",
    );
    Arc::new(memory)
}

pub(crate) fn everything() -> Rights {
    [
        Right::List,
        Right::Read,
        Right::Export,
        Right::Redact,
        Right::Delete,
        Right::Archive,
    ]
    .into_iter()
    .fold(Rights::none(), |rights, right| {
        rights.with(right, Pattern::everything(), Strength::default())
    })
}

/// A sealed plan in `dir`.
pub(crate) struct Planned {
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) async fn step(memory: &Memory, at: &str, act: Act) -> Step {
    let entry = memory.stat(&path(at)).await.unwrap();
    let version = memory.pin(&entry).await.unwrap();
    Step::propose(&entry, version, memory.guard(&entry.path), act, "a test")
}

pub(crate) fn delete() -> Act {
    Act::Delete {
        purge: false,
        cancel_first: false,
        detach: false,
        forecast: State::Gone,
    }
}

fn detach() -> Act {
    Act::Delete {
        purge: false,
        cancel_first: false,
        detach: true,
        forecast: State::Gone,
    }
}

pub(crate) async fn redaction(memory: &Memory, case: &Case, at: &str) -> Redaction {
    let bytes = memory.contents()[&path(at)].clone();
    let text = std::str::from_utf8(&bytes).unwrap();
    let edits: Vec<Edit> = text
        .match_indices(SECRET)
        .map(|(offset, found)| Edit {
            offset: offset as u64,
            length: found.len() as u32,
            rule: "email".into(),
            operator: Operator::Pseudonym,
        })
        .collect();
    let mut file = EditsWriter::create(case, at).unwrap();
    edits.iter().for_each(|edit| file.push(edit).unwrap());
    let file = file.finish().unwrap();
    let key = Key::new(*case.key().unwrap().bytes());
    let count = edits.len() as u64;
    let edits = edits.into_iter().map(Ok::<_, std::convert::Infallible>);
    let (after, _) = redact_all(Format::Text, edits, &key, [Ok(bytes)]).unwrap();
    Redaction {
        scanner: "test".into(),
        format: format_name(Format::Text).into(),
        edits: file.name,
        edits_sha256: file.digest.to_hex(),
        places: BTreeMap::from([("email".into(), count)]),
        after_sha256: Digest::of(&after).to_hex(),
        written_sha256: written(memory, at, &after),
        after_size_bytes: after.len() as u64,
    }
}

/// Of a record, what of it is written.
fn written(memory: &Memory, at: &str, after: &[u8]) -> Option<String> {
    let path = path(at);
    let is_record = Kind::of(&path).is_some_and(|kind| !kind.is_object());
    let fields = memory.writable_fields(&path);
    // What is no document is refused when it is applied.
    let found = remit_formats::members::sha256(after, fields).ok();
    found.filter(|_| is_record).map(hex::encode)
}

/// The same as a converter would have staged it, in more than one chunk.
fn conversion(case: &Case, at: &str) -> Conversion {
    let made = b"CONVERTED\n".repeat(27_000);
    let mut file = StagedWriter::create(case, at).unwrap();
    made.chunks(1000)
        .for_each(|chunk| file.write(chunk).unwrap());
    let file = file.finish().unwrap();
    Conversion {
        converter: "test".into(),
        converter_digest: Digest::of(b"a component").to_string(),
        staged: file.name,
        after_sha256: file.digest.to_hex(),
        after_size_bytes: made.len() as u64,
    }
}

/// A plan that does every act: copies, redactions, deletes, a run with a child and their parts.
pub(crate) async fn plan(memory: &Memory) -> Planned {
    let (folder, mut draft) = draft();
    let case = draft.case().clone();
    let mut steps = vec![
        step(memory, "/files/gone.txt", delete()).await,
        step(memory, "/files/copied.txt", Act::copy()).await,
        step(memory, "/files/copied-and-gone.txt", Act::copy()).await,
        step(memory, "/files/copied-and-gone.txt", delete()).await,
        step(memory, "/runs/r1", delete()).await,
        step(memory, "/models/m/1", Act::Archive {}).await,
        step(memory, "/computes/c", detach()).await,
    ];
    let converted = Act::Export {
        redaction: None,
        through: Some(conversion(&case, "/files/converted.log")),
    };
    steps.push(step(memory, "/files/converted.log", converted).await);
    steps.push(step(memory, "/files/converted.log", delete()).await);
    let masked = redaction(memory, &case, "/files/copied-and-redacted.log").await;
    let cut = redaction(memory, &case, "/files/redacted.log").await;
    steps.push(
        step(
            memory,
            "/files/copied-and-redacted.log",
            Act::Export {
                redaction: Some(masked.clone()),
                through: None,
            },
        )
        .await,
    );
    steps.push(
        step(
            memory,
            "/files/copied-and-redacted.log",
            Act::Redact(masked),
        )
        .await,
    );
    steps.push(step(memory, "/files/redacted.log", Act::Redact(cut)).await);
    for (part, owner) in [
        ("/runs/r1/metrics", "/runs/r1"),
        ("/runs/r1-child", "/runs/r1"),
        (
            "/blobs/azureml/ExperimentRun/dcid.r1/logs/a.txt",
            "/runs/r1",
        ),
        (
            "/blobs/azureml/ExperimentRun/dcid.r1/logs/b.txt",
            "/runs/r1",
        ),
        (
            "/blobs/azureml/ExperimentRun/dcid.r1-child/out.bin",
            "/runs/r1-child",
        ),
    ] {
        let mut step = step(memory, part, delete()).await;
        step.part_of = Some(path(owner));
        steps.push(step);
    }
    for step in &steps {
        draft.propose(step).unwrap();
    }
    seal(memory, folder, draft).await
}

/// A draft in a case of its own.
pub(crate) fn draft() -> (tempfile::TempDir, Draft) {
    let folder = tempfile::tempdir().unwrap();
    let case = Case::create(&folder.path().join("a.case")).unwrap();
    (folder, Draft::new(case).unwrap())
}

/// A plan of these steps and no others.
pub(crate) async fn plan_of(memory: &Memory, steps: &[Step]) -> Planned {
    let (folder, mut draft) = draft();
    for step in steps {
        draft.propose(step).unwrap();
    }
    seal(memory, folder, draft).await
}

/// Makes a plan of a draft, under the workspace's policy as it is.
pub(crate) async fn seal(memory: &Memory, folder: tempfile::TempDir, draft: Draft) -> Planned {
    let about = About {
        workspace: memory.identity().into(),
        guest: "operator (test)".into(),
        policy: policy_pin(memory).await.unwrap(),
        created: CREATED,
        expires: CREATED + 1000,
    };
    draft.settle().unwrap().seal(about).unwrap();
    Planned { folder }
}

impl Planned {
    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("a.case")
    }

    /// The same sealed plan in another folder, with the same key.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_tree(&self.dir(), &folder.path().join("a.case"));
        Self { folder }
    }

    pub(crate) fn open(&self) -> Plan {
        Plan::open(Case::open(&self.dir()).unwrap()).unwrap()
    }

    pub(crate) async fn admit(&self, store: &dyn Store, now: i64) -> Result<Admitted, ApplyError> {
        admit(self.open(), store, &authority(store).await, now).await
    }

    pub(crate) async fn apply(
        &self,
        store: Arc<dyn StoreMut>,
        append: Arc<dyn Append>,
    ) -> Result<Progress, ApplyError> {
        let authority = authority(&*store).await;
        let admitted = admit(self.open(), &*store, &authority, CREATED).await?;
        apply(admitted, &setup(store, authority, append)).await
    }

    pub(crate) async fn apply_plainly(
        &self,
        store: Arc<dyn StoreMut>,
    ) -> Result<Progress, ApplyError> {
        self.apply(store, Arc::new(Durable)).await
    }

    /// The package, file by file; the working folder beside it is nobody's business.
    pub(crate) fn package(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        tree(&self.dir().join("package"))
    }
}

pub(crate) async fn authority(store: &dyn Store) -> Authority {
    let policy = store.policy_file("policy.toml").await.unwrap();
    let holds = store.policy_file("holds.toml").await.unwrap();
    Authority::for_operator(
        everything(),
        Policy::parse(policy.as_deref(), holds.as_deref()).unwrap(),
    )
}

pub(crate) fn setup(
    store: Arc<dyn StoreMut>,
    authority: Authority,
    append: Arc<dyn Append>,
) -> Setup {
    Setup {
        store,
        authority,
        append,
        clock: Arc::new(|| CREATED),
        in_flight: 3,
        deletes_in_flight: 3,
        stop: Stop::default(),
        watch: Box::new(|_| ()),
    }
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

pub(crate) fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    _ = files.insert(
                        path.strip_prefix(root).unwrap().to_owned(),
                        fs::read(&path).unwrap(),
                    )
                }
            }
        }
    }
    files
}
