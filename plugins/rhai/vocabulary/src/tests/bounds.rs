//! What a script cannot do: reach out, or want without end.

use super::failure;

#[test]
fn nothing_reaches_out() {
    for text in [
        "eval(\"1\");",
        "Fn(\"eval\").call(\"log(1)\");",
        "let f = Fn(\"ev\" + \"al\"); f.call(\"log(1)\");",
        "call(Fn(\"ev\" + \"al\"), \"log(1)\");",
        "import \"x\" as x;",
        "sleep(1);",
        "Fn(\"sleep\").call(1);",
        "timestamp();",
        "open_file(\"/etc/passwd\");",
        "rand();",
        "set_tag(1, 2);",
    ] {
        assert_eq!(failure(text).0, "script", "{text}");
    }
}

#[test]
fn wants_have_an_end() {
    for (text, what) in [
        (
            "let s = \"x\"; loop { s += s; }",
            "Length of string too large",
        ),
        (
            "let a = []; loop { a.push(1); }",
            "Size of array/BLOB too large",
        ),
        (
            "let m = #{}; let n = 0; loop { m.set(`${n}`, 1); n += 1; }",
            "Size of object map too large",
        ),
        ("fn f(n) { f(n + 1) } f(0)", "Stack overflow"),
        ("regex(\"(a{1000}){1000}\")", "no regular expression"),
    ] {
        let (code, message) = failure(text);
        assert_eq!(code, "script", "{text}");
        assert!(message.contains(what), "{text}: {message}");
    }
    let deep = format!("let a = {}1{};", "(".repeat(500), ")".repeat(500));
    assert!(failure(&deep).1.contains("complex"));
    let many: String = (0..300).map(|n| format!("let a{n} = 1;")).collect();
    assert!(failure(&many).1.contains("Too many variables"));
    let many: String = (0..300).map(|n| format!("fn f{n}() {{}}")).collect();
    assert!(failure(&many).1.contains("functions"));
}

#[test]
fn a_limit_cannot_be_caught() {
    let text = "try { let s = \"x\"; loop { s += s; } } catch { } log(1);";
    assert!(failure(text).1.contains("too large"));
}
