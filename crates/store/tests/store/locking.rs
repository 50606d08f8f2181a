//! B12: one writer per run directory, in different processes, without a stale lock ever.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use polytask_store::{Class, Fallback, Pick, RunDir, StoreError};

use crate::samples::{child, child_argument, run};

/// The other half of the tests below: takes the run directory that it is given, says how that went, and holds it
/// until its standard input ends. Run by itself it does nothing.
#[test]
fn child_process() {
    let Some(argument) = child_argument() else {
        return;
    };
    let (how, path) = argument.split_once(':').unwrap();
    let path = std::path::Path::new(path);
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let begun = Instant::now();
    let taken = match how {
        "create" => RunDir::create_at(path, SystemTime::now()),
        _ => RunDir::open(path).and_then(|run| run.lock()),
    };
    let took = begun.elapsed();
    match &taken {
        Ok(_) => println!("\nverdict held {}", std::process::id()),
        Err(StoreError::Locked { pid: Some(pid), .. }) => {
            println!("\nverdict locked {pid} {}", took.as_millis())
        }
        Err(error) => println!("\nverdict error {error}"),
    }
    std::io::stdin().read_to_string(&mut line).unwrap();
    drop(taken);
}

struct Contender {
    process: Child,
}

impl Contender {
    fn start(argument: &str) -> Self {
        let mut command: Command = child("locking::child_process", argument);
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process }
    }

    fn go(&mut self) {
        self.process
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b"go\n")
            .unwrap();
    }

    fn verdict(&mut self) -> Vec<String> {
        let reader = BufReader::new(self.process.stdout.as_mut().unwrap());
        for line in reader.lines() {
            if let Some(verdict) = line.unwrap().strip_prefix("verdict ") {
                return verdict.split(' ').map(str::to_owned).collect();
            }
        }
        panic!("no verdict");
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn of_eight_processes_one_proceeds_and_seven_name_it() {
    for round in 0..6 {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("new/run");
        let argument = format!("create:{}", path.display());
        let mut contenders: Vec<Contender> = (0..8).map(|_| Contender::start(&argument)).collect();
        contenders.iter_mut().for_each(Contender::go);
        let verdicts: Vec<Vec<String>> = contenders.iter_mut().map(Contender::verdict).collect();
        let (held, locked): (Vec<_>, Vec<_>) =
            verdicts.iter().partition(|verdict| verdict[0] == "held");
        assert_eq!(
            (held.len(), locked.len()),
            (1, 7),
            "round {round}: {verdicts:?}"
        );
        for verdict in locked {
            assert_eq!(
                verdict[..2],
                ["locked".to_owned(), held[0][1].clone()],
                "round {round}"
            );
            assert!(verdict[2].parse::<u64>().unwrap() < 1000, "{verdict:?}");
        }
    }
}

#[test]
fn the_lock_of_a_killed_process_is_free() {
    let base = tempfile::tempdir().unwrap();
    let path = run(base.path(), &[1]).path().to_owned();
    let mut holder = Contender::start(&format!("lock:{}", path.display()));
    holder.go();
    assert_eq!(holder.verdict()[0], "held");
    let opened = RunDir::open(&path).unwrap();
    match opened.lock() {
        Err(error @ StoreError::Locked { .. }) => {
            assert_eq!(error.class(), Class::Locked);
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("locked by process {}", holder.process.id())),
                "{error}"
            );
        }
        other => panic!("{other:?}"),
    }
    // Readers do not care.
    assert_eq!(
        opened.select(Pick::Last, Fallback::Refused).unwrap().step,
        1
    );

    holder.process.kill().unwrap();
    holder.process.wait().unwrap();
    let writer = opened.lock().unwrap();
    assert_eq!(
        std::fs::read_to_string(path.join("lock")).unwrap(),
        format!("{}\n", std::process::id())
    );
    drop(writer);
}

#[test]
fn threads_are_kept_apart_like_processes() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("run");
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| RunDir::create_at(&path, SystemTime::now())))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.class(), Class::Locked, "{error}");
    }
}

#[test]
fn a_lock_file_that_is_deleted_under_a_waiting_process_does_not_make_two_writers() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("run");
    for _ in 0..50 {
        let first = RunDir::create_at(&path, SystemTime::now()).unwrap();
        drop(first);
        std::fs::remove_dir_all(&path).unwrap();
    }
    let held = RunDir::create_at(&path, SystemTime::now()).unwrap();
    std::thread::sleep(Duration::from_millis(1));
    assert!(RunDir::create_at(&path, SystemTime::now()).is_err());
    drop(held);
}
