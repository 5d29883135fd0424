//! A script as a scanner: its function `scan` gets pieces of whole lines, and says where in a piece
//! something is.

use remit_guest::{Content, Failure, Findings};
use rhai::{AST, Array, CallFnOptions, Dynamic, Engine};

use crate::failure::{CODE, ended};
use crate::values::{Finding, Item, text_of};

/// Bytes of one piece. All of a smaller content is one piece.
const PIECE: usize = 256 * 1024;

pub(crate) fn scan(
    engine: &Engine,
    ast: &AST,
    entry: &Item,
    mut content: Content<'_>,
    found: &mut Findings<'_>,
) -> Result<(), Failure> {
    let defined = ast
        .iter_functions()
        .any(|function| function.name == "scan" && function.params.len() == 2);
    if !defined {
        let message = "0:0: a scanner has a function `fn scan(text, entry)`";
        return Err(Failure::new(CODE, message));
    }
    let mut offset = 0;
    let mut pieces = Pieces::default();
    while let Some(piece) = pieces.next(&mut content)? {
        let length = piece.len() as u64;
        let answer = engine
            .call_fn_with_options::<Dynamic>(
                CallFnOptions::new().eval_ast(false),
                &mut rhai::Scope::new(),
                ast,
                "scan",
                (text_of(piece), entry.clone()),
            )
            .map_err(|error| ended(&error))?;
        for one in in_order(answer, length)? {
            found.report(offset + one.offset, one.length as usize, &one.rule)?;
        }
        offset += length;
    }
    Ok(())
}

/// A content in pieces that end where a line does, unless a line is longer than a piece.
#[derive(Default)]
struct Pieces {
    held: Vec<u8>,
    over: bool,
}

impl Pieces {
    fn next(&mut self, content: &mut Content<'_>) -> Result<Option<Vec<u8>>, Failure> {
        while !self.over && self.held.len() <= PIECE {
            match content.read_chunk()? {
                Some(chunk) => self.held.extend_from_slice(&chunk),
                None => self.over = true,
            }
        }
        if self.held.is_empty() {
            return Ok(None);
        }
        if self.held.len() <= PIECE {
            return Ok(Some(std::mem::take(&mut self.held)));
        }
        let newline = self.held[..PIECE].iter().rposition(|byte| *byte == b'\n');
        let end = newline.map_or_else(|| boundary(&self.held), |at| at + 1);
        let rest = self.held.split_off(end);
        Ok(Some(std::mem::replace(&mut self.held, rest)))
    }
}

/// The end of a piece within a long line: not inside of a character.
fn boundary(bytes: &[u8]) -> usize {
    let continues = |at: &usize| bytes[*at] & 0xC0 == 0x80;
    (PIECE - 3..=PIECE)
        .rev()
        .find(|at| !continues(at))
        .unwrap_or(PIECE)
}

/// The findings of one piece, in order; what overlaps is one finding, under the first one's rule.
fn in_order(answer: Dynamic, length: u64) -> Result<Vec<Finding>, Failure> {
    if answer.is_unit() {
        return Ok(Vec::new());
    }
    let wrong = |what: &str| {
        Failure::new(
            CODE,
            format!("0:0: `scan` returns an array of findings, not {what}"),
        )
    };
    let of_type = answer.type_name();
    let array = answer
        .try_cast::<Array>()
        .ok_or_else(|| wrong(&format!("a value of type {of_type}")))?;
    let mut findings = Vec::with_capacity(array.len());
    for value in array {
        let of_type = value.type_name();
        let finding = value
            .try_cast::<Finding>()
            .ok_or_else(|| wrong(&format!("one that holds a value of type {of_type}")))?;
        if finding.offset + u64::from(finding.length) > length {
            return Err(wrong("one that lies outside of the text"));
        }
        findings.push(finding);
    }
    findings.sort_by_key(|finding| finding.offset);
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let end = finding.offset + u64::from(finding.length);
        match merged.last_mut() {
            Some(last) if finding.offset < last.offset + u64::from(last.length) => {
                let length = end.saturating_sub(last.offset).max(u64::from(last.length));
                // Both lie in one piece.
                last.length = u32::try_from(length).unwrap_or(u32::MAX);
            }
            _ => merged.push(finding),
        }
    }
    Ok(merged)
}
