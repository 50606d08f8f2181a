//! A run that is stopped gives the terminal back as it was.
#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::Duration;

use super::micro;
use super::stops::send;
use crate::harness::ended;

/// What hides the cursor, and what shows it again.
const HIDE: &str = "\u{1b}[?25l";
const SHOW: &str = "\u{1b}[?25h";

#[test]
fn a_terminal_is_not_left_half_drawn() {
    let folder = micro();
    let program = env!("CARGO_BIN_EXE_polytask");
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let directory = format!("r{signal}");
        let inside = format!(
            "stty -g > before; {program} train config.toml --run-dir {directory} --ui bar --set train.epochs=2000; \
             echo $? > code; stty -g > after"
        );
        let child = std::process::Command::new("script")
            .args(["-qec", &inside, "/dev/null"])
            .current_dir(folder.path(""))
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(child) = child else {
            println!("skipped: there is no `script`, which gives a command a terminal");
            return;
        };
        let lock = folder.path(&directory).join("lock");
        let metrics = folder.path(&directory).join("metrics.jsonl");
        // Well under way, with bars on the screen.
        while std::fs::metadata(&metrics).map_or(0, |file| file.len()) < 2000 {
            std::thread::sleep(Duration::from_millis(10));
        }
        let holder = std::fs::read_to_string(lock).unwrap();
        send(signal, holder.trim().parse().unwrap());
        let ended = ended(child);
        super::refuse_panics(&ended.out);
        assert_eq!(
            folder.read("code").trim(),
            code.to_string(),
            "{}",
            ended.out
        );
        assert_eq!(folder.read("before"), folder.read("after"));
        assert!(
            ended.out.contains("epoch 1/2000"),
            "no bar was drawn: {:?}",
            ended.out
        );
        let hidden = ended.out.rfind(HIDE);
        assert!(
            hidden.is_none() || ended.out.rfind(SHOW) > hidden,
            "the cursor stays hidden: {:?}",
            ended.out
        );
        assert!(ended.out.ends_with('\n'), "half a line: {:?}", ended.out);
        // Colours are switched off again.
        let last = ended.out.rfind("\u{1b}[").map(|at| &ended.out[at..]);
        let is_reset = last.is_none_or(|last| !last.contains('m') || last.starts_with("\u{1b}[0m"));
        assert!(is_reset, "a colour stays: {last:?}");
    }
}
