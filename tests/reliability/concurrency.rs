//! One run directory has one writer.

use std::process::Stdio;

use super::{expect_one_of, micro, times};
use crate::harness::ended;

#[test]
fn of_eight_runs_at_once_in_one_directory_one_proceeds() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    for round in 0..times(5) {
        let directory = format!("r-{round}");
        let arguments = ["train", "config.toml", "--run-dir", &directory];
        let children: Vec<_> = (0..8)
            .map(|_| {
                folder
                    .command(&arguments)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let processes: Vec<u32> = children.iter().map(std::process::Child::id).collect();
        let all: Vec<_> = children.into_iter().map(ended).collect();
        let through = all.iter().position(|ended| ended.code == 0);
        let through = through.unwrap_or_else(|| panic!("none proceeded: {}", all[0].err));
        for (number, ended) in all.iter().enumerate() {
            if number == through {
                continue;
            }
            // Locked, or there already with what the other wrote.
            expect_one_of(ended, &[9, 2]);
            if ended.code == 9 {
                let holder = format!("process {}", processes[through]);
                let is_named = ended.err.contains(&holder);
                // One that was about to find out that it has lost may have held the lock for a moment.
                let is_other = processes
                    .iter()
                    .any(|process| ended.err.contains(&format!("process {process}")));
                assert!(is_named || is_other, "{holder} in {}", ended.err);
            }
        }
        assert_eq!(folder.digest(&directory), whole, "round {round}");
    }
}

#[test]
fn readers_are_never_in_the_way_of_a_run() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let mut child = folder
        .command(&["train", "config.toml", "--run-dir", "r"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut read = 0;
    while child.try_wait().unwrap().is_none() {
        let ended = folder.run(&["digest", "r"]);
        // Before the first checkpoint there is nothing to read.
        expect_one_of(&ended, if read == 0 { &[0, 6] } else { &[0] });
        read += usize::from(ended.code == 0);
        if read > 0 {
            folder.run(&["verify", "r"]).expect(0);
        }
    }
    assert!(read > 0);
    assert!(child.wait().unwrap().success());
    assert_eq!(folder.digest("r"), whole);
}
