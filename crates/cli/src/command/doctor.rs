//! `doctor`: a tiny run on every backend, trained whole, and again stopped half-way and resumed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use clap::Args;
use polytask_config::Layers;
use polytask_store::{Fallback, Pick, RunDir, verify};
use polytask_training::device::{self, Backend, Place};
use polytask_training::events::{Event, Listener};
use polytask_training::session::{self, Options, Outcome, SessionError, Texts};
use serde_json::{Value, json};

use crate::arguments::backend_name;
use crate::configuration::Configuration;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::number::{duration, figure};
use crate::panics::Watch;
use crate::table::{Side, Table};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(
    after_help = "Exits with 1 if a backend that is here fails a test.\n\nExample:\n  polytask doctor"
)]
pub(crate) struct Arguments {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Two tasks on small pictures, dropout and momentum included: whatever a checkpoint could forget is there.
const CONFIG: &str = r#"
version = 1
name = "doctor"
[data]
source = { type = "glyphs", train = 96, val = 32, test = 32 }
[inputs.image]
[encoder]
type = "mlp"
hidden = [16]
dropout = 0.1
[tasks.digit]
type = "multiclass"
unseen = "mask"
[tasks.bold]
type = "binary"
[multitask]
weighting = "uncertainty"
[train]
epochs = 3
batch_size = 16
"#;

/// Losses of two backends after training may differ by so much of the loss: rounding, added up over the steps.
const APART: f64 = 1e-3;

/// The step at which the second run is stopped: in the middle of an epoch.
const STOP: u64 = 8;

/// What was found out about one backend.
struct Finding {
    backend: &'static str,
    device: String,
    outcome: Result<Tested, String>,
}

struct Tested {
    loss: f64,
    seconds: f64,
    /// Stopped and resumed, the same weights came out.
    resumes_exactly: bool,
    is_deterministic: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::new(
            Exit::Io,
            format!("cannot make a temporary directory: {error}"),
        )
    })?;
    let mut findings = Vec::new();
    for backend in [Backend::Cpu, Backend::NdArray, Backend::Wgpu] {
        let name = backend_name(backend);
        let place = match device::resolve(backend, None) {
            Ok(place) => place,
            Err(error) => {
                terminal.note(&format!("{name}: {error}"));
                continue;
            }
        };
        watch.computes_on(place.backend);
        let device = place
            .adapter
            .as_ref()
            .map_or_else(|| "CPU".to_owned(), |adapter| adapter.name.clone());
        let outcome = test(&folder.path().join(name), &place)
            .map_err(|failure| failure.text(false).trim().to_owned());
        findings.push(Finding {
            backend: name,
            device,
            outcome,
        });
    }
    if arguments.json {
        json::print(terminal, document(&findings))?;
    } else {
        terminal.result(&text(&findings, terminal.colors_results))?;
    }
    Ok(
        if findings.iter().all(|finding| finding.is_well(&findings)) {
            Exit::Done
        } else {
            Exit::Internal
        },
    )
}

/// Trains whole, trains in two pieces, verifies every checkpoint.
fn test(folder: &Path, place: &Place) -> Result<Tested, Failure> {
    let whole = train(&folder.join("whole"), place, u64::MAX)?;
    let first = train(&folder.join("pieces"), place, STOP)?;
    let second = resume(&first.run, place)?;
    for run in [&whole.run, &second.run] {
        for listed in RunDir::open(run)?.checkpoints()? {
            verify(&listed.path)?;
        }
    }
    Ok(Tested {
        loss: whole
            .tested
            .as_ref()
            .and_then(|tested| tested.metrics.get("test/loss"))
            .copied()
            .unwrap_or(f64::NAN),
        seconds: whole.seconds,
        resumes_exactly: whole.digest == second.digest,
        is_deterministic: place.is_deterministic,
    })
}

fn configuration() -> Result<(Configuration, Texts), Failure> {
    let configuration = Configuration::load(Layers::text("doctor", CONFIG, "/"))?;
    if !configuration.problems.is_empty() {
        return Err(Failure::new(
            Exit::Internal,
            configuration.problems.to_string(),
        ));
    }
    let texts = Texts {
        config: CONFIG.to_owned(),
        resolved: configuration.resolved.to_toml(),
    };
    Ok((configuration, texts))
}

