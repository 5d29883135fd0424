//! What names a credential, and what looks like one inside a text.

use std::ops::Range;

/// Whether a member of this name holds a credential.
///
/// A name is read as words (`sasToken`, `SAS_TOKEN`, `sas-token` are two). The last word counts,
/// because in such names it says what the value is: an `accountKey` is a key, a `keyVault` is a
/// vault, a `secretName` a name. Words that say only how the value is written (`value`, `text`,
/// `base64`) and trailing digits (`key1`) are passed over. Names without any visible word border
/// (`accountkey`) are compared with endings that no ordinary word has.
pub(crate) fn is_credential(name: &str) -> bool {
    if is_harmless(name) {
        return false;
    }
    let words = words(name);
    let mut words: &[String] = &words;
    while let [rest @ .., last] = words {
        if rest.is_empty() || !NOTATIONS.contains(&last.as_str()) {
            break;
        }
        words = rest;
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let qualifier = before.last().map(String::as_str);
    match last.as_str() {
        "key" | "keys" => qualifier.is_none_or(|word| !OPEN_KEYS.contains(&word)),
        "string" | "strings" | "str" => matches!(qualifier, Some("connection" | "conn")),
        "signature" => qualifier == Some("access"),
        last => SECRETS.contains(&last) || RUN_TOGETHER.iter().any(|ending| last.ends_with(ending)),
    }
}

/// Whether no word for a secret is anywhere in the name: a quick answer for nearly all names, and never a wrong one.
fn is_harmless(name: &str) -> bool {
    let mut lower = [0; 64];
    let Some(lower) = lower.get_mut(..name.len()) else {
        return false;
    };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    // Beyond ASCII there are other letters that become these.
    lower.is_ascii()
        && STEMS
            .iter()
            .all(|stem| !lower.windows(stem.len()).any(|part| part == *stem))
}

/// One of these is in each of the words below.
const STEMS: &[&[u8]] = &[
    b"key",
    b"str",
    b"sig",
    b"sas",
    b"pat",
    b"pass",
    b"pwd",
    b"token",
    b"secret",
    b"credential",
    b"authorization",
    b"bearer",
    b"cookie",
    b"jwt",
];

/// Words that, at the end of a name, mean a secret.
const SECRETS: &[&str] = &[
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pat",
    "pwd",
    "sas",
    "secret",
    "secrets",
    "sig",
    "token",
];

/// Endings of names that are written as one word.
const RUN_TOGETHER: &[&str] = &[
    "accesskey",
    "accountkey",
    "adminkey",
    "apikey",
    "connectionstring",
    "connstr",
    "encryptionkey",
    "functionkey",
    "hostkey",
    "instrumentationkey",
    "masterkey",
    "passphrase",
    "passwd",
    "password",
    "primarykey",
    "privatekey",
    "secondarykey",
    "secret",
    "secretkey",
    "sharedaccesssignature",
    "sharedkey",
    "signingkey",
    "storagekey",
    "subscriptionkey",
    "token",
];

/// Words at the end of a name that say how a secret is written.
const NOTATIONS: &[&str] = &["base64", "b64", "encoded", "hash", "plain", "text", "value"];

/// Keys that are no secret: of tables, of caches, of public cryptography.
const OPEN_KEYS: &[&str] = &[
    "cache",
    "foreign",
    "group",
    "hash",
    "index",
    "join",
    "metric",
    "object",
    "order",
    "partition",
    "property",
    "public",
    "range",
    "row",
    "sort",
    "tag",
    "unique",
];

fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (i, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = i.checked_sub(1).map(|i| characters[i]);
        let after = characters.get(i + 1);
        // sasToken, and SASToken.
        let is_hump = character.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())
            });
        if is_hump {
            words.push(String::new());
        }
        let word = words.last_mut().expect("there is always a word being read");
        word.extend(character.to_lowercase());
    }
    for word in &mut words {
        // `base64` is a word; `key1` is the first of two keys.
        if !NOTATIONS.contains(&word.as_str()) {
            word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the places of secrets in `text`, in no order, perhaps overlapping.
///
/// Linear in the text: no part of it is read again because of what stands before it.
pub(crate) fn secrets_in(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut named_end = 0;
    let mut token_end = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'=' | b':' | b'%' | b'\\' => {
                if let Some(secret) = named_secret(text, at, named_end) {
                    named_end = secret.end;
                    found.push(secret);
                }
            }
            b'e' if at >= token_end && text[at..].starts_with(b"eyJ") => {
                let (end, is_token) = web_token(text, at);
                token_end = end;
                found.extend(is_token.then_some(at..end));
            }
            b' ' => found.extend(scheme_secret(text, at)),
            _ => {}
        }
        if *byte == b':' && text[at..].starts_with(b"://") {
            found.extend(url_password(text, at + 3));
        }
    }
    found
}

