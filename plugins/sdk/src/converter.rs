//! The world `converter`: its trait, and the macro that exports it.

use crate::bindings::remit::workspace::{converting, scanning};
use crate::{Content, Entry, Failure};

/// Turns bytes into bytes.
pub trait Converter {
    /// Reads `content` and writes what becomes of it.
    fn convert(of: &Entry, content: Content<'_>, into: &mut Output<'_>) -> Result<(), Failure>;
}

/// Where a converter's bytes go.
pub struct Output<'a> {
    sink: Sink<'a>,
}

enum Sink<'a> {
    Host(&'a converting::Sink),
    /// For tests.
    Bytes(&'a mut Vec<u8>),
}

impl<'a> Output<'a> {
    /// Makes an output that goes into `bytes`: for tests.
    pub fn of_bytes(bytes: &'a mut Vec<u8>) -> Self {
        Self {
            sink: Sink::Bytes(bytes),
        }
    }

    /// Writes on.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Host(sink) => sink.write(bytes),
            Sink::Bytes(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

#[doc(hidden)]
pub fn convert<C: Converter>(
    of: &Entry,
    content: &scanning::Source,
    into: &converting::Sink,
) -> Result<(), Failure> {
    crate::notes::hook_panics();
    let mut output = Output {
        sink: Sink::Host(into),
    };
    C::convert(of, Content::of_host(content), &mut output)
}

/// Makes the crate a converter: `remit_guest::converter!(MyType);`
#[macro_export]
macro_rules! converter {
    ($converter:ty) => {
        #[cfg(target_arch = "wasm32")]
        type RemitConverter = $converter;

        #[cfg(target_arch = "wasm32")]
        mod remit_converter {
            ::remit_guest::expansion::wit_bindgen::generate!({
                world: "converter-guest",
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
                    }
                    interface scanning {
                        use model.{failure};
                        resource source {
                            read: func(max: u32) -> result<list<u8>, failure>;
                        }
                    }
                    interface converting {
                        use model.{failure};
                        resource sink {
                            write: func(bytes: list<u8>) -> result<_, failure>;
                        }
                    }
                    world converter-guest {
                        use model.{entry, failure};
                        use scanning.{source};
                        use converting.{sink};
                        export convert: func(of: entry, content: borrow<source>, into: borrow<sink>) -> result<_, failure>;
                    }
                ",
                runtime_path: "::remit_guest::expansion::wit_bindgen::rt",
                with: {
                    "remit:workspace/model@0.1.0": ::remit_guest::bindings::remit::workspace::model,
                    "remit:workspace/scanning@0.1.0": ::remit_guest::bindings::remit::workspace::scanning,
                    "remit:workspace/converting@0.1.0": ::remit_guest::bindings::remit::workspace::converting,
                },
            });

            struct Export;

            impl Guest for Export {
                fn convert(of: Entry, content: &Source, into: &Sink) -> Result<(), Failure> {
                    ::remit_guest::expansion::convert::<super::RemitConverter>(&of, content, into)
                }
            }

            export!(Export);
        }

        // Used natively only by tests, which call the trait.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(
            &$crate::Entry,
            $crate::Content<'_>,
            &mut $crate::Output<'_>,
        ) -> Result<(), $crate::Failure> = <$converter as $crate::Converter>::convert;
    };
}
