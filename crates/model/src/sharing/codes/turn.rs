//! Turning a dictionary to where its weights are sparsest.
//!
//! With free weights V' = M V and A' = A M⁻¹ make the same predictions for any invertible M, so an L1 penalty on A is
//! all that tells the codes of one span apart. Gradients find the span soon, and then seldom the right codes in it: the
//! penalty has many local minima over M (with one code per task and six codes about two runs of three end in a wrong
//! one). The search here goes over M alone. It keeps the codes at norm 1 and moves along shears
//!
//! v_c ← (v_c + δ v_e) / n,  a_c ← n a_c,  a_e ← a_e - δ a_c,  n = ‖v_c + δ v_e‖,
//!
//! whose penalty n ‖a_c‖₁ + ‖a_e - δ a_c‖₁ is convex in δ and is minimised exactly. It starts from the codes as they
//! are and from rotations, drawn at random, of an orthonormal basis of their span, and takes the best end.
//!
//! After the rotation to simple structure of factor analysis (Thurstone 1947), with the criterion of sparse coding.

use polytask_random::Seed;

use super::options::orthonormalise;
use crate::matrix::Matrix;

/// A change of a dictionary's basis that changes no prediction.
#[derive(Clone, Debug)]
pub struct Turn {
    /// M, `[codes, codes]`.
    pub(super) forth: Matrix,
    /// M⁻¹.
    pub(super) back: Matrix,
    /// ‖A M⁻¹‖₁.
    pub(super) penalty: f64,
}

/// How long to search.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Starts, the codes as they are among them.
    pub(super) starts: u64,
    /// Sweeps over all pairs from one start, at most.
    pub(super) sweeps: u64,
    /// A sweep that takes off a smaller share of the penalty is the last of its start.
    pub(super) least_gain: f64,
}

/// The sparsest weights found, for weights A `[scores, codes]` and the Gram matrix V Vᵀ.
pub(super) fn sparsest(
    weights: &Matrix,
    gram: &Matrix,
    effort: Effort,
    seed: Seed,
) -> Option<Turn> {
    let basis = Basis::of(weights, gram);
    let ends = (0..effort.starts).map(|start| {
        let mut search = Search::from(weights, gram, &basis, start, seed);
        search.descend(effort);
        search
    });
    let best = ends.min_by(|a, b| a.penalty().total_cmp(&b.penalty()))?;
    let turn = best.turn();
    turn.penalty.is_finite().then_some(turn)
}

/// The right singular vectors of W = A V in coordinates of the codes: an orthonormal basis of their span that is the same
/// for every way to write W, so that the same rotations of it are the same starts.
struct Basis {
    forth: Matrix,
    back: Matrix,
}

impl Basis {
    fn of(weights: &Matrix, gram: &Matrix) -> Self {
        let (whiten, colour) = gram.root_and_inverse();
        let white = weights.times(&colour);
        let (_, vectors) = white.transposed().times(&white).eigen();
        let uses = white.times(&vectors).transposed();
        let signs = Matrix::signs_of_largest(gram.row_norms().len(), &[uses]);
        let vectors = vectors.scale_columns(&signs);
        Self {
            forth: vectors.transposed().times(&whiten),
            back: colour.times(&vectors),
        }
    }
}

struct Search<'a> {
    /// V Vᵀ of the codes before the search.
    gram: &'a Matrix,
    /// Each row of M.
    rows: Vec<Vec<f64>>,
    /// Each column of A M⁻¹.
    weights: Vec<Vec<f64>>,
    /// Each column of M⁻¹.
    inverse: Vec<Vec<f64>>,
}

impl<'a> Search<'a> {
    /// Begins at the codes as they are, or at a rotation of `basis`.
    fn from(weights: &Matrix, gram: &'a Matrix, basis: &Basis, start: u64, seed: Seed) -> Self {
        let codes = gram.row_norms().len();
        let (forth, back) = if start == 0 {
            (Matrix::identity(codes), Matrix::identity(codes))
        } else {
            let mut stream = seed.stream("sharing.codes/turn", start);
            let mut draws: Vec<f64> = (0..codes * codes).map(|_| stream.normal()).collect();
            orthonormalise(&mut draws, codes);
            let rotation = Matrix::square(draws);
            (
                rotation.times(&basis.forth),
                basis.back.times(&rotation.transposed()),
            )
        };
        let mut search = Self {
            gram,
            rows: forth.to_rows(),
            weights: weights.times(&back).transposed().to_rows(),
            inverse: back.transposed().to_rows(),
        };
        for code in 0..codes {
            let norm = search.product(code, code).sqrt();
            if norm > 0.0 {
                search.rescale(code, norm);
            }
        }
        search
    }

