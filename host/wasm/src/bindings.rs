//! The three worlds of `wit/`, generated. Types that worlds share are there once.

pub mod model;

pub(crate) mod workflow {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "workflow",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "remit:workspace/model": crate::bindings::model,
            "remit:workspace/scopes.scope": crate::handles::Scope,
            "remit:workspace/entries.selector": crate::handles::Selector,
            "remit:workspace/entries.listing": crate::handles::Listing,
            "remit:workspace/contents.reader": crate::handles::Reader,
            "remit:workspace/scans.scan": crate::handles::Scan,
            "remit:workspace/deletions.deletion": crate::handles::Deletion,
            "remit:workspace/redactions.redaction": crate::handles::Redaction,
            "remit:workspace/exports.exported": crate::handles::Exported,
            "remit:workspace/archives.archival": crate::handles::Archival,
        },
        trappable_error_type: {
            "remit:workspace/model.failure" => crate::handles::Refused,
        },
    });
}

pub(crate) mod scanner {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "scanner",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "remit:workspace/model": crate::bindings::model,
            "remit:workspace/params": crate::bindings::workflow::remit::workspace::params,
            "remit:workspace/notes": crate::bindings::workflow::remit::workspace::notes,
            "remit:workspace/scanning.source": crate::handles::Source,
            "remit:workspace/scanning.findings": crate::handles::Findings,
        },
        trappable_error_type: {
            "remit:workspace/model.failure" => crate::handles::Refused,
        },
        require_store_data_send: true,
    });
}

pub(crate) mod converter {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "converter",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "remit:workspace/model": crate::bindings::model,
            "remit:workspace/params": crate::bindings::workflow::remit::workspace::params,
            "remit:workspace/notes": crate::bindings::workflow::remit::workspace::notes,
            "remit:workspace/scanning": crate::bindings::scanner::remit::workspace::scanning,
            "remit:workspace/converting.sink": crate::handles::Sink,
        },
        trappable_error_type: {
            "remit:workspace/model.failure" => crate::handles::Refused,
        },
        require_store_data_send: true,
    });
}

/// What interpreters are offered besides.
pub(crate) mod interpreter {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "scanner-interpreter",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "remit:workspace/model": crate::bindings::model,
            "remit:workspace/params": crate::bindings::workflow::remit::workspace::params,
            "remit:workspace/notes": crate::bindings::workflow::remit::workspace::notes,
            "remit:workspace/scanning": crate::bindings::scanner::remit::workspace::scanning,
        },
        require_store_data_send: true,
    });
}

pub(crate) use converter::remit::workspace::converting;
pub(crate) use interpreter::remit::workspace::programs;
pub(crate) use scanner::remit::workspace::scanning;
pub(crate) use workflow::remit::workspace::{
    archives, contents, deletions, entries, exports, notes, params, redactions, scans, scopes,
};
