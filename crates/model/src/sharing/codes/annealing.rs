//! When the penalties on the weights of codes come to act: not at all, then more and more, then wholly.

/// Epochs of either.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Annealing {
    /// Before they act.
    pub warmup: f64,
    /// Over which they then rise to their full strength, linearly.
    pub anneal: f64,
}

impl Annealing {
    /// Wholly from the first step on.
    pub const AT_ONCE: Self = Self {
        warmup: 0.0,
        anneal: 0.0,
    };

    /// The part of the full strength after so many epochs, 0 to 1.
    #[must_use]
    pub fn strength(&self, epochs: f64) -> f64 {
        let way = epochs - self.warmup;
        if way < 0.0 {
            0.0
        } else if self.anneal > 0.0 {
            (way / self.anneal).min(1.0)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_then_more_then_all() {
        let annealing = Annealing {
            warmup: 2.0,
            anneal: 4.0,
        };
        let at = |epochs| annealing.strength(epochs);
        assert_eq!(
            [0.0, 1.99, 2.0, 3.0, 6.0, 99.0].map(at),
            [0.0, 0.0, 0.0, 0.25, 1.0, 1.0]
        );
        let at_once = Annealing {
            anneal: 0.0,
            ..annealing
        };
        assert_eq!(
            [1.0, 2.0].map(|epochs| at_once.strength(epochs)),
            [0.0, 1.0]
        );
    }
}
