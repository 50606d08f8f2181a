//! Faults at named points, so that tests can fail every step of every commit instead of being lucky.
//!
//! `POLYTASK_FAILPOINT=name:hit:action` makes the `hit`-th time (from 1; `*` is every time) that the process passes the
//! point `name` do `action`: `abort`, `panic`, `enospc`, `eio`, `edquot` or `sleep-MILLISECONDS`. Several are separated by
//! commas. Without the feature `failpoints`, [`hit`] is an empty function that the compiler removes, and the variable is
//! never read.
//!
//! Points of this crate are `WHAT.STEP.before` and `WHAT.STEP.after`, where WHAT is `checkpoint`, `run`, `latest`,
//! `index`, `config`, `data`, `report`, `journal` or `scratch`, and STEP is `create`, `write`, `fsync`, `verify`, `rename`, `fsync-dir` or
//! `delete`; besides `WHAT.write.within` between two pieces of a file. A run passes `training.batch` before each batch that it
//! prepares, on the thread that prepares it.
//!
//! ```
//! # fn save() -> std::io::Result<()> {
//! polytask_store::failpoint::hit("training.step")?;       // free in a release build
//! # Ok(()) }
//! # save().unwrap();
//! ```

use std::io;

#[cfg(any(test, feature = "failpoints"))]
pub use planned::{Plan, record, trace, with_plan};

/// Passes the point `name`: does nothing, or what the plan says.
///
/// # Errors
/// Only with the feature `failpoints`, and only what the plan asks for (or that the plan cannot be read).
#[cfg(not(any(test, feature = "failpoints")))]
#[inline(always)]
pub fn hit(_name: &str) -> io::Result<()> {
    Ok(())
}

/// Passes the point `name`: does nothing, or what the plan says.
///
/// # Errors
/// Only what the plan asks for (or that the plan cannot be read).
#[cfg(any(test, feature = "failpoints"))]
pub fn hit(name: &str) -> io::Result<()> {
    planned::hit(name)
}

/// The point `WHAT.STEP.MOMENT`; the name is only put together when there is somebody to read it.
#[cfg_attr(not(any(test, feature = "failpoints")), inline(always))]
pub(crate) fn at(what: &str, step: &str, moment: &str) -> io::Result<()> {
    #[cfg(any(test, feature = "failpoints"))]
    planned::hit(&format!("{what}.{step}.{moment}"))?;
    let _ = (what, step, moment);
    Ok(())
}

#[cfg(any(test, feature = "failpoints"))]
mod planned {
    use std::cell::RefCell;
    use std::io;
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::time::Duration;

    const VARIABLE: &str = "POLYTASK_FAILPOINT";

    /// What to do at which point.
    #[derive(Debug, Default)]
    pub struct Plan {
        faults: Vec<Fault>,
        passed: Vec<String>,
    }

    #[derive(Debug)]
    struct Fault {
        name: String,
        /// None: every time.
        at_hit: Option<u64>,
        hits: u64,
        action: Action,
    }

    #[derive(Clone, Copy, Debug)]
    enum Action {
        Abort,
        Panic,
        Error(i32),
        Sleep(Duration),
    }

    thread_local! {
        static LOCAL: RefCell<Option<Plan>> = const { RefCell::new(None) };
    }

    impl Plan {
        /// Reads `name:hit:action,…`.
        ///
        /// # Errors
        /// The piece that is not of this form.
        pub fn parse(text: &str) -> Result<Self, String> {
            let faults = text
                .split(',')
                .map(|piece| {
                    Fault::parse(piece)
                        .ok_or_else(|| format!("{VARIABLE}: \"{piece}\" is not name:hit:action"))
                })
                .collect::<Result<_, _>>()?;
            Ok(Self {
                faults,
                passed: Vec::new(),
            })
        }

        fn pass(&mut self, name: &str) -> Option<Action> {
            let mut due = None;
            for fault in self.faults.iter_mut().filter(|fault| fault.name == name) {
                fault.hits += 1;
                if fault.at_hit.is_none_or(|hit| hit == fault.hits) {
                    due = due.or(Some(fault.action));
                }
            }
            due
        }
    }

