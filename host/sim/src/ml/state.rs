//! Everything the service half holds, and the one door through which it changes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::ml::problem::Problem;
use crate::ml::records::{Records, segments};
use crate::ml::running::Running;
use crate::ml::settings::AzureMlSettings;
use crate::mutation::{Effect, Place, Service};
use crate::world::World;

/// Who changes something: which plane was asked, for which operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct By {
    pub(crate) service: Service,
    pub(crate) verb: &'static str,
}

/// A resource that was deleted and can be recovered for a while.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    pub(crate) document: Value,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

/// The service half.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Arc<AzureMlSettings>,
    pub(crate) records: Records,
    /// By key.
    pub(crate) hidden: BTreeMap<String, Hidden>,
    /// Locks as documents; their ids say what they lock.
    pub(crate) locks: Vec<Value>,
    pub(crate) running: Vec<Running>,
    pub(crate) purges: Vec<Purge>,
    /// Rows of telemetry, by the key of the resource that holds them and by table.
    pub(crate) rows: BTreeMap<(String, String), Vec<Value>>,
}

/// A purge of telemetry.
#[derive(Clone, Debug)]
pub(crate) struct Purge {
    pub(crate) resource: String,
    pub(crate) id: String,
    pub(crate) asked: Timestamp,
    /// What was asked: table and filters.
    pub(crate) body: Value,
    pub(crate) looks_left: u32,
}

/// The key of a resource with this id.
pub(crate) fn resource_key(id: &str) -> String {
    id.trim_matches('/').to_ascii_lowercase()
}

impl State {
    pub(crate) fn new(settings: AzureMlSettings) -> Self {
        Self {
            settings: Arc::new(settings),
            records: Records::default(),
            hidden: BTreeMap::new(),
            locks: Vec::new(),
            running: Vec::new(),
            purges: Vec::new(),
            rows: BTreeMap::new(),
        }
    }

    /// The key of the workspace itself.
    pub(crate) fn workspace_key(&self) -> String {
        resource_key(&self.settings.arm_id())
    }

    pub(crate) fn get(&self, key: &str) -> Option<Cow<'_, Value>> {
        self.records.get(key)
    }

    /// Puts a document or removes it, and writes down what changed.
    pub(crate) fn change(&mut self, world: &mut World, by: By, key: &str, after: Option<Value>) {
        let shown = after.clone();
        let before = self.records.set(key, after);
        let effect = match (&before, &shown) {
            (None, None) => return,
            (None, Some(_)) => Effect::Created,
            (Some(_), None) => Effect::Removed,
            (Some(before), Some(after)) if before == after => return,
            (Some(_), Some(_)) => Effect::Changed,
        };
        self.note(world, by, key, shown.or(before).as_ref(), effect);
    }

    /// Writes down a change.
    pub(crate) fn note(
        &self,
        world: &mut World,
        by: By,
        key: &str,
        document: Option<&Value>,
        effect: Effect,
    ) {
        let (container, name) = if key.starts_with("subscriptions/") {
            let member = |name: &str| {
                document
                    .and_then(|document| document.get(name))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            (member("type"), member("name"))
        } else {
            let mut parts = segments(key);
            let kind = parts.remove(0);
            (kind, parts.join("/"))
        };
        let place = Place {
            service: by.service,
            verb: by.verb,
            container: &container,
            blob: &name,
        };
        world.log.push(place, String::new(), effect, None, None);
    }

    /// Removes everything below a prefix.
    pub(crate) fn remove_below(&mut self, world: &mut World, by: By, prefix: &str) {
        for key in self.records.keys(prefix) {
            self.change(world, by, &key, None);
        }
    }

    /// Hides a resource for so many days.
    pub(crate) fn hide(&mut self, world: &mut World, by: By, key: &str, days: i64) {
        let Some(document) = self.records.set(key, None) else {
            return;
        };
        self.note(world, by, key, Some(&document), Effect::Hidden);
        let since = world.now();
        let until = since + jiff::SignedDuration::from_hours(24 * days);
        let hidden = Hidden {
            document,
            since,
            until,
        };
        self.hidden.insert(key.to_owned(), hidden);
    }

    /// Lets go what was kept long enough.
    pub(crate) fn sweep(&mut self, world: &mut World) {
        let now = world.now();
        let due: Vec<String> = self
            .hidden
            .iter()
            .filter(|(_, hidden)| hidden.until <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            let by = By {
                service: Service::Management,
                verb: "Retention",
            };
            self.purge(world, by, &key);
        }
    }

    /// Ends the retention of a hidden resource; of a workspace, all its records go with it.
    pub(crate) fn purge(&mut self, world: &mut World, by: By, key: &str) {
        let Some(hidden) = self.hidden.remove(key) else {
            return;
        };
        self.note(world, by, key, Some(&hidden.document), Effect::Removed);
        if key == self.workspace_key() {
            self.remove_all_records(world, by);
        }
    }

    /// Removes every record of the workspace.
    pub(crate) fn remove_all_records(&mut self, world: &mut World, by: By) {
        for key in self.records.keys("") {
            if !key.starts_with("subscriptions/") {
                self.change(world, by, &key, None);
            }
        }
    }

    /// What forbids to delete what has this id, or to change it.
    ///
    /// Assumption: status and code; and that a lock below a resource protects it as well, as it
    /// protects a resource group.
    pub(crate) fn locked(&self, id: &str, deletes: bool) -> Result<(), Problem> {
        let id = resource_key(id);
        for lock in &self.locks {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let level = text(&lock["properties"]["level"]);
            if !deletes && level != "ReadOnly" {
                continue;
            }
            let scope = lock_scope(&text(&lock["id"]));
            let within = |a: &str, b: &str| {
                a.strip_prefix(b)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if within(&id, &scope) || (deletes && within(&scope, &id)) {
                return Err(Problem::conflict(
                    "ScopeLocked",
                    format!(
                        "The scope '/{id}' cannot perform the operation because following scope(s) \
                         are locked: '/{scope}'. Please remove the lock and try again."
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// The key of what a lock with this id locks.
pub(crate) fn lock_scope(id: &str) -> String {
    let key = resource_key(id);
    match key.rfind("/providers/microsoft.authorization/locks/") {
        Some(at) => key[..at].to_owned(),
        None => key,
    }
}
