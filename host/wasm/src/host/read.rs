//! `scopes`, `entries`, `contents` and `scans`: where a workflow looks.

use remit_session::{Listing, Reader, Scan, Scope, Selector};
use wasmtime::component::Resource;

use crate::bindings::{contents, entries, model, scans, scopes};
use crate::convert::{self, Refused};
use crate::kept::Kept;
use crate::state::State;

impl scopes::Host for State {}

impl scopes::HostScope for State {
    async fn now_ms(&mut self, scope: Resource<Kept<Scope>>) -> wasmtime::Result<i64> {
        Ok(self.handles.get(&scope)?.value.now())
    }

    async fn allows(
        &mut self,
        scope: Resource<Kept<Scope>>,
        right: String,
        path: String,
    ) -> wasmtime::Result<bool> {
        let allowed = self.handles.get(&scope)?.value.allows(&right, &path);
        match self.answer(allowed) {
            Ok(allowed) => Ok(allowed),
            // There is no failure to answer with; a scope that was taken back allows nothing.
            Err(Refused::Failure(_)) => Ok(false),
            Err(Refused::Trap(error)) => Err(error),
        }
    }

    async fn narrow(
        &mut self,
        scope: Resource<Kept<Scope>>,
        pattern: String,
        rights: Vec<String>,
    ) -> Result<Resource<Kept<Scope>>, Refused> {
        let narrowed = self.handles.get(&scope)?.value.narrow(&pattern, &rights);
        let narrowed = self.answer(narrowed)?;
        // It holds the places of the scopes that it was narrowed from, too.
        let bytes = self.bytes_of(&scope)? + pattern.len();
        Ok(self.make(narrowed, bytes)?)
    }

    async fn drop(&mut self, scope: Resource<Kept<Scope>>) -> wasmtime::Result<()> {
        self.forget(scope)
    }
}

impl entries::Host for State {
    async fn select(
        &mut self,
        within: Resource<Kept<Scope>>,
        what: Resource<Kept<Selector>>,
    ) -> Result<Resource<Listing>, Refused> {
        let scope = &self.handles.get(&within)?.value;
        let selector = &self.handles.get(&what)?.value;
        self.watch.stop();
        let listing = scope.select(selector).await;
        self.watch.start();
        let listing = self.answer(listing)?;
        Ok(self.handles.push(listing)?)
    }

    async fn stat(
        &mut self,
        within: Resource<Kept<Scope>>,
        path: String,
    ) -> Result<model::Entry, Refused> {
        let scope = &self.handles.get(&within)?.value;
        self.watch.stop();
        let entry = scope.stat(&path).await;
        self.watch.start();
        Ok(convert::entry(&self.answer(entry)?))
    }

    async fn owned_parts(
        &mut self,
        within: Resource<Kept<Scope>>,
        path: String,
    ) -> Result<Resource<Listing>, Refused> {
        let scope = &self.handles.get(&within)?.value;
        self.watch.stop();
        let parts = scope.owned_parts(&path).await;
        self.watch.start();
        let parts = self.answer(parts)?;
        Ok(self.handles.push(parts)?)
    }

    async fn referenced_parts(
        &mut self,
        within: Resource<Kept<Scope>>,
        path: String,
    ) -> Result<Resource<Listing>, Refused> {
        let scope = &self.handles.get(&within)?.value;
        self.watch.stop();
        let parts = scope.referenced_parts(&path).await;
        self.watch.start();
        let parts = self.answer(parts)?;
        Ok(self.handles.push(parts)?)
    }
}

impl entries::HostSelector for State {
    async fn new(&mut self, pattern: String) -> wasmtime::Result<Resource<Kept<Selector>>> {
        let bytes = pattern.len();
        self.make(Selector::new(pattern), bytes)
    }

    async fn kind(
        &mut self,
        selector: Resource<Kept<Selector>>,
        kind: String,
    ) -> wasmtime::Result<()> {
        self.alter(&selector, kind.len(), |selector| selector.kind = Some(kind))
    }

