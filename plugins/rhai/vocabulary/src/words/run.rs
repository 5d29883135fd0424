//! The run itself: its instant, its parameters, what is said, and what went wrong.

use remit_guest::notes;
use rhai::{Array, Dynamic, ImmutableString, NativeCallContext};

use crate::amount::{Duration, Size};
use crate::failure::{Caught, misuse};
use crate::instant::Instant;
use crate::json;
use crate::nearest::nearest;
use crate::program::Param;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, Run, said};

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Caught>(
        "failure",
        "What `catch` gets when the host refused or could not. After a listing failed the plan is incomplete, \
         whatever the script does.",
    );
    vocabulary.add(
        Word::new("now() -> instant")
            .calls(&["scope.now-ms"])
            .doc("The plan's instant, not the machine's clock. A scanner has none.")
            .example("let deadline = now() - days(30);"),
        |context: NativeCallContext<'_>| -> Answer<Instant> {
            let now = Run::of(&context)?.now_ms;
            now.map(Instant)
                .ok_or_else(|| misuse("a scanner has no `now()`: it finds the same at any time"))
        },
    );
    vocabulary.add(
        Word::new("param(name: string) -> any")
            .calls(&["params.get"])
            .doc(
                "The value of a parameter that the header declares, in its type; `()` if none was given. With \
                 `many = true`: an array.",
            )
            .example("let age = param(\"age\");"),
        |context: NativeCallContext<'_>, name: &str| -> Answer<Dynamic> {
            param(&Run::of(&context)?.program.params, name)
        },
    );
    saying(vocabulary);
    failures(vocabulary);
    vocabulary.add(
        Word::new("parse_json(text: string) -> any")
            .doc("A text that is JSON: maps, arrays, texts, numbers; null is `()`.")
            .example("let settings = parse_json(\"{\\\"a\\\": [1, 2]}\"); log(settings.a[0]);"),
        |text: &str| -> Answer<Dynamic> { Ok(json::value(&json::parse(text)?)) },
    );
}

fn saying(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("log(what: any)")
            .calls(&["notes.log"])
            .doc("Says something to the script's author. `print` and `debug` do the same.")
            .example("log(\"looking\");"),
        |context: NativeCallContext<'_>, what: Dynamic| -> Answer<()> {
            notes::log(text(&context, what)?);
            Ok(())
        },
    );
    vocabulary.add(
        Word::new("note(what: any)")
            .calls(&["notes.note"])
            .doc("Says something to the reader of the plan, as the script's own words.")
            .example("note(`${scope.list(\"/runs/*\").count()} runs looked at`);"),
        |context: NativeCallContext<'_>, what: Dynamic| -> Answer<()> {
            notes::note(text(&context, what)?);
            Ok(())
        },
    );
}

fn failures(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("failure.code -> string")
            .doc("`denied`, `not-found`, `changed`, `over-ceiling`, `unreadable`, …; `script` for a word used wrongly.")
            .example("try { scope.stat(\"/runs/x\"); } catch (e) { if e.code != \"not-found\" { throw e; } }"),
        |failure: &mut Caught| ImmutableString::from(failure.code()),
    );
    vocabulary.add(
        Word::new("failure.message -> string")
            .doc("What the host says about it.")
            .example("try { scope.stat(\"/runs/x\"); } catch (e) { log(e.message); }"),
        |failure: &mut Caught| ImmutableString::from(failure.message()),
    );
    vocabulary.add(
        Word::new("failure.to_string() -> string")
            .doc("Code and message.")
            .example("try { scope.stat(\"/runs/x\"); } catch (e) { log(e); }"),
        |failure: &mut Caught| {
            ImmutableString::from(format!("{}: {}", failure.code(), failure.message()))
        },
    );
}

/// Anything as text, as the engine writes it into texts.
fn text(context: &NativeCallContext<'_>, what: Dynamic) -> Answer<ImmutableString> {
    if what.is_string() {
        return Ok(what.cast());
    }
    context.call_native_fn("to_string", (what,))
}

fn param(declared: &[Param], name: &str) -> Answer<Dynamic> {
    let Some(param) = declared.iter().find(|param| param.name == name) else {
        let names = declared.iter().map(|param| param.name.as_str());
        return Err(misuse(match nearest(name, names) {
            Some(meant) => {
                format!("the header declares no parameter `{name}`: did you mean `{meant}`?")
            }
            None => format!("the header declares no parameter `{name}`"),
        }));
    };
    let mut values = param
        .values
        .iter()
        .map(|text| said(typed(&param.of_type, text)))
        .collect::<Answer<Array>>()?;
    Ok(match param.many {
        true => values.into(),
        false => values.pop().unwrap_or(Dynamic::UNIT),
    })
}

fn typed(of_type: &str, text: &str) -> Result<Dynamic, String> {
    match of_type {
        "duration" => Duration::parse(text).map(Dynamic::from),
        "size" => Size::parse(text).map(Dynamic::from),
        "integer" => text
            .parse::<i64>()
            .map(Dynamic::from)
            .map_err(|_| format!("`{text}` is no whole number")),
        "boolean" => text
            .parse::<bool>()
            .map(Dynamic::from)
            .map_err(|_| format!("`{text}` is neither true nor false")),
        _ => Ok(text.into()),
    }
}
