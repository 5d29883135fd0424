//! Guests written by hand, as core modules: what is too odd, or too small, for a compiler.

#![allow(dead_code, reason = "each test binary uses a part of it")]

/// A workflow's manifest that asks for everything.
pub(crate) const WORKFLOW: &str = r#"
manifest = 1
name = "by-hand"
version = "0.1.0"
world = "workflow"
description = "Written by hand."
[asks]
list = ["/**"]
read = ["/**"]
delete = ["/**"]
"#;

/// A core module that exports `run` with this body, and what every module needs.
///
/// `run` takes the root scope's handle and answers a pointer to its result: the discriminant at 1024.
pub(crate) fn workflow(imports: &str, body: &str) -> Vec<u8> {
    // The scope is lent: who does not give it back is stopped.
    let drop = r#"(import "remit:workspace/scopes@0.1.0" "[resource-drop]scope" (func $drop (param i32)))"#;
    module(
        &format!("{drop} {imports}"),
        &format!(
            "(func (export \"run\") (param $root i32) (result i32) {body} (call $drop (local.get $root)) (i32.const 1024))"
        ),
    )
}

/// A core module with a memory, a heap and these functions.
pub(crate) fn module(imports: &str, functions: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (global $heap (mut i32) (i32.const 4096))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get 3)))
                (block $room
                    (br_if $room (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
                    (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536))))))
                (local.get $at))
            {functions})"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A component with these imports and an export `run` that does nothing: for what a toolchain would not make.
pub(crate) fn component(imports: &str, manifest: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            {imports}
            (core module $m (func (export "run") (param i32) (result i32) (i32.const 0)) (memory (export "memory") 1))
            (core instance $i (instantiate $m))
            (func $run (param "root" u32) (result u32) (canon lift (core func $i "run")))
            (export "run" (func $run)))"#
    );
    let mut component = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    section(&mut component, manifest);
    component
}

/// Appends a manifest.
pub(crate) fn section(component: &mut Vec<u8>, manifest: &str) {
    use wasm_encoder::{CustomSection, Encode as _, Section as _};
    let section = CustomSection {
        name: "remit-manifest".into(),
        data: manifest.as_bytes().into(),
    };
    component.push(section.id());
    section.encode(component);
}