fn train(folder: &Path, place: &Place, stop: u64) -> Result<Outcome, Failure> {
    let (configuration, texts) = configuration()?;
    let writer = RunDir::create_at(folder, SystemTime::now())?;
    let interrupt = AtomicBool::new(false);
    let mut stopper = Stopper {
        stop,
        interrupt: &interrupt,
    };
    let options = Options::default();
    session::train(
        configuration.experiment,
        &texts,
        place.clone(),
        writer,
        &mut stopper,
        &interrupt,
        &options,
    )
    .map_err(failed)
}

fn resume(run: &Path, place: &Place) -> Result<Outcome, Failure> {
    let (configuration, texts) = configuration()?;
    let writer = RunDir::open(run)?.lock()?;
    let from = writer.select(Pick::Last, Fallback::Refused)?;
    let interrupt = AtomicBool::new(false);
    let mut listener = |_: &Event| {};
    let options = Options::default();
    session::resume(
        writer,
        configuration.experiment,
        &texts,
        place.clone(),
        from,
        &mut listener,
        &interrupt,
        &options,
    )
    .map_err(failed)
}

fn failed(error: SessionError) -> Failure {
    Failure::new(Exit::Internal, error.to_string())
}

/// Stops a run as a signal would.
struct Stopper<'a> {
    stop: u64,
    interrupt: &'a AtomicBool,
}

impl Listener for Stopper<'_> {
    fn hear(&mut self, event: &Event) {
        if let Event::Step { step, .. } = event
            && *step >= self.stop
        {
            self.interrupt.store(true, Ordering::Relaxed);
        }
    }
}

impl Finding {
    /// Where equal bits are not promised, unequal ones are no fault; a loss that is not the CPU's is.
    fn is_well(&self, all: &[Self]) -> bool {
        self.outcome
            .as_ref()
            .is_ok_and(|tested| tested.resumes_exactly || !tested.is_deterministic)
            && self.apart(all).is_none_or(|apart| apart <= APART)
    }

    /// How far the loss is from that of the first backend that trained, which is the CPU, relative to it.
    fn apart(&self, all: &[Self]) -> Option<f64> {
        let first = all
            .iter()
            .find_map(|finding| finding.outcome.as_ref().ok())?;
        let own = self.outcome.as_ref().ok()?;
        let apart = (own.loss - first.loss).abs() / first.loss.abs().max(f64::MIN_POSITIVE);
        // A loss that is none is as far as can be.
        Some(if apart.is_nan() { f64::INFINITY } else { apart })
    }
}

fn text(findings: &[Finding], color: bool) -> String {
    let mut table = Table::new([
        ("backend", Side::Left),
        ("device", Side::Left),
        ("test loss", Side::Right),
        ("from cpu", Side::Right),
        ("time", Side::Right),
        ("stop and resume", Side::Left),
        ("result", Side::Left),
    ]);
    for finding in findings {
        let result = if finding.is_well(findings) {
            "well"
        } else {
            "FAILED"
        };
        let apart = finding.apart(findings);
        let apart = apart.map_or_else(String::new, |apart| format!("{apart:.0e}"));
        let (loss, time, resumes) = match &finding.outcome {
            Ok(tested) => {
                let resumes = match (tested.resumes_exactly, tested.is_deterministic) {
                    (true, _) => "equal weights",
                    (false, false) => "weights differ (not promised here)",
                    (false, true) => "WEIGHTS DIFFER",
                };
                (
                    figure(tested.loss),
                    duration(tested.seconds),
                    resumes.to_owned(),
                )
            }
            Err(error) => (String::new(), String::new(), error.clone()),
        };
        let device = finding.device.clone();
        table.row([
            finding.backend.to_owned(),
            device,
            loss,
            apart,
            time,
            resumes,
            result.to_owned(),
        ]);
    }
    table.text(color)
}

fn document(findings: &[Finding]) -> Value {
    let listed: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let tested = finding.outcome.as_ref().ok();
            json!({
                "backend": finding.backend, "device": finding.device, "well": finding.is_well(findings),
                "loss_difference": finding.apart(findings),
                "test_loss": tested.map(|tested| tested.loss), "seconds": tested.map(|tested| tested.seconds),
                "resumes_exactly": tested.map(|tested| tested.resumes_exactly),
                "deterministic": tested.map(|tested| tested.is_deterministic),
                "problem": finding.outcome.as_ref().err(),
            })
        })
        .collect();
    json!({"backends": listed})
}