    async fn older_than_ms(
        &mut self,
        selector: Resource<Kept<Selector>>,
        age: u64,
    ) -> wasmtime::Result<()> {
        // Every condition must hold: of two ages, the greater one says both.
        self.alter(&selector, 0, |selector| {
            selector.older_than_ms = selector.older_than_ms.max(Some(age))
        })
    }

    async fn property(
        &mut self,
        selector: Resource<Kept<Selector>>,
        name: String,
        pattern: String,
    ) -> wasmtime::Result<()> {
        let bytes = name.len() + pattern.len() + size_of::<(String, String)>();
        self.alter(&selector, bytes, |selector| {
            selector.properties.push((name, pattern))
        })
    }

    async fn drop(&mut self, selector: Resource<Kept<Selector>>) -> wasmtime::Result<()> {
        self.forget(selector)
    }
}

impl entries::HostListing for State {
    async fn next(
        &mut self,
        listing: Resource<Listing>,
        max: u32,
    ) -> Result<Vec<model::Entry>, Refused> {
        let listing = self.handles.get_mut(&listing)?;
        self.watch.stop();
        let page = listing.next(max).await;
        self.watch.start();
        Ok(self
            .answer(page)?
            .iter()
            .map(|entry| convert::entry(entry))
            .collect())
    }

    async fn drop(&mut self, listing: Resource<Listing>) -> wasmtime::Result<()> {
        self.handles.delete(listing)?;
        Ok(())
    }
}

impl contents::Host for State {
    async fn open(
        &mut self,
        within: Resource<Kept<Scope>>,
        of: model::Entry,
        offset: u64,
    ) -> Result<Resource<Reader>, Refused> {
        let scope = &self.handles.get(&within)?.value;
        self.watch.stop();
        let reader = scope.open(&convert::named(of), offset).await;
        self.watch.start();
        let reader = self.answer(reader)?;
        Ok(self.handles.push(reader)?)
    }
}

impl contents::HostReader for State {
    async fn read(&mut self, reader: Resource<Reader>, max: u32) -> Result<Vec<u8>, Refused> {
        let reader = self.handles.get_mut(&reader)?;
        self.watch.stop();
        let bytes = reader.read(max).await;
        self.watch.start();
        Ok(self.answer(bytes)?.into())
    }

    async fn drop(&mut self, reader: Resource<Reader>) -> wasmtime::Result<()> {
        self.handles.delete(reader)?;
        Ok(())
    }
}

impl scans::Host for State {
    async fn start(
        &mut self,
        within: Resource<Kept<Scope>>,
        what: Resource<Listing>,
        scanner: String,
    ) -> Result<Resource<Scan>, Refused> {
        // The guest gave the listing away: its handle is gone already.
        let listing = self.handles.delete(what)?;
        let scope = &self.handles.get(&within)?.value;
        self.watch.stop();
        let scan = scope.scan(listing, &scanner).await;
        self.watch.start();
        let scan = self.answer(scan)?;
        Ok(self.handles.push(scan)?)
    }
}

impl scans::HostScan for State {
    async fn next(
        &mut self,
        scan: Resource<Scan>,
        max: u32,
    ) -> Result<Vec<scans::Scanned>, Refused> {
        let scan = self.handles.get_mut(&scan)?;
        self.watch.stop();
        let page = scan.next(max).await;
        self.watch.start();
        let page = self
            .answer(page)?
            .into_iter()
            .map(|scanned| scans::Scanned {
                of: convert::entry(&scanned.of),
                total: scanned.total,
                findings: scanned
                    .findings
                    .into_iter()
                    .map(convert::finding_shown)
                    .collect(),
            });
        Ok(page.collect())
    }

    async fn drop(&mut self, scan: Resource<Scan>) -> wasmtime::Result<()> {
        self.handles.delete(scan)?;
        Ok(())
    }
}
