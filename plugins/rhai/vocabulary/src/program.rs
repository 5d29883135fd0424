//! What there is to run, as the host gives it to an interpreter.

/// A script, and the operator's values for its parameters.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The name under which its own scanner is known.
    pub name: String,
    /// Its text, header and all, so that line numbers are the file's.
    pub text: String,
    /// What its header declares.
    pub params: Vec<Param>,
}

/// A declared parameter, after defaults.
#[derive(Debug, Clone, Default)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// `string`, `integer`, `boolean`, `duration` or `size`.
    pub of_type: String,
    /// Whether it may have several values.
    pub many: bool,
    /// The values; none: not given.
    pub values: Vec<String>,
}

/// Asks the host for the program. Natively there is no host, and the program is empty.
pub fn program() -> Program {
    #[cfg(target_arch = "wasm32")]
    return imported::program();
    #[cfg(not(target_arch = "wasm32"))]
    Program::default()
}

/// Only interpreters import `programs`: the SDK's world stays without it.
#[cfg(target_arch = "wasm32")]
mod imported {
    #![allow(unsafe_code, reason = "generated")]

    wit_bindgen::generate!({
        path: "../../../wit",
        inline: "
            package remit:interpreter;
            world given {
                import remit:workspace/programs@0.1.0;
            }
        ",
        generate_all,
    });

    use remit::workspace::programs;

    pub(super) fn program() -> super::Program {
        let params = programs::params().into_iter().map(|param| super::Param {
            name: param.name,
            of_type: param.of_type,
            many: param.many,
            values: param.values,
        });
        super::Program {
            name: programs::name(),
            text: programs::text(),
            params: params.collect(),
        }
    }
}