/// Names that take a secret behind `=` or `:` in connection strings, queries, headers and logs.
const NAMES: &[&str] = &[
    "sig",
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "accesskey",
    "password",
    "passwd",
    "pwd",
    "clientsecret",
    "client_secret",
    "client-secret",
    "access_token",
    "accesstoken",
    "refresh_token",
    "refreshtoken",
    "id_token",
    "sas_token",
    "sastoken",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "secret",
    "instrumentationkey",
    "client_assertion",
];

/// A secret behind a name and a sign that stands at `at`: `sig=…`, `sig%3D…`, `"password": "…`.
/// What lies before `known_end` is known to be secret already.
fn named_secret(text: &[u8], at: usize, known_end: usize) -> Option<Range<usize>> {
    let (start, style) = sign(text, at)?;
    // Quotes of JSON that is quoted once more: \" before the sign.
    let name_end = text[..at].trim_ascii_end();
    let name_end = name_end.strip_suffix(b"\"").unwrap_or(name_end);
    let name_end = name_end.iter().rposition(|&byte| byte != b'\\')? + 1;
    let name_start = text[..name_end]
        .iter()
        .rposition(|&byte| !is_name_byte(byte))
        .map_or(0, |i| i + 1);
    let written = text[name_start..name_end].to_ascii_lowercase();
    let is_named = |name: &&&str| {
        // In `\u0026sig` and `%26sig` the escape's digits run into the name.
        let before = written.strip_suffix(name.as_bytes());
        before.is_some_and(|before| {
            let is_hump = text[name_end - name.len()].is_ascii_uppercase();
            matches!(before, [] | [.., b'_' | b'-'])
                || is_hump && text[name_end - name.len() - 1].is_ascii_lowercase()
                || ends_in_escape(&text[..name_start], before)
        })
    };
    let name = NAMES.iter().find(|name| is_named(name))?;
    let mut start = start;
    while let Some(b' ' | b'"' | b'\'' | b'\\') = text.get(start) {
        start += 1;
    }
    let in_query = text[..name_start]
        .last()
        .is_some_and(|byte| matches!(byte, b'?' | b'&' | b'%' | b'\\'));
    let ends = |rest: &[u8]| match rest {
        [
            b'"' | b'\'' | b'<' | b'>' | b' ' | b'\n' | b'\r' | b'\t' | b';',
            ..,
        ] => true,
        [b',' | b'}' | b')', ..] => style == Style::Colon || *name == "sig",
        [b'&', ..] => in_query || *name == "sig",
        [b'%', b'2', b'6', ..] => style == Style::Escaped,
        // An escape of JSON ends the value, unless it is one of Base64's characters.
        [b'\\', ..] => !continues_base64(rest),
        _ => false,
    };
    let from = start.max(known_end);
    let len = (from..text.len())
        .take_while(|&i| !ends(&text[i..]))
        .count();
    (len > 0).then_some(from..from + len)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Equals,
    Colon,
    Escaped,
}

