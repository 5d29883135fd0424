//! The account itself: what it is, and the service properties that this project reads.

use std::sync::Arc;

use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out Get Account Information.
pub(crate) fn info(world: &World) -> Reply {
    Reply::ok()
        .header("x-ms-sku-name", "Standard_LRS")
        .header("x-ms-account-kind", world.settings.account_kind)
        .header("x-ms-is-hns-enabled", "false")
}

/// Carries out Get Service Properties: of what can be set here, the delete retention.
pub(crate) fn properties(world: &World) -> Result<Reply, Refusal> {
    let days = world.settings.soft_delete_days;
    let metrics = |writer: xml::Writer, name: &str| {
        writer
            .open(name, &[])
            .text("Version", "1.0")
            .text("Enabled", "false")
            .open("RetentionPolicy", &[])
            .text("Enabled", "false")
            .close("RetentionPolicy")
            .close(name)
    };
    let writer = xml::Writer::document()
        .open("StorageServiceProperties", &[])
        .open("Logging", &[])
        .text("Version", "1.0")
        .text("Read", "false")
        .text("Write", "false")
        .text("Delete", "false")
        .open("RetentionPolicy", &[])
        .text("Enabled", "false")
        .close("RetentionPolicy")
        .close("Logging");
    let writer = metrics(metrics(writer, "HourMetrics"), "MinuteMetrics")
        .text("Cors", "")
        .text("DefaultServiceVersion", "2020-02-10")
        .open("DeleteRetentionPolicy", &[])
        .text("Enabled", days.is_some().to_string())
        .maybe("Days", days.map(|days| days.to_string()));
    let writer = match days {
        Some(_) => writer.text(
            "AllowPermanentDelete",
            world.settings.allow_permanent_delete.to_string(),
        ),
        None => writer,
    };
    let writer = writer
        .close("DeleteRetentionPolicy")
        .open("StaticWebsite", &[])
        .text("Enabled", "false")
        .close("StaticWebsite")
        .close("StorageServiceProperties");
    Ok(Reply::ok().xml(writer.finish()))
}

/// Carries out Set Service Properties: the delete retention; the rest is read and forgotten.
pub(crate) fn set_properties(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let leaves = xml::leaves(&request.body)?;
    let policy = |name: &str| {
        leaves
            .iter()
            .find(|leaf| leaf.ends(&["DeleteRetentionPolicy", name]))
            .map(|leaf| leaf.text.trim())
    };
    let settings = Arc::make_mut(&mut world.settings);
    match policy("Enabled") {
        None => {}
        Some("true") => {
            let days = policy("Days").and_then(|days| days.parse().ok());
            settings.soft_delete_days = match days {
                Some(days @ 1..=365) => Some(days),
                _ => return Err(Code::InvalidXmlDocument.into()),
            };
            settings.allow_permanent_delete = policy("AllowPermanentDelete") == Some("true");
        }
        Some(_) => settings.soft_delete_days = None,
    }
    Ok(Reply::accepted())
}
