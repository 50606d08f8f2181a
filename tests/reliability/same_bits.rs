//! The same seed gives the same bits in any process.

use std::process::Command;

use super::{MICRO, times};
use crate::harness::{Folder, PICTURES, students};

/// Ways of balancing: from losses, from inner products on each level, from entries, from several batches.
const BALANCED: [&str; 8] = [
    "weighting = \"famo\"",
    "weighting = \"rlw\"",
    "aggregator = \"nash_mtl\"",
    "aggregator = { type = \"imtl_g\", level = \"representation\" }",
    "aggregator = { type = \"pcgrad\", engine = \"reforward\" }",
    "aggregator = \"graddrop\"",
    "aggregator = \"moco\"",
    "weighting = \"uncertainty\"\naggregator = { type = \"cagrad\", micro_batch = 0.5 }",
];

/// The same command, bound to the first core.
fn on_one_core(command: &Command) -> Command {
    let mut bound = Command::new("taskset");
    bound
        .args(["-c", "0"])
        .arg(command.get_program())
        .args(command.get_args());
    bound
}

#[test]
fn the_same_seed_gives_the_same_bits_whatever_surrounds_the_process() {
    let convolutions = PICTURES.replace(
        "type = \"mlp\"\nhidden = [16]",
        "type = \"cnn\"\nchannels = [4]\ndense = [8]",
    );
    let latent = MICRO.replace(
        "[multitask]",
        "[sharing]\ntype = \"latent\"\ndimension = 4\n[multitask]",
    );
    let codes = MICRO.replace("[multitask]", "[sharing]\ntype = \"codes\"\n[multitask]");
    // A weight of more than 4 Mi numbers, beyond which sums are split up among threads.
    let large = MICRO.replace("hidden = [16]", "hidden = [2100, 2100]");
    let mut configs = vec![MICRO.to_owned(), convolutions, latent, codes, large];
    configs
        .extend(BALANCED.map(|balancing| MICRO.replace("weighting = \"uncertainty\"", balancing)));
    assert!(configs.len() >= 12);
    let taskset = Command::new("taskset").args(["-c", "0", "true"]).status();
    let has_taskset = taskset.is_ok_and(|status| status.success());
    if !has_taskset {
        eprintln!("skipped: there is no `taskset` to bind a process to one core");
    }
    for (number, config) in configs.iter().enumerate() {
        assert!(number == 0 || config != MICRO);
        let folder = Folder::new(config);
        folder.write("students.csv", &students(0..160));
        let mut digests = Vec::new();
        for run in 0..times(3) {
            let directory = format!("r-{run}");
            let home = folder.path(&format!("home-{run}"));
            let elsewhere = folder.path(&format!("elsewhere-{run}"));
            std::fs::create_dir(&elsewhere).unwrap();
            let mut command = folder.command(&[
                "train",
                "../config.toml",
                "--run-dir",
                &format!("../{directory}"),
                "--set",
                "train.epochs=3",
            ]);
            if run % 3 == 1 && has_taskset {
                command = on_one_core(&command);
            }
            let ended = command
                .current_dir(elsewhere)
                .env_remove("RUST_BACKTRACE")
                .env("RAYON_NUM_THREADS", ["1", "2", "5"][run % 3])
                .env("HOME", home)
                .env("LANG", ["C", "de_DE.UTF-8", "tr_TR.UTF-8"][run % 3])
                .env("TZ", ["UTC", "Asia/Kathmandu"][run % 2])
                .output()
                .unwrap();
            super::refuse_panics(&String::from_utf8_lossy(&ended.stderr));
            assert!(
                ended.status.success(),
                "{}",
                String::from_utf8_lossy(&ended.stderr)
            );
            digests.push(folder.digest(&directory));
        }
        digests.dedup();
        assert_eq!(digests.len(), 1, "config {number}");
        let other = folder.train("other", &["--set", "train.epochs=3", "--seed", "1"]);
        assert_ne!(other, digests[0], "config {number}");
    }
}
