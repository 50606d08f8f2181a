//! The law of a joint head by its definition: sums over every assignment of labels, in f64.

use polytask_data::TaskKind;

use super::batch::Labelled;
use super::reference::{self, Rows, Values};
use crate::{CoupledLabel, Edge, Known, TaskSpec};

/// The law of some rows by its definition.
pub(super) struct Law<'a> {
    labels: &'a [CoupledLabel],
    /// ln of what the heads say, `[rows][labels][classes]`.
    potentials: Vec<Rows>,
    /// The places of an edge's labels, and its table.
    tables: Vec<([usize; 2], Rows)>,
}

impl<'a> Law<'a> {
    pub(super) fn of(
        labels: &'a [CoupledLabel],
        edges: &[Edge],
        tasks: &[TaskSpec],
        values: &Values,
        predictions: &[Rows],
    ) -> Self {
        let potentials = |row: usize| {
            let of_label = |label: &CoupledLabel| {
                let x = &predictions[label.task][row];
                match tasks[label.task].kind {
                    TaskKind::Ordinal { .. } => {
                        let below = |j: usize| x.get(j).map_or(1.0, |&c| reference::sigmoid(c));
                        let level = |j: usize| below(j) - if j == 0 { 0.0 } else { below(j - 1) };
                        (0..label.classes).map(|j| level(j).ln()).collect()
                    }
                    TaskKind::Multiclass { .. } => x.clone(),
                    _ => vec![0.0, x[label.place]],
                }
            };
            labels.iter().map(of_label).collect()
        };
        let place = |name: &String| labels.iter().position(|label| label.name == *name).unwrap();
        Self {
            labels,
            potentials: (0..predictions[0].len()).map(potentials).collect(),
            tables: edges
                .iter()
                .map(|[a, b]| {
                    let table = values.matrix(&format!("joint.{a}-{b}.table"));
                    ([place(a), place(b)], table)
                })
                .collect(),
        }
    }

    /// ln of the sum of exp over every assignment that agrees with `known`.
    pub(super) fn log_mass(&self, row: usize, known: &[Option<usize>]) -> f64 {
        let count: usize = self.labels.iter().map(|label| label.classes).product();
        let mut sum = 0.0;
        for number in 0..count {
            let mut rest = number;
            let mut own = Vec::new();
            for label in self.labels {
                own.push(rest % label.classes);
                rest /= label.classes;
            }
            let agrees =
                |(own, known): (&usize, &Option<usize>)| known.is_none_or(|known| known == *own);
            if !own.iter().zip(known).all(agrees) {
                continue;
            }
            let heads = own
                .iter()
                .zip(&self.potentials[row])
                .map(|(&own, u)| u[own]);
            let coupled = self
                .tables
                .iter()
                .map(|([a, b], table)| table[own[*a]][own[*b]]);
            sum += (heads.sum::<f64>() + coupled.sum::<f64>()).exp();
        }
        sum.ln()
    }

    /// -ln p(known | x), label by label in their order: what each adds.
    pub(super) fn costs(&self, row: usize, known: &[Option<usize>]) -> Vec<f64> {
        let nothing = vec![None; known.len()];
        (0..known.len())
            .map(|label| {
                let upto = |end: usize| {
                    let mut some = nothing.clone();
                    some[..end].copy_from_slice(&known[..end]);
                    self.log_mass(row, &some)
                };
                upto(label) - upto(label + 1)
            })
            .collect()
    }
}

/// What is known of each row, as the model takes it and in plain.
pub(super) fn known(
    labels: &[CoupledLabel],
    labelled: &Labelled,
) -> (Known, Vec<Vec<Option<usize>>>) {
    let mut known = Known {
        labels: labels.len(),
        ..Known::default()
    };
    let count = labelled.masks[0].len();
    let mut plain = Vec::new();
    for row in 0..count {
        let mut own = Vec::new();
        for label in labels {
            let has = labelled.masks[label.task][row] > 0.0;
            let class = labelled.targets[label.task][row][label.place];
            known.values.push(if has { class as f32 } else { 0.0 });
            known.mask.push(if has { 1.0 } else { 0.0 });
            own.push(has.then_some(class as usize));
        }
        plain.push(own);
    }
    (known, plain)
}
