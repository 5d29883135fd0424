//! The world `workflow`: its trait, and the macro that exports it.

use crate::{Failure, Scope};

/// Runs once: lists, reads, decides, proposes.
pub trait Workflow {
    /// Builds what every run needs, once, when the plugin is packed: as `Scanner::prepare`.
    fn prepare() {}

    /// Does the work. What must not be touched is simply not proposed.
    fn run(root: &Scope) -> Result<(), Failure>;
}

#[doc(hidden)]
pub fn run<W: Workflow>(root: &Scope) -> Result<(), Failure> {
    crate::notes::hook_panics();
    W::run(root)
}

/// Makes the crate a workflow: `remit_guest::workflow!(MyType);`
#[macro_export]
macro_rules! workflow {
    ($workflow:ty) => {
        #[cfg(target_arch = "wasm32")]
        type RemitWorkflow = $workflow;

        #[cfg(target_arch = "wasm32")]
        mod remit_workflow {
            ::remit_guest::expansion::wit_bindgen::generate!({
                world: "workflow-guest",
                inline: "
                    package remit:workspace@0.1.0;
                    interface model {
                        record failure { code: string, message: string }
                    }
                    interface scopes {
                        use model.{failure};
                        resource scope {
                            now-ms: func() -> s64;
                            allows: func(right: string, path: string) -> bool;
                            narrow: func(pattern: string, rights: list<string>) -> result<scope, failure>;
                        }
                    }
                    world workflow-guest {
                        use scopes.{scope};
                        use model.{failure};
                        export run: func(root: borrow<scope>) -> result<_, failure>;
                    }
                ",
                runtime_path: "::remit_guest::expansion::wit_bindgen::rt",
                with: {
                    "remit:workspace/model@0.1.0": ::remit_guest::bindings::remit::workspace::model,
                    "remit:workspace/scopes@0.1.0": ::remit_guest::bindings::remit::workspace::scopes,
                },
            });

            struct Export;

            impl Guest for Export {
                fn run(root: &Scope) -> Result<(), Failure> {
                    ::remit_guest::expansion::run::<super::RemitWorkflow>(root)
                }
            }

            export!(Export);

            // Run on the core module, before it becomes a component.
            #[unsafe(export_name = "wizer-initialize")]
            extern "C" fn prepare() {
                <super::RemitWorkflow as ::remit_guest::Workflow>::prepare();
            }
        }

        // Used natively only by tests, which call the trait.
        #[cfg(not(target_arch = "wasm32"))]
        const _: (fn(), fn(&$crate::Scope) -> Result<(), $crate::Failure>) = (
            <$workflow as $crate::Workflow>::prepare,
            $crate::expansion::run::<$workflow>,
        );
    };
}
