//! One run of a sample: its document, metrics and artifacts.

use std::fmt::Write as _;

use serde_json::json;

use super::people::{PEOPLE, Person};
use super::{Dice, SampleError, Writer, instant};

/// Experiments, and what each trains.
const EXPERIMENTS: [(&str, &str); 3] = [
    ("churn", "churn-model"),
    ("bike-demand", "bike-model"),
    ("support-mail", "mail-classifier"),
];

/// Runs with a log of some hundred kilobytes.
const BIG_LOGS: u32 = 3;

/// Who takes part in a run.
struct Cast {
    author: &'static Person,
    mentioned: Option<&'static Person>,
    visibility: &'static str,
}

impl Cast {
    /// Of four runs one is the subject's alone, one names somebody else too, one is another's, and one
    /// is another's that names the subject.
    fn of(index: u32) -> Self {
        let [jane, omar, ada, kim] = &PEOPLE;
        let (author, mentioned, visibility) = match index % 4 {
            0 => (jane, None, "private"),
            1 => (jane, Some(omar), "team"),
            2 => (if index % 8 == 2 { omar } else { kim }, None, "private"),
            _ => (ada, Some(jane), "team"),
        };
        Self {
            author,
            mentioned,
            visibility,
        }
    }
}

pub(super) fn write(
    writer: &mut Writer<'_>,
    dice: &mut Dice,
    index: u32,
) -> Result<(), SampleError> {
    let cast = Cast::of(index);
    let (experiment, model) = EXPERIMENTS[index as usize % EXPERIMENTS.len()];
    let id = format!("{experiment}-{index:06}");
    let document = document(writer, dice, index, &id, experiment, model, &cast);
    writer.put_record(&format!("runs/{id}"), &document)?;
    writer.put_record(&format!("runs/{id}/metrics"), &metrics(dice))?;
    let artifacts = format!("blobs/azureml/ExperimentRun/dcid.{id}");
    let lines = if index < BIG_LOGS { 3_000 } else { 12 };
    writer.put(
        &format!("{artifacts}/user_logs/std_log.txt"),
        log(dice, index, &cast, lines).as_bytes(),
    )?;
    writer.put(
        &format!("{artifacts}/system_logs/lifecycler/lifecycler.log"),
        system_log(index, &id).as_bytes(),
    )?;
    writer.put(
        &format!("{artifacts}/logs/azureml/events.jsonl"),
        events(dice, index, &id, &cast).as_bytes(),
    )?;
    let summary = json!({"run": id, "model": model, "trainedBy": cast.author.alias, "rows": dice.below(90_000) + 10_000});
    writer.put(
        &format!("{artifacts}/outputs/summary.json"),
        format!("{summary}\n").as_bytes(),
    )?;
    let mut scores = String::from("row,score\n");
    for row in 0..20 {
        let _infallible = writeln!(scores, "{row},0.{:04}", dice.below(10_000));
    }
    let output = format!(
        "blobs/{}/azureml/{id}/scores/part-00000.csv",
        writer.default_container()
    );
    writer.put(&output, scores.as_bytes())
}

