//! Pages of listings: how long they are, and the opaque tokens between them.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::state::State;
use crate::reply::Reply;

/// A page.
pub(crate) struct Page {
    pub(crate) value: Vec<Value>,
    /// The token of the next one.
    pub(crate) next: Option<String>,
}

/// Where a page begins.
#[derive(Default)]
struct Start {
    key: String,
    /// Where the page before began.
    before: String,
    /// Whether the page before was empty.
    after_empty: bool,
}

impl Start {
    fn parse(token: &str) -> Result<Self, Problem> {
        Base64UrlUnpadded::decode_vec(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                let mut parts = text.split('\n');
                Some(Self {
                    after_empty: parts.next()? == "e",
                    before: parts.next()?.to_owned(),
                    key: parts.next()?.to_owned(),
                })
            })
            .ok_or_else(|| Problem::user_error("The continuation token is not valid."))
    }

    fn token(&self) -> String {
        let mark = if self.after_empty { "e" } else { "f" };
        Base64UrlUnpadded::encode_string(
            format!("{mark}\n{}\n{}", self.before, self.key).as_bytes(),
        )
    }
}

/// The page that a token asks for, of what lies below a prefix. `row` gives what is shown of a
/// document, or nothing.
pub(crate) fn page(
    call: &Call<'_>,
    prefix: &str,
    token: Option<&str>,
    size: Option<usize>,
    row: impl Fn(&State, &str, &Value) -> Option<Value>,
) -> Result<Page, Problem> {
    page_from(call, token, size, |start| {
        let rows = call.state.records.below(prefix, start, call.quirks.behind);
        rows.filter_map(|(key, document)| Some((row(call.state, &key, &document)?, key)))
            .map(|(shown, key)| (key, shown))
    })
}

/// The page that a token asks for, of rows in the order of their keys from one on.
pub(crate) fn page_from<R: Iterator<Item = (String, Value)>>(
    call: &Call<'_>,
    token: Option<&str>,
    size: Option<usize>,
    rows: impl FnOnce(&str) -> R,
) -> Result<Page, Problem> {
    let mut start = match token {
        Some(token) => Start::parse(token)?,
        None => Start::default(),
    };
    let settings = &call.state.settings;
    if settings.empty_pages && token.is_some() && !start.after_empty {
        start.after_empty = true;
        return Ok(Page {
            value: Vec::new(),
            next: Some(start.token()),
        });
    }
    if call.quirks.page_again {
        start.key.clone_from(&start.before);
    }
    let most = settings.page_size_max;
    let size = size.unwrap_or(most).clamp(1, most);
    let mut value = Vec::new();
    let mut next = None;
    for (key, shown) in rows(&start.key) {
        if value.len() == size {
            let next_start = Start {
                key,
                before: start.key.clone(),
                after_empty: false,
            };
            next = Some(next_start.token());
            break;
        }
        value.push(shown);
    }
    Ok(Page { value, next })
}

/// A listing of the management plane: `$skip` is the token, `nextLink` an absolute URL.
pub(crate) fn listed(
    call: &Call<'_>,
    prefix: &str,
    row: impl Fn(&State, &str, &Value) -> Option<Value>,
) -> Result<Reply, Problem> {
    let number = |name: &str| {
        call.asked
            .parameter(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let size = number("$top").or_else(|| number("count"));
    let page = page(call, prefix, call.asked.parameter("$skip"), size, row)?;
    let mut body = json!({"value": page.value});
    if let Some(next) = &page.next {
        body["nextLink"] = json!(link(call, "$skip", next));
    }
    Call::ok(&body)
}

/// This request's URL with another value of one parameter.
pub(crate) fn link(call: &Call<'_>, parameter: &str, value: &str) -> String {
    let asked = call.asked;
    let mut url = format!("{}{}", asked.base, asked.raw_path);
    let mut mark = '?';
    let others = asked.query.iter().filter(|(key, _)| key != parameter);
    let own = (parameter.to_owned(), value.to_owned());
    for (key, value) in others.chain([&own]) {
        url.push(mark);
        url.extend(utf8_percent_encode(key, NON_ALPHANUMERIC));
        url.push('=');
        url.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        mark = '&';
    }
    url
}
