//! Ids in the form of a GUID: of requests, leases and batches.

/// A fresh one.
pub(crate) fn fresh() -> String {
    let mut bytes = [0u8; 16];
    rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut bytes);
    let n = u128::from_be_bytes(bytes);
    let text = format!("{n:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..]
    )
}
