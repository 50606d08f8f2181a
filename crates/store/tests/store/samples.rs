//! Checkpoints to be spoilt, a generator of numbers, and a way to run a test's other half in a process of its own.

use std::path::Path;
use std::process::Command;

use polytask_store::{Checkpoint, Part, Retention, RunDir, Writer};

/// SplitMix64 (Steele, Lea, Flood 2014): tests need spread, not quality.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Parts of every kind: empty, of one byte, of exactly one alignment, and odd ones.
pub(crate) fn checkpoint(step: u64) -> Checkpoint {
    let mut numbers = Numbers(step);
    let mut floats = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|_| numbers.next() as f32 / u64::MAX as f32)
            .collect()
    };
    Checkpoint::at_step(step)
        .with_meta("epoch", "3")
        .with_meta(
            "config",
            "seed = 42 # \"quoted\", \u{e9}, \u{1f600}, \\ and\ttab\n",
        )
        .with_score(Some(step as f64 / 1000.0))
        .with_part(Part::f32("model/trunk.weight", vec![5, 7], &floats(35)))
        .with_part(Part::f32("model/heads.digit.bias", vec![16], &floats(16)))
        .with_part(Part::f32("model/scale", vec![], &floats(1)))
        .with_part(Part::f64(
            "weighting/log_variance",
            vec![3],
            &[0.5, -0.25, f64::NAN],
        ))
        .with_part(Part::u64("progress/step", vec![], &[step]))
        .with_part(Part::text("data/fingerprint", "r\u{e9}sum\u{e9}"))
        .with_part(Part::f32("optimizer/empty", vec![0, 4], &[]))
        .with_part(Part {
            name: "flags".into(),
            kind: "flag".into(),
            shape: vec![1],
            bytes: vec![1],
        })
}

/// A run with checkpoints of these steps, all kept.
pub(crate) fn run(base: &Path, steps: &[u64]) -> Writer {
    let run = RunDir::create(base, "sample", std::time::SystemTime::now()).unwrap();
    for &step in steps {
        run.publish(
            &checkpoint(step),
            &Retention {
                keep_last: 100,
                keep_best: 0,
            },
        )
        .unwrap();
    }
    run
}

/// Says in a child process which half of a test it is.
const CHILD: &str = "POLYTASK_TEST_CHILD";

/// What this process was asked to be by [`child`].
pub(crate) fn child_argument() -> Option<String> {
    std::env::var(CHILD).ok()
}

/// This test program, running only the test `name`, where [`child_argument`] gives `argument`.
pub(crate) fn child(name: &str, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD, argument);
    command
}