fn document(
    writer: &Writer<'_>,
    dice: &mut Dice,
    index: u32,
    id: &str,
    experiment: &str,
    model: &str,
    cast: &Cast,
) -> serde_json::Value {
    let parent = (index % 6 == 5).then(|| {
        let (experiment, _) = EXPERIMENTS[(index as usize - 1) % EXPERIMENTS.len()];
        format!("{experiment}-{:06}", index - 1)
    });
    let running = index % 11 == 10;
    let mut settings = json!({
        "path": "./sample_projects/",
        "subscription_id": "00000000-1111-2222-3333-444444444444",
        "resource_group": "rg",
        "workspace_name": "sample",
        "owner": cast.author.email,
    });
    let mut tags = json!({"visibility": cast.visibility, "author": cast.author.alias});
    let mut description = format!("Training of {model} by {}.", cast.author.name);
    if let Some(other) = cast.mentioned {
        settings["reviewer"] = json!({"name": other.name, "mail": other.email});
        tags["reviewer"] = json!(other.alias);
        let _infallible = write!(
            description,
            " Questions to {} ({}).",
            other.name, other.phone
        );
    }
    if index.is_multiple_of(5) {
        tags["keep"] = json!("false");
    }
    json!({
        "runId": id,
        "runUuid": dice.guid(),
        "parentRunId": parent,
        "rootRunId": parent.as_deref().unwrap_or(id),
        "experimentId": format!("5a020000-b431-4fa1-af57-{:012}", index as usize % EXPERIMENTS.len()),
        "experimentName": experiment,
        "target": "Serverless",
        "status": if running { "Running" } else { "Completed" },
        "dataContainerId": format!("dcid.{id}"),
        "displayName": format!("{} {model} {index}", cast.author.alias),
        "description": description,
        "createdTimeUtc": instant(index, 0),
        "startTimeUtc": instant(index, 34),
        "endTimeUtc": if running { None } else { Some(instant(index, 594)) },
        "lastModifiedUtc": instant(index, 600),
        "token": "c3ludGhldGljLW5vdC1hLXJlYWwtdG9rZW4",
        "tags": tags,
        "properties": {
            "azureml.runsource": "automl",
            "PlatformVersion": "DPV2",
            "AMLSettingsJsonString": settings.to_string(),
            "mlflow.source.git.branch": "main",
        },
        "createdBy": cast.author.document(),
        "lastModifiedBy": cast.author.document(),
        "userId": cast.author.object_id,
        "compute": {"target": "Serverless", "vmSize": "Standard_DS3_v2", "instanceCount": 1},
        "runTypeV2": {"orchestrator": "AutoML", "traits": ["automl"]},
        "inputs": {"training_data": {
            "assetId": format!("azureml://locations/eastus2/workspaces/{}/data/{experiment}-training/versions/1", writer.id),
            "type": "uri_folder",
        }},
        "outputs": {},
        "revision": 13,
    })
}

fn metrics(dice: &mut Dice) -> serde_json::Value {
    let mut point = |name: &str| json!({"name": name, "value": dice.below(1_000) as f64 / 1_000.0});
    json!({"metrics": [point("accuracy"), point("recall"), point("loss")]})
}

fn log(dice: &mut Dice, index: u32, cast: &Cast, lines: i64) -> String {
    let author = cast.author;
    let mut text = format!(
        "{} INFO job submitted by {} <{}>\n{} INFO working directory /mnt/batch/users/{}/project\n",
        instant(index, 35),
        author.name,
        author.email,
        instant(index, 36),
        author.alias
    );
    for line in 0..lines {
        let at = instant(index, 40 + line);
        let loss = dice.below(10_000);
        let _infallible = match line % 200 {
            7 => writeln!(
                text,
                "{at} INFO notify mailto:{}",
                author.email.replace('@', "%40")
            ),
            9 => writeln!(
                text,
                "{at} DEBUG principal {}",
                author.object_id.to_uppercase()
            ),
            11 => writeln!(text, "{at} DEBUG oid={}", author.object_id.replace('-', "")),
            _ => writeln!(text, "{at} INFO epoch {line} loss 0.{loss:04}"),
        };
    }
    if let Some(other) = cast.mentioned {
        let _infallible = writeln!(
            text,
            "{} INFO reviewed by {} <{}>, call {}",
            instant(index, 590),
            other.name,
            other.email,
            other.phone
        );
    }
    text
}

/// Nothing personal: what must not be found.
fn system_log(index: u32, id: &str) -> String {
    format!(
        "{} lifecycler 1.45.0 started for {id}\n{} image sha256:{:064x}\n{} exit code 0\n",
        instant(index, 10),
        instant(index, 11),
        u128::from(index) * 0x9E37_79B9_7F4A_7C15,
        instant(index, 594)
    )
}

fn events(dice: &mut Dice, index: u32, id: &str, cast: &Cast) -> String {
    let mut text = String::new();
    for step in 0..5 {
        // JSON in a string in JSON, as telemetry writes it.
        let detail = json!({"user": cast.author.email, "note": format!("step \"{step}\" of {}", cast.author.name)});
        let event = json!({"time": instant(index, 50 + step), "run": id, "id": dice.guid(), "detail": detail.to_string()});
        let _infallible = writeln!(text, "{event}");
    }
    if let Some(other) = cast.mentioned {
        let event =
            json!({"time": instant(index, 60), "run": id, "cc": [other.email, cast.author.email]});
        let _infallible = writeln!(text, "{event}");
    }
    text
}