    fn turn(self) -> Turn {
        Turn {
            penalty: self.penalty(),
            forth: Matrix::from_rows(&self.rows),
            back: Matrix::from_rows(&self.inverse).transposed(),
        }
    }

    fn penalty(&self) -> f64 {
        self.weights.iter().map(|column| absolute(column)).sum()
    }

    /// ⟨v_c, v_e⟩ of the codes as they are now.
    fn product(&self, c: usize, e: usize) -> f64 {
        let (Some(left), Some(right)) = (self.rows.get(c), self.rows.get(e)) else {
            return 0.0;
        };
        let applied = Matrix::row(left).times(self.gram);
        applied.values().iter().zip(right).map(|(a, b)| a * b).sum()
    }

    /// Divides code c by `norm` and multiplies its weights by it.
    fn rescale(&mut self, c: usize, norm: f64) {
        for (vectors, factor) in [
            (&mut self.rows, 1.0 / norm),
            (&mut self.weights, norm),
            (&mut self.inverse, norm),
        ] {
            if let Some(vector) = vectors.get_mut(c) {
                vector.iter_mut().for_each(|value| *value *= factor);
            }
        }
    }

    /// Sweeps over all pairs until nothing gets better.
    fn descend(&mut self, effort: Effort) {
        let codes = self.rows.len();
        let mut last = self.penalty();
        // Each sweep lowers the penalty; a few dozen settle it, and an end that is not settled is a lower one all the same.
        for _ in 0..effort.sweeps {
            for c in 0..codes {
                for e in (0..codes).filter(|&e| e != c) {
                    self.shear(c, e);
                }
            }
            let now = self.penalty();
            if last - now <= effort.least_gain * last {
                break;
            }
            last = now;
        }
    }

    fn shear(&mut self, c: usize, e: usize) {
        let cosine = self.product(c, e).clamp(-1.0, 1.0);
        let (Some(own), Some(other)) = (self.weights.get(c), self.weights.get(e)) else {
            return;
        };
        let norm = |delta: f64| (1.0 + 2.0 * delta * cosine + delta * delta).max(0.0).sqrt();
        let size = absolute(own);
        let cost = |delta: f64| -> f64 {
            let moved = own.iter().zip(other).map(|(a, b)| (b - delta * a).abs());
            norm(delta) * size + moved.sum::<f64>()
        };
        let Some(delta) = lowest(own, other, cosine) else {
            return;
        };
        let norm = norm(delta);
        if norm < 1e-6 || cost(delta) >= cost(0.0) * (1.0 - 1e-12) {
            return;
        }
        add_multiple(&mut self.rows, e, c, delta);
        add_multiple(&mut self.weights, c, e, -delta);
        add_multiple(&mut self.inverse, c, e, -delta);
        self.rescale(c, norm);
    }
}

/// Adds `factor` times the vector `from` to the vector `to`.
fn add_multiple(vectors: &mut [Vec<f64>], from: usize, to: usize, factor: f64) {
    let Some(source) = vectors.get(from).cloned() else {
        return;
    };
    if let Some(target) = vectors.get_mut(to) {
        for (target, source) in target.iter_mut().zip(source) {
            *target += factor * source;
        }
    }
}

fn absolute(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum()
}

/// The δ with the lowest √(1 + 2 δ ρ + δ²) ‖a‖₁ + ‖b - δ a‖₁; `None` if a is zero.
///
/// The slope is ‖a‖₁ (δ + ρ) / n plus a constant between two of the kinks b_i / a_i, so the minimum is at the first kink
/// where the slope turns positive, or before it where (δ + ρ) / n takes the value r that makes the slope zero.
fn lowest(a: &[f64], b: &[f64], cosine: f64) -> Option<f64> {
    let total = absolute(a);
    let mut kinks: Vec<(f64, f64)> = a
        .iter()
        .zip(b)
        .filter(|(a, _)| a.abs() > 1e-12 * total)
        .map(|(a, b)| (b / a, a.abs()))
        .collect();
    let total: f64 = kinks.iter().map(|(_, weight)| weight).sum();
    kinks.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let mut below = 0.0;
    for (kink, weight) in kinks {
        let norm = (1.0 + 2.0 * kink * cosine + kink * kink).sqrt().max(1e-300);
        let along = total * (kink + cosine) / norm;
        if along + 2.0 * below - total >= 0.0 {
            let r = (total - 2.0 * below) / total;
            let across = (1.0 - cosine * cosine).max(0.0);
            return Some(r * (across / (1.0 - r * r).max(1e-300)).sqrt() - cosine);
        }
        below += weight;
        if along + 2.0 * below - total >= 0.0 {
            return Some(kink);
        }
    }
    None
}

#[cfg(test)]
mod tests;
