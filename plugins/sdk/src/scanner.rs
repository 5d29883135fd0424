//! The world `scanner`: its trait, and the macro that exports it.

use crate::bindings::remit::workspace::scanning;
use crate::{Content, Entry, Failure, Findings};

/// Looks at one entry's content; a fresh instance per entry.
pub trait Scanner {
    /// Builds what every scan needs (regular expressions, tables), once, when the plugin is packed:
    /// its effect on memory is kept in the component. Nothing of the host can be called here,
    /// parameters included, so keep the results in a `static` such as a `LazyLock`, and let `scan`
    /// do without this call too: a component may not have been prepared.
    fn prepare() {}

    /// Reads `content` and reports what it finds, in order and without overlap.
    fn scan(of: &Entry, content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure>;
}

#[doc(hidden)]
pub fn scan<S: Scanner>(
    of: &Entry,
    content: &scanning::Source,
    found: &scanning::Findings,
) -> Result<(), Failure> {
    crate::notes::hook_panics();
    let mut found = Findings::of_host(found);
    S::scan(of, Content::of_host(content), &mut found)?;
    found.flush()
}

/// Makes the crate a scanner: `remit_guest::scanner!(MyType);`
#[macro_export]
macro_rules! scanner {
    ($scanner:ty) => {
        #[cfg(target_arch = "wasm32")]
        type RemitScanner = $scanner;

        #[cfg(target_arch = "wasm32")]
        mod remit_scanner {
            ::remit_guest::expansion::wit_bindgen::generate!({
                world: "scanner-guest",
                inline: "
                    package remit:workspace@0.1.0;
                    interface model {
                        record entry {
                            path: string,
                            kind: string,
                            size-bytes: option<u64>,
                            version: string,
                            created-ms: option<s64>,
                            modified-ms: option<s64>,
                            properties: list<tuple<string, string>>,
                        }
                        record failure { code: string, message: string }
                        record finding {
                            offset: u64,
                            length: u32,
                            rule: string,
                        }
                    }
                    interface scanning {
                        use model.{finding, failure};
                        resource source {
                            read: func(max: u32) -> result<list<u8>, failure>;
                        }
                        resource findings {
                            report: func(found: list<finding>) -> result<_, failure>;
                        }
                    }
                    world scanner-guest {
                        use model.{entry, failure};
                        use scanning.{source, findings};
                        export scan: func(of: entry, content: borrow<source>, found: borrow<findings>) -> result<_, failure>;
                    }
                ",
                runtime_path: "::remit_guest::expansion::wit_bindgen::rt",
                with: {
                    "remit:workspace/model@0.1.0": ::remit_guest::bindings::remit::workspace::model,
                    "remit:workspace/scanning@0.1.0": ::remit_guest::bindings::remit::workspace::scanning,
                },
            });

            struct Export;

            impl Guest for Export {
                fn scan(of: Entry, content: &Source, found: &Findings) -> Result<(), Failure> {
                    ::remit_guest::expansion::scan::<super::RemitScanner>(&of, content, found)
                }
            }

            export!(Export);

            // Run on the core module, before it becomes a component.
            #[unsafe(export_name = "wizer-initialize")]
            extern "C" fn prepare() {
                <super::RemitScanner as ::remit_guest::Scanner>::prepare();
            }
        }

        // Used natively only by tests, which call the trait.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = <$scanner as $crate::Scanner>::prepare;
    };
}
