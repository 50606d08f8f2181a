//! Batches prepared ahead of the step on one worker thread.
//!
//! One thread and one bounded channel: the order is that of the indices whatever the timing. A worker that dies is an
//! error, never a short epoch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::{Batch, DataError, Encoded};

/// Batches in order.
pub struct Prefetch {
    source: Source,
}

enum Source {
    Inline(Box<dyn Iterator<Item = Batch> + Send>),
    Worker(Receiver<Message>),
    Done,
}

enum Message {
    Batch(Batch),
    Failed(String),
    End,
}

impl Prefetch {
    /// Prepares the batches named by `indices`, at most `depth` ahead; 0 prepares each when it is asked for.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use polytask_data::{Encoded, Prefetch};
    ///
    /// let batches = Prefetch::start(Arc::new(Encoded::default()), vec![vec![2, 0], vec![1]].into_iter(), 4);
    /// let rows: Result<Vec<_>, _> = batches.map(|batch| batch.map(|batch| batch.rows)).collect();
    /// assert_eq!(rows, Ok(vec![vec![2, 0], vec![1]]));
    /// ```
    #[must_use]
    pub fn start(
        encoded: Arc<Encoded>,
        indices: impl Iterator<Item = Vec<u32>> + Send + 'static,
        depth: usize,
    ) -> Self {
        Self::prepare(indices.map(move |rows| encoded.batch(&rows)), depth)
    }

    fn prepare(mut batches: impl Iterator<Item = Batch> + Send + 'static, depth: usize) -> Self {
        if depth == 0 {
            return Self {
                source: Source::Inline(Box::new(batches)),
            };
        }
        let (sender, receiver) = sync_channel(depth);
        let worker = thread::Builder::new()
            .name("prefetch".to_owned())
            .spawn(move || {
                loop {
                    let message = next(&mut batches);
                    let is_last = !matches!(message, Message::Batch(_));
                    // Nobody listens any more: the epoch was left early.
                    if sender.send(message).is_err() || is_last {
                        return;
                    }
                }
            });
        match worker {
            Ok(_) => Self {
                source: Source::Worker(receiver),
            },
            Err(error) => {
                let (sender, receiver) = sync_channel(1);
                drop(sender.send(Message::Failed(error.to_string())));
                Self {
                    source: Source::Worker(receiver),
                }
            }
        }
    }
}

/// The next batch; a panic on the way to it is a message, not the end of the thread.
fn next(batches: &mut dyn Iterator<Item = Batch>) -> Message {
    match catch_unwind(AssertUnwindSafe(|| batches.next())) {
        Ok(Some(batch)) => Message::Batch(batch),
        Ok(None) => Message::End,
        Err(panic) => Message::Failed(words(panic.as_ref())),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

impl Iterator for Prefetch {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let received = match &mut self.source {
            Source::Inline(batches) => Ok(next(batches.as_mut())),
            Source::Done => return None,
            Source::Worker(receiver) => receiver.recv(),
        };
        match received {
            Ok(Message::Batch(batch)) => Some(Ok(batch)),
            Ok(Message::End) => {
                self.source = Source::Done;
                None
            }
            Ok(Message::Failed(reason)) => {
                self.source = Source::Done;
                Some(Err(DataError::Worker { reason }))
            }
            Err(_) => {
                self.source = Source::Done;
                Some(Err(DataError::Worker {
                    reason: "it ended without a word".to_owned(),
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(row: u32) -> Batch {
        Batch {
            rows: vec![row],
            ..Batch::default()
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_depth() {
        for depth in [0, 1, 3, 64] {
            let rows: Vec<u32> = Prefetch::prepare((0..50).map(batch), depth)
                .map(|batch| batch.unwrap().rows[0])
                .collect();
            assert_eq!(rows, (0..50).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_worker_that_dies_is_an_error_not_a_short_epoch() {
        let batches = (0..5).map(|row| {
            if row == 3 {
                panic!("planted")
            } else {
                batch(row)
            }
        });
        let mut prefetch = Prefetch::prepare(batches, 2);
        for _ in 0..3 {
            assert!(prefetch.next().unwrap().is_ok());
        }
        assert_eq!(
            prefetch.next(),
            Some(Err(DataError::Worker {
                reason: "planted".into()
            }))
        );
        assert_eq!(prefetch.next(), None);
    }

    #[test]
    fn leaving_early_ends_the_worker() {
        let mut prefetch = Prefetch::prepare((0..1_000_000).map(batch), 1);
        assert!(prefetch.next().is_some());
        drop(prefetch);
    }
}
