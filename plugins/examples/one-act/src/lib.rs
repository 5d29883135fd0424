//! Does the one act that a parameter names, on what another one names: every word of the interface, once each.
//!
//! It asks for everything and insists on nothing: what the operator does not grant is `denied`, and ends the
//! run. Whether a delete may reach below what is listed (`cascade`) is a matter of the grant, not of the call.

use remit_guest::{Entry, Failure, Scope, Workflow, note, params};

struct OneAct;

impl Workflow for OneAct {
    fn run(root: &Scope) -> Result<(), Failure> {
        let act = params::required("act")?;
        let on = params::required("on")?;
        let mut found = 0;
        for entry in root.select(&on).list()? {
            found += 1;
            once(root, &act, &entry?)?;
        }
        match found {
            0 => Err(Failure::new("not-found", format!("nothing matches {on}"))),
            _ => Ok(()),
        }
    }
}

fn once(root: &Scope, act: &str, entry: &Entry) -> Result<(), Failure> {
    match act {
        "list" => note!("{}", entry.path),
        "show" => note!("{}", text(root, entry)?),
        "export" => _ = root.export(entry).propose()?,
        "redact" => _ = root.redact(entry, "personal-data").propose()?,
        "archive" => _ = root.archive(entry).propose()?,
        "delete" => _ = root.delete(entry).propose()?,
        "purge" => _ = root.delete(entry).purge().propose()?,
        "cancel" => _ = root.delete(entry).cancel_first().propose()?,
        "detach" => _ = root.delete(entry).detach().propose()?,
        other => return Err(format!("there is no act `{other}`").into()),
    }
    Ok(())
}

/// All of a content, which is small where somebody wants to see it in a plan.
fn text(root: &Scope, entry: &Entry) -> Result<String, Failure> {
    let mut reader = root.open(entry)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.read_chunk()? {
        bytes.extend(chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

remit_guest::workflow!(OneAct);
