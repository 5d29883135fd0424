//! A workspace, a grant and a session over both; and scanners that a test can see through.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use remit_plan::{About, Act, Case, Draft, Plan, PlanError, Step};
use remit_policy::{Authority, Policy, Rights, StatedCeilings, parse_allow};
use remit_session::{
    Answer, Budget, Code, ConvertFault, Converters, Finding, Findings, Finished, Named, Refusal,
    ScanFault, Scanners, Scope, Session, Setup,
};
use remit_workspace::{Content, Entry, EntryPath, Memory, Store as _};
use tokio::sync::mpsc::Sender;

/// Later than anything that a workspace in memory holds.
pub(crate) const NOW: i64 = 4_000_000_000_000;

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

/// A workspace and a session on it, with everything it needs on disk.
pub(crate) struct Bench {
    pub(crate) store: Memory,
    pub(crate) session: Arc<Session>,
    _dir: tempfile::TempDir,
}

/// What a session is to be.
pub(crate) struct With<'a> {
    pub(crate) allow: &'a [&'a str],
    pub(crate) except: &'a [&'a str],
    pub(crate) holds: &'a str,
    pub(crate) ceilings: StatedCeilings,
    pub(crate) budget: Budget,
}

pub(crate) const ALL: &[&str] = &[
    "list=/**",
    "read=/**",
    "export=/**",
    "redact=/**",
    "delete+purge+cascade+cancel=/**",
    "archive=/**",
];

impl Default for With<'_> {
    fn default() -> Self {
        Self {
            allow: ALL,
            except: &[],
            holds: "",
            ceilings: StatedCeilings::default(),
            budget: Budget::default(),
        }
    }
}

