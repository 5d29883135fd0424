//! The macros carry a small copy of the interface, because a guest's crate cannot reach `wit/`.
//! Every line of it must stand in `wit/`, or a guest would be built for an interface of its own.

use std::fs;

#[test]
fn the_macros_say_what_the_interface_says() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut interface = String::new();
    for file in fs::read_dir(format!("{root}/../../wit")).unwrap() {
        interface += &fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let known: Vec<&str> = interface.lines().map(str::trim).collect();
    for world in ["workflow", "scanner", "converter"] {
        let source = fs::read_to_string(format!("{root}/src/{world}.rs")).unwrap();
        let (_, inline) = source.split_once("inline: \"").unwrap();
        let (inline, _) = inline.split_once('"').unwrap();
        let mut lines = 0;
        for line in inline.lines().map(str::trim) {
            // A world of its own name, and a narrower `use`, are what makes the copy small.
            let own = line.is_empty() || line.starts_with("world ") || line.starts_with("use ");
            assert!(
                own || known.contains(&line),
                "{world}.rs: `{line}` is not in wit/"
            );
            lines += usize::from(!own);
        }
        assert!(lines > 5, "{world}.rs: no copy of the interface found");
    }
}