/// The sign at `at` and where it ends.
fn sign(text: &[u8], at: usize) -> Option<(usize, Style)> {
    match &text[at..] {
        [b'=', ..] => Some((at + 1, Style::Equals)),
        [b':', ..] => Some((at + 1, Style::Colon)),
        [b'%', b'3', b'D' | b'd', ..] => Some((at + 3, Style::Escaped)),
        [b'\\', b'u', b'0', b'0', b'3', b'D' | b'd', ..] => Some((at + 6, Style::Equals)),
        _ => None,
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn ends_in_escape(text: &[u8], digits: &[u8]) -> bool {
    let digits = digits.to_ascii_lowercase();
    match text.last() {
        Some(b'%') => matches!(digits.as_slice(), b"26" | b"3f" | b"3b"),
        Some(b'\\') => matches!(
            digits.as_slice(),
            b"u0026" | b"u003f" | b"u003b" | b"n" | b"t"
        ),
        _ => false,
    }
}

fn continues_base64(rest: &[u8]) -> bool {
    // Each embedding doubles the backslashes; sixteen is four of them.
    let rest = &rest[..rest.len().min(24)];
    let escaped = rest.iter().position(|&byte| byte != b'\\');
    match escaped.map(|n| &rest[n..]) {
        Some([b'/', ..]) => true,
        Some([b'u', b'0', b'0', high, low, ..]) => {
            let code = [high.to_ascii_lowercase(), low.to_ascii_lowercase()];
            matches!(&code, b"2b" | b"2f" | b"3d" | b"25")
        }
        _ => false,
    }
}

/// Reads a JSON Web Token at `at`: three parts of Base64, the first of which opens a JSON object.
/// Returns how far was read and whether it is one; if not, none starts in what was read.
fn web_token(text: &[u8], at: usize) -> (usize, bool) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut end = at;
    for i in 0..3 {
        if i > 0 {
            if text.get(end) != Some(&b'.') {
                return (end, false);
            }
            end += 1;
        }
        let len = text[end..].iter().take_while(|byte| is_part(byte)).count();
        // An unsigned token ends in a point.
        if len == 0 && i < 2 {
            return (end, false);
        }
        end += len;
    }
    (end, true)
}

/// Shortest text behind `Bearer ` that is taken for a token and not for a word.
const BEARER_LEN_MIN: usize = 16;

/// What follows `Bearer ` or `Basic `, whose space stands at `at`.
fn scheme_secret(text: &[u8], at: usize) -> Option<Range<usize>> {
    let ends_with = |word: &[u8]| {
        let head = &text[..at];
        head.len() >= word.len() && head[head.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    if !ends_with(b"bearer") && !ends_with(b"basic") {
        return None;
    }
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
    };
    let start = at + 1;
    let len = text[start..]
        .iter()
        .take_while(|byte| is_part(byte))
        .count();
    let found = &text[start..start + len];
    // Prose has words of sixteen letters, too, but not with digits in them.
    let is_token = ends_with(b"bearer") && len >= BEARER_LEN_MIN
        || found.ends_with(b"=")
        || found.iter().any(u8::is_ascii_digit) && found.iter().any(u8::is_ascii_uppercase);
    is_token.then_some(start..start + len)
}

/// The password of `user:password@` at `start`, behind a URL's `://`.
fn url_password(text: &[u8], start: usize) -> Option<Range<usize>> {
    let is_authority = |byte: &u8| {
        !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'\\' | b'<')
            && !byte.is_ascii_whitespace()
    };
    let len = text[start..]
        .iter()
        .take_while(|byte| is_authority(byte))
        .count();
    let authority = &text[start..start + len];
    let at = authority.iter().rposition(|&byte| byte == b'@')?;
    let user = &authority[..at];
    match user.iter().position(|&byte| byte == b':') {
        Some(colon) => (colon + 1 < at).then_some(start + colon + 1..start + at),
        // An access token may stand alone; a user's name is shorter, or has no digits.
        None => {
            let is_token = at >= USER_TOKEN_LEN_MIN
                && user.iter().any(u8::is_ascii_digit)
                && user.iter().all(|&byte| is_name_byte(byte));
            is_token.then_some(start..start + at)
        }
    }
}

/// Shortest text before a URL's `@` that is taken for an access token and not for a user.
const USER_TOKEN_LEN_MIN: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials() {
        let check = |names: &str, expect: bool| {
            for name in names.split_whitespace() {
                assert_eq!(is_credential(name), expect, "{name}");
            }
        };
        check(
            "token sasToken SASToken SAS_TOKEN sas-token sastoken accessToken refreshToken",
            true,
        );
        check(
            "id_token key Key keys key1 accountKey account_key accountkey storageKey",
            true,
        );
        check(
            "primaryKey secondaryKey primarykey apiKey APIKey x-api-key APIKEY functionKey",
            true,
        );
        check(
            "password Password PASSWORD adminPassword dbPassword DB_PASSWORD passwd pwd",
            true,
        );
        check(
            "passwordHash password2 passphrase secret secrets clientSecret client_secret",
            true,
        );
        check(
            "secretValue connectionString primaryConnectionString connection_string",
            true,
        );
        check(
            "AzureWebJobsStorageConnectionString conn_str authorization Authorization sig",
            true,
        );
        check(
            "proxy-authorization sas sharedAccessSignature sharedAccessKey Ocp-Apim-Key",
            true,
        );
        check("instrumentationKey sshPrivateKey set-cookie", true);

        check(
            "keyVault keyVaultId keyvault tokenizer tokenizerName primaryKeyColumn",
            false,
        );
        check(
            "publicKey sshPublicKey partitionKey foreign_key monkey turkey hockey keyName",
            false,
        );
        check(
            "keyUri secretName secretsType passwordResetUrl tokenEndpoint",
            false,
        );
        check(
            "maxTokens num_tokens totalTokens authorizationUrl connectionStringName",
            false,
        );
        check(
            "signature string text value name passwordless secretary sassy compass",
            false,
        );
        check(
            "credentials credentialsType createdBy email userName description",
            false,
        );
        assert!(!is_credential("") && !is_credential("--") && !is_credential("1"));
    }

    #[test]
    fn no_word_for_a_secret_is_harmless() {
        let others = ["key", "keys", "string", "strings", "str", "signature"];
        for word in SECRETS.iter().chain(RUN_TOGETHER).chain(&others) {
            assert!(!is_harmless(word), "{word}");
            assert!(!is_harmless(&word.to_uppercase()), "{word}");
        }
        assert!(is_harmless("displayName") && is_harmless(""));
        assert!(!is_harmless("to\u{212a}en") && !is_harmless(&"a".repeat(65)));
    }

    fn check(text: &str, expect: &str) {
        let mut blank = text.as_bytes().to_vec();
        for secret in secrets_in(text.as_bytes()) {
            blank[secret].fill(b'*');
        }
        assert_eq!(String::from_utf8_lossy(&blank), expect, "{text}");
    }

    #[test]
    fn signatures_in_urls() {
        check(
            "https://a.example.com/c?sv=1&sig=aB%2B1%3D&se=2",
            "https://a.example.com/c?sv=1&sig=*********&se=2",
        );
        check("?SIG=abc", "?SIG=***");
        check("?sig=a/+=&x", "?sig=****&x");
        check("sig=abc, then", "sig=***, then");
        check(
            "u=https%3A%2F%2Fa%3Fsv%3D1%26sig%3Dab%252B%26se%3D2&k=1",
            "u=https%3A%2F%2Fa%3Fsv%3D1%26sig%3D*******%26se%3D2&k=1",
        );
        check(
            r#"\u0026sig=ab\u002Bc\u0026se=1"#,
            r#"\u0026sig=*********\u0026se=1"#,
        );
        check(r#"\u0026sig\u003dab\/c\" x"#, r#"\u0026sig\u003d*****\" x"#);
        check("design=5 sigma=3 ?insig=1", "design=5 sigma=3 ?insig=1");
    }

    #[test]
    fn secrets_of_connection_strings_headers_and_logs() {
        check(
            "AccountName=a;AccountKey=ab/+c==;EndpointSuffix=x",
            "AccountName=a;AccountKey=*******;EndpointSuffix=x",
        );
        check(
            "Server=x; User Id=jo; Password=p,&w; Pwd = z",
            "Server=x; User Id=jo; Password=****; Pwd = *",
        );
        check(
            "SharedAccessKeyName=n;SharedAccessKey=abc",
            "SharedAccessKeyName=n;SharedAccessKey=***",
        );
        check("a?client_secret=x&user=jo", "a?client_secret=*&user=jo");
        check(
            r#"sent {"password": "hunter2", "user": "jo"} ok"#,
            r#"sent {"password": "*******", "user": "jo"} ok"#,
        );
        check(
            r#"{\"dbPassword\":\"hunter2\",\"a\":1}"#,
            r#"{\"dbPassword\":\"*******\",\"a\":1}"#,
        );
        check("token: abc", "token: ***");
        check(
            "tokenizer: abc; keyVault=x; the key: y",
            "tokenizer: abc; keyVault=x; the key: y",
        );
        check("password=", "password=");
    }

    #[test]
    fn tokens() {
        check("x eyJhb.eyJzd.s_-1 y", "x **************** y");
        check("eyJhb.eyJzd. y", "************ y");
        check("eyJhb.eyJzd eyJ eyJa..", "eyJhb.eyJzd eyJ eyJa..");
        check("Bearer abcdefghijklmnop1.x", "Bearer *******************");
        check(
            "the bearer of news, basic authentication",
            "the bearer of news, basic authentication",
        );
        check("Basic am86cHc=", "Basic ********");
        check(
            "git https://jo:s3cret@git.example.com/x",
            "git https://jo:******@git.example.com/x",
        );
        check(
            "https://jo@git.example.com:80/x https://a/b:c@d",
            "https://jo@git.example.com:80/x https://a/b:c@d",
        );
        let token = "tok_0123456789abcdefghijk";
        check(
            &format!("https://{token}@git.example.com"),
            &format!("https://{}@git.example.com", "*".repeat(token.len())),
        );
    }

    /// A text made to be read again and again; quadratic work would not end.
    #[test]
    fn long_texts_are_read_once() {
        for part in [
            "sig=", "eyJ", "://", "a:b@", "%3D", "\\", "bearer ", "\"", ": ", "sig=\\/",
        ] {
            secrets_in(part.repeat((1 << 19) / part.len()).as_bytes());
        }
    }
}