    impl Fault {
        fn parse(piece: &str) -> Option<Self> {
            let mut fields = piece.rsplitn(3, ':');
            let action = fields.next()?;
            let hit = fields.next()?;
            let name = fields.next()?.trim().to_owned();
            let at_hit = match hit {
                "*" => None,
                number => Some(number.parse().ok().filter(|&hit| hit > 0)?),
            };
            let action = match action.trim() {
                "abort" => Action::Abort,
                "panic" => Action::Panic,
                "enospc" => Action::Error(ENOSPC),
                "eio" => Action::Error(EIO),
                "edquot" => Action::Error(EDQUOT),
                other => Action::Sleep(Duration::from_millis(
                    other.strip_prefix("sleep-")?.parse().ok()?,
                )),
            };
            (!name.is_empty()).then_some(Self {
                name,
                at_hit,
                hits: 0,
                action,
            })
        }
    }

    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    #[cfg(target_os = "linux")]
    const EDQUOT: i32 = 122;
    #[cfg(not(target_os = "linux"))]
    const EDQUOT: i32 = 69;

    pub(super) fn hit(name: &str) -> io::Result<()> {
        // The thread's own plan, if there is one, replaces the process's: tests run side by side.
        let local = LOCAL.with_borrow_mut(|plan| {
            plan.as_mut().map(|plan| {
                plan.passed.push(name.to_owned());
                plan.pass(name)
            })
        });
        let action = match local {
            Some(action) => action,
            None => match environment() {
                Ok(None) => None,
                Ok(Some(plan)) => plan
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pass(name),
                // A fault that was asked for and not understood must not look like a test that passed.
                Err(message) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, message.clone()));
                }
            },
        };
        match action {
            None => Ok(()),
            Some(Action::Abort) => std::process::abort(),
            #[expect(clippy::panic, reason = "the plan asks for it")]
            Some(Action::Panic) => panic!("failpoint {name}"),
            Some(Action::Error(code)) => Err(io::Error::from_raw_os_error(code)),
            Some(Action::Sleep(time)) => {
                std::thread::sleep(time);
                Ok(())
            }
        }
    }

    fn environment() -> &'static Result<Option<Mutex<Plan>>, String> {
        static PLAN: OnceLock<Result<Option<Mutex<Plan>>, String>> = OnceLock::new();
        PLAN.get_or_init(|| match std::env::var(VARIABLE) {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Plan::parse(&text).map(|plan| Some(Mutex::new(plan))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(format!("{VARIABLE}: {error}")),
        })
    }

    /// Runs `body` with `plan` on this thread, in place of the environment's.
    pub fn with_plan<T>(plan: Plan, body: impl FnOnce() -> T) -> T {
        trace(plan, body).0
    }

    /// Runs `body` without faults and lists the points that it passed, in order: what a sweep then fails one by one.
    pub fn record<T>(body: impl FnOnce() -> T) -> (T, Vec<String>) {
        trace(Plan::default(), body)
    }

    /// Runs `body` with `plan` and lists the points that it passed, with those that failed it.
    pub fn trace<T>(plan: Plan, body: impl FnOnce() -> T) -> (T, Vec<String>) {
        /// Puts the outer plan back, also when the body panics because the plan said so.
        struct Restore(Option<Plan>);
        impl Drop for Restore {
            fn drop(&mut self) {
                LOCAL.set(self.0.take());
            }
        }
        let restore = Restore(LOCAL.replace(Some(plan)));
        let value = body();
        let passed = LOCAL.with_borrow_mut(|plan| plan.take().map(|plan| plan.passed));
        drop(restore);
        (value, passed.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_hit_fails_and_no_other() {
        let plan = Plan::parse("a.b:2:enospc,c:*:eio").unwrap();
        let seen = with_plan(plan, || {
            [
                hit("a.b"),
                hit("a.b"),
                hit("a.b"),
                hit("c"),
                hit("c"),
                hit("d"),
            ]
        });
        let codes: Vec<_> = seen
            .iter()
            .map(|r| r.as_ref().err().and_then(io::Error::raw_os_error))
            .collect();
        assert_eq!(codes, [None, Some(28), None, Some(5), Some(5), None]);
        assert!(hit("c").is_ok());
    }

    #[test]
    fn a_plan_that_cannot_be_read_is_an_error() {
        for bad in [
            "",
            "a",
            "a:1",
            "a:0:eio",
            "a:x:eio",
            "a:1:explode",
            "a:1:sleep-",
            ":1:eio",
            "a:1:eio,",
        ] {
            assert!(Plan::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_panic_restores_the_outer_plan() {
        let panicked =
            std::panic::catch_unwind(|| with_plan(Plan::parse("p:1:panic").unwrap(), || hit("p")));
        assert!(panicked.is_err());
        assert!(hit("p").is_ok());
    }

    #[test]
    fn recording_lists_the_points_in_order() {
        let ((), passed) = record(|| {
            hit("one").unwrap();
            at("checkpoint", "rename", "before").unwrap();
        });
        assert_eq!(passed, ["one", "checkpoint.rename.before"]);
    }
}
