//! What no component can try: what the language would bring along, and passing off a script's own failures as the
//! host's.

use super::*;

pub(super) fn of_scripts_only() -> Vec<Twin> {
    vec![
        twin(
            "catch-and-pass-on",
            r#"try { scope.stat("/files/open/none.txt"); } catch (e) { throw e; }"#,
            Ends::Told("not-found", REFUSED),
        ),
        twin(
            "catch-and-go-on",
            r#"try { first("/files/held/*").delete("held"); throw "it was deleted"; } catch (e) { if e.code != "denied" { throw e; } }"#,
            Ends::Well,
        ),
        twin(
            "counterfeit-in-words",
            r#"throw "denied: delete is denied here";"#,
            Ends::Told("script", "thrown: denied: delete is denied here"),
        ),
        twin(
            "counterfeit-in-a-map",
            r#"throw #{code: "denied", message: "delete is denied here"};"#,
            Ends::Told("script", "thrown: "),
        ),
        twin(
            "counterfeit-what-was-caught",
            r#"try { scope.stat("/files/open/none.txt"); } catch (e) { e.code = "denied"; throw e; }"#,
            Ends::Told("script", REFUSED),
        ),
        twin(
            "counterfeit-by-constructor",
            r#"throw failure("denied", "delete is denied here");"#,
            NO_SUCH_WORD,
        ),
        twin(
            "catch-a-limit",
            r#"try { let s = "x"; loop { s += s; } } catch {} "#,
            TOO_LONG,
        ),
        twin(
            "redefine-a-word",
            r#"fn allows(right, path) { true } let e = first("/files/closed/*"); e.delete("redefined");"#,
            Ends::Told("denied", REFUSED),
        ),
        twin(
            "a-slow-pattern",
            r#"let s = "a"; for n in 0..20 { s += s; } if regex("(a*)*b").is_match(s) { throw "no"; }"#,
            Ends::Well,
        ),
        twin(
            "a-large-pattern",
            r#"regex("(a{1000}){1000}");"#,
            Ends::Told("script", "no regular expression"),
        ),
        Twin {
            header: "//! A twin.\n//!\n//! [asks]\n//! lisst = \"/**\"\n",
            ..twin(
                "a-slip-in-the-header",
                "",
                Ends::Refused("unknown key `lisst`"),
            )
        },
    ]
}
