//! Page blobs, simply: pages are put and cleared; the list of ranges is one range.

use bytes::Bytes;

use crate::blob::state::Kind;
use crate::blob::{guard, put, read};
use crate::operation::Operation;
use crate::range::Range;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;
use crate::xml;

/// Carries out Put Page, `update` and `clear`.
pub(crate) fn upload(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let md5 = put::checked_md5(request)?;
    let range = Range::of(request)?.ok_or(Code::MissingRequiredHeader)?;
    let end = range.end.ok_or(Code::InvalidPageRange)?;
    if range.start % 512 != 0 || end % 512 != 0 || end <= range.start {
        return Err(Code::InvalidPageRange.into());
    }
    let length = end - range.start;
    let bytes = match request.header("x-ms-page-write") {
        Some("update") if request.body.len() as u64 == length => request.body.clone(),
        Some("clear") if request.body.is_empty() => {
            let length = usize::try_from(length).map_err(|_| Code::InvalidPageRange)?;
            Bytes::from(vec![0; length])
        }
        _ => return Err(Code::InvalidHeaderValue.into()),
    };
    world.change(request, Operation::UploadPages, |name, tick| {
        guard::admit(name, request, tick)?;
        let base = guard::base(name, Kind::Page)?;
        guard::mutable(base, tick)?;
        if end > base.content.len() {
            return Err(Code::InvalidPageRange.into());
        }
        // Neither a version nor a snapshot is made of it (facts.md, section 5).
        base.content = base.content.overwrite(range.start, bytes);
        base.etag.clone_from(&tick.etag);
        base.modified = tick.now;
        base.lease.after_change(tick.now);
        Ok(put::changed(Reply::created(), base)
            .maybe("content-md5", md5)
            .header(
                "x-ms-blob-sequence-number",
                base.sequence_number.to_string(),
            ))
    })
}

/// Carries out Get Page Ranges: everything, as one range. Pages that were never put are not
/// told apart; a client that reads by ranges reads zeros there.
pub(crate) fn ranges(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let generation = read::find(world, request)?;
    if generation.kind != Kind::Page {
        return Err(Code::InvalidBlobType.into());
    }
    let mut writer = xml::Writer::document().open("PageList", &[]);
    let length = generation.content.len();
    if length > 0 {
        writer = writer
            .open("PageRange", &[])
            .text("Start", "0")
            .text("End", (length - 1).to_string())
            .close("PageRange");
    }
    Ok(Reply::ok()
        .header("etag", &generation.etag)
        .header("x-ms-blob-content-length", length.to_string())
        .xml(writer.close("PageList").finish()))
}