impl With<'_> {
    pub(crate) fn on(self, store: Memory) -> Bench {
        let granted = self.allow.iter().map(|text| parse_allow(text).unwrap());
        let rights = granted.fold(Rights::none(), |all, one| all.and(&one));
        let except = self.except.iter().map(|text| text.parse().unwrap());
        let rights = except.fold(rights, Rights::without);
        let policy = Policy::parse(None, Some(self.holds.as_bytes())).unwrap();
        let authority = Authority::for_operator(rights, policy.clone());
        let dir = tempfile::tempdir().unwrap();
        let case = Case::create(&dir.path().join("case")).unwrap();
        let session = Session::new(Setup {
            store: Arc::new(store.clone()),
            ceilings: remit_policy::Ceilings::of(&self.ceilings, &[], &policy.ceilings()).unwrap(),
            authority,
            draft: Draft::new(case).unwrap(),
            scanners: Arc::new(Words),
            converters: Arc::new(Makers),
            params: BTreeMap::from([("mail".to_owned(), vec!["jane@example.com".to_owned()])]),
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
    pub(crate) fn root(&self) -> Scope {
        self.session.root()
    }

    /// What a guest would say of the entry as it is now.
    pub(crate) async fn named(&self, text: &str) -> Named {
        Named::of(&self.store.stat(&path(text)).await.unwrap())
    }

    /// Ends the session and seals what it left.
    pub(crate) async fn plan(&self) -> Plan {
        seal(self.session.finish().await.unwrap())
    }
}

pub(crate) fn seal(finished: Finished) -> Plan {
    try_seal(finished).unwrap()
}

pub(crate) fn try_seal(finished: Finished) -> Result<Plan, PlanError> {
    let about = About {
        workspace: "memory:test".into(),
        guest: "test".into(),
        policy: "none".into(),
        created: NOW,
        expires: NOW + 1,
    };
    Plan::open(finished.draft.settle()?.seal(about)?)
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

pub(crate) fn kept(plan: &Plan) -> Vec<String> {
    plan.kept()
        .map(Result::unwrap)
        .map(|kept| format!("{} {}: {}", kept.act, kept.path, kept.why))
        .collect()
}

pub(crate) fn gaps(plan: &Plan) -> Vec<String> {
    plan.gaps()
        .map(Result::unwrap)
        .map(|gap| format!("{}: {}", gap.path, gap.reason))
        .collect()
}

pub(crate) fn is_purge(step: &Step) -> bool {
    matches!(step.act, Act::Delete { purge: true, .. })
}

pub(crate) fn code<T>(answer: Answer<T>) -> Option<Code> {
    match answer {
        Ok(_) => None,
        Err(Refusal::Failure(failure)) => Some(failure.code),
        Err(Refusal::Fault(fault)) => panic!("a fault: {fault}"),
    }
}

pub(crate) async fn all(listing: &mut remit_session::Listing, page: u32) -> Answer<Vec<Entry>> {
    let mut entries = Vec::new();
    loop {
        let more = listing.next(page).await?;
        if more.is_empty() {
            return Ok(entries);
        }
        assert!(more.len() <= page.max(1) as usize);
        entries.extend(more.into_iter().map(Arc::unwrap_or_clone));
    }
}

/// Scanners by what they are called: `find:jane,bob` finds these words; the rest misbehave.
#[derive(Debug)]
pub(crate) struct Words;

#[async_trait]
impl Scanners for Words {
    fn rules(&self, name: &str) -> Option<Vec<String>> {
        match name.split_once(':') {
            Some(("find", words)) => Some(words.split(',').map(str::to_owned).collect()),
            Some(("bad", _)) => Some(vec!["rule".to_owned()]),
            _ => None,
        }
    }

    async fn scan(
        &self,
        name: &str,
        of: Entry,
        mut content: Content,
        found: Findings,
    ) -> Result<(), ScanFault> {
        let mut text = Vec::new();
        while let Some(bytes) = content.next().await {
            match bytes {
                Ok(bytes) => text.extend_from_slice(&bytes),
                // A scanner that keeps an error to itself.
                Err(_) => return Ok(()),
            }
        }
        let finding = |offset: usize, length: usize, rule: &str| Finding {
            offset: offset as u64,
            length: length as u32,
            rule: rule.to_owned(),
        };
        let reported = match name.split_once(':').unwrap() {
            ("find", words) => {
                let text = String::from_utf8_lossy(&text);
                let mut all: Vec<Finding> = words
                    .split(',')
                    .flat_map(|word| {
                        text.match_indices(word)
                            .map(move |(at, _)| finding(at, word.len(), word))
                    })
                    .collect();
                all.sort_by_key(|finding| finding.offset);
                found.report(all)
            }
            (_, "beyond") => found.report(vec![finding(text.len(), 1, "rule")]),
            (_, "far") => found.report(vec![Finding {
                offset: u64::MAX,
                length: 2,
                rule: "rule".into(),
            }]),
            (_, "undeclared") => found.report(vec![finding(0, 1, "other")]),
            (_, "empty") => found.report(vec![finding(0, 0, "rule")]),
            (_, "overlap") => found.report(vec![finding(0, 2, "rule"), finding(1, 1, "rule")]),
            (_, "apart") => {
                // In order within each report, but not across them; and it hides that it was told.
                let first = found.report(vec![finding(1, 1, "rule")]);
                let _ = found.report(vec![finding(0, 1, "rule")]);
                first
            }
            (_, "flood") => {
                let each = (0..text.len()).map(|at| finding(at, 1, "rule"));
                found.report(each.collect())
            }
            (_, "trap") => return Err(ScanFault::Scanner("it ran out of memory".into())),
            (_, "panic") => panic!("a bug of the host"),
            (_, "host") => return Err(ScanFault::Host("no more file handles".into())),
            (_, "peek") => {
                // Finds something only if it is shown a property.
                match of.properties.is_empty() {
                    true => Ok(()),
                    false => found.report(vec![finding(0, 1, "rule")]),
                }
            }
            (_, other) => panic!("no behaviour {other}"),
        };
        match reported {
            Ok(()) => Ok(()),
            Err(Refusal::Failure(failure)) => Err(ScanFault::Scanner(failure.to_string())),
            Err(Refusal::Fault(fault)) => Err(ScanFault::Host(Box::new(fault))),
        }
    }
}

/// Converters by what they make of the content.
#[derive(Debug)]
pub(crate) struct Makers;

#[async_trait]
impl Converters for Makers {
    fn digest(&self, name: &str) -> Option<String> {
        (name != "none").then(|| format!("sha256:{name}"))
    }

    async fn convert(
        &self,
        name: &str,
        session: &Arc<Session>,
        of: Entry,
        mut content: Content,
        to: Sender<Bytes>,
    ) -> Result<(), ConvertFault> {
        let mut text = Vec::new();
        while let Some(bytes) = content.next().await {
            match bytes {
                Ok(bytes) => text.extend_from_slice(&bytes),
                // A converter that keeps an error to itself.
                Err(_) => break,
            }
        }
        let send = async |bytes: Vec<u8>| match to.send(bytes.into()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(ConvertFault::Converter("nobody takes it".to_owned())),
        };
        match name {
            "upper" => send(text.to_ascii_uppercase()).await,
            "properties" => send(format!("{:?}", of.properties).into_bytes()).await,
            "half" => {
                send(text[..text.len() / 2].to_vec()).await?;
                Err(ConvertFault::Converter("it ran out of memory".to_owned()))
            }
            "flood" => loop {
                send(vec![b'x'; 1000]).await?;
            },
            "host" => Err(ConvertFault::Host("no more file handles".into())),
            "says" => {
                session.log("hello");
                send(text).await
            }
            other => panic!("no behaviour {other}"),
        }
    }
}
