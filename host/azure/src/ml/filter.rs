//! Filters of run history: what the service leaves out for us.
//!
//! The specification calls it a text and says no more. That it understands comparisons joined by `and`, as
//! Microsoft's clients send them, is an *assumption*; a service that answers that it does not is asked without.
//! Only what can be said for certain is asked for, and every run that comes is looked at still.

use remit_workspace::Wanted;

/// The filter for what is wanted; none where there is nothing to leave out.
pub(crate) fn of(wanted: &Wanted) -> Option<String> {
    // What was changed before an instant was created before it. Whole seconds, upwards: the service may compare
    // instants as texts.
    let second = wanted.before.map(|before| before.div_euclid(1000) + 1);
    let created = second
        .and_then(|second| jiff::Timestamp::from_second(second).ok())
        .map(|second| format!("createdUtc lt {second}"));
    let is_word = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let status = wanted
        .exactly("status")
        .filter(is_word)
        .map(|status| format!("status eq '{status}'"));
    let parts: Vec<String> = created.into_iter().chain(status).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(before: Option<i64>, status: &str) -> Option<String> {
        of(&Wanted {
            before,
            properties: vec![("status".to_owned(), status.to_owned())],
            ..Wanted::default()
        })
    }

    #[test]
    fn only_what_is_certain_is_asked_for() {
        assert_eq!(of(&Wanted::default()), None);
        assert_eq!(
            filter(Some(0), "Failed").as_deref(),
            Some("createdUtc lt 1970-01-01T00:00:01Z and status eq 'Failed'")
        );
        // No pattern, and nothing that could end the text.
        for status in ["Fail*", "", "a' or 'a", "a b"] {
            assert_eq!(filter(None, status), None, "{status}");
        }
    }
}
