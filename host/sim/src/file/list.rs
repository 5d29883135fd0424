//! List Directories and Files: one directory, in pages.

use crate::clock::{http_date, stamp};
use crate::file::state::{Node, path};
use crate::page::{self, Size};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries it out; names come in their order, without regard to case.
pub(crate) fn list(world: &World, request: &Request) -> Result<Reply, Refusal> {
    let size = Size::of(request, &world.settings)?;
    let tree = world.shares.tree(request)?;
    let path = path(request)?;
    let directory = tree.root.at(&path)?;
    let prefix = request
        .parameter("prefix")
        .unwrap_or_default()
        .to_lowercase();
    let start = page::start(request)?.unwrap_or_else(|| prefix.clone());
    let mut writer = xml::Writer::document()
        .open(
            "EnumerationResults",
            &[
                ("ServiceEndpoint", &page::endpoint(request)),
                ("ShareName", &request.container),
                (
                    "ShareSnapshot",
                    request.parameter("sharesnapshot").unwrap_or_default(),
                ),
                ("DirectoryPath", &path.join("/")),
            ],
        )
        .maybe("Prefix", request.parameter("prefix"))
        .maybe("Marker", request.parameter("marker"))
        .maybe("MaxResults", request.parameter("maxresults"))
        .open("Entries", &[]);
    let mut next = None;
    let found = directory
        .from(&start)
        .take_while(|(key, _, _)| key.starts_with(&prefix));
    for (at, (key, name, node)) in found.enumerate() {
        if at == size.0 {
            next = Some(page::marker(key));
            break;
        }
        writer = write(writer, name, node, request);
    }
    let writer = writer
        .close("Entries")
        .text("NextMarker", next.unwrap_or_default())
        .text("DirectoryId", directory.facts.id.to_string())
        .close("EnumerationResults");
    Ok(Reply::ok().xml(writer.finish()))
}

fn write(writer: xml::Writer, name: &str, node: &Node, request: &Request) -> xml::Writer {
    let (element, length, attributes) = match node {
        Node::Directory(_) => ("Directory", None, "Directory"),
        Node::File(file) => ("File", Some(file.content.len()), "Archive"),
    };
    let facts = node.facts();
    let extended = request.header("x-ms-file-extended-info") == Some("true");
    let mut writer = writer.open(element, &[]).name("Name", name);
    if extended || request.parameter("include").is_some() {
        writer = writer.text("FileId", facts.id.to_string());
    }
    writer = writer
        .open("Properties", &[])
        .maybe("Content-Length", length.map(|length| length.to_string()));
    if request.includes("timestamps") {
        writer = writer
            .text("CreationTime", stamp(facts.created))
            .text("LastAccessTime", stamp(facts.modified))
            .text("LastWriteTime", stamp(facts.modified))
            .text("ChangeTime", stamp(facts.modified))
            .text("Last-Modified", http_date(facts.modified));
    }
    if request.includes("etag") {
        writer = writer.text("Etag", &facts.etag);
    }
    writer = writer.close("Properties");
    if request.includes("attributes") {
        let said = facts.attributes.as_deref();
        writer = writer.text("Attributes", said.unwrap_or(attributes));
    }
    if request.includes("permissionkey") {
        writer = writer.text(
            "PermissionKey",
            facts.permission.as_deref().unwrap_or("0*0"),
        );
    }
    writer.close(element)
}
