//! Sum-product on a forest: exact sums over all labels that are not known, in two passes over the edges (Pearl 1988).
//!
//! All numbers are logarithms. A message is what the labels behind an edge make of the label in front of it,
//! m(y) = ln Σ_k exp(c_k + M[k, y]) with the cavity c of the sender, less m(0): a table of zeros sends zeros exactly, and
//! nothing grows with the number of labels.

use burn::tensor::Tensor;

use super::tree::Tree;

/// One forest with its tables, at work on some rows.
pub(super) struct Pass<'a> {
    pub(super) tree: &'a Tree,
    /// One per edge, `[classes of its first label, classes of its second]`.
    pub(super) tables: &'a [Tensor<2>],
}

impl Pass<'_> {
    /// ln p(y | what `own` leaves open), up to a constant per row, of every label: `[rows, classes]` each.
    pub(super) fn marginals(&self, own: &[Tensor<2>]) -> Vec<Tensor<2>> {
        let up = self.up(own);
        let down = self.down(own, &up, &up);
        self.beliefs(own, &up, &down)
    }

    /// ln p(y | the known labels before it), up to a constant per row, of every label: what `known` is of `free` once the
    /// known labels are clamped.
    pub(super) fn chained(&self, free: &[Tensor<2>], known: &[Tensor<2>]) -> Vec<Tensor<2>> {
        let up = self.up(free);
        let down = self.down(known, &self.up(known), &up);
        self.beliefs(free, &up, &down)
    }

    /// Of every place the message to its parent; to nobody for a root.
    fn up(&self, own: &[Tensor<2>]) -> Vec<Option<Tensor<2>>> {
        let mut messages: Vec<Option<Tensor<2>>> = vec![None; own.len()];
        let places = self.tree.places.iter().enumerate().zip(own).rev();
        for ((place, here), own) in places {
            let Some(up) = here.up else { continue };
            let from_below = of(&here.children, &messages);
            let cavity = from_below
                .into_iter()
                .fold(own.clone(), |sum, more| sum + more);
            if let (Some(slot), Some(table)) = (messages.get_mut(place), self.tables.get(up.edge)) {
                let table = table.clone();
                *slot = Some(message(
                    cavity,
                    if up.is_forward {
                        table.transpose()
                    } else {
                        table
                    },
                ));
            }
        }
        messages
    }

    /// Of every place the message from its parent, to which elder siblings say what is in `elder` and younger ones what
    /// is in `younger`.
    fn down(
        &self,
        own: &[Tensor<2>],
        elder: &[Option<Tensor<2>>],
        younger: &[Option<Tensor<2>>],
    ) -> Vec<Option<Tensor<2>>> {
        let mut messages: Vec<Option<Tensor<2>>> = vec![None; own.len()];
        for ((place, here), own) in self.tree.places.iter().enumerate().zip(own) {
            let base = plus(messages.get(place).cloned().flatten(), own.clone());
            let siblings = beside(&of(&here.children, elder), &of(&here.children, younger));
            for (&child, siblings) in here.children.iter().zip(siblings) {
                let link = self.tree.places.get(child).and_then(|child| child.up);
                let table = link.and_then(|link| Some((link, self.tables.get(link.edge)?)));
                if let (Some(slot), Some((link, table))) = (messages.get_mut(child), table) {
                    let table = table.clone();
                    *slot = Some(message(
                        plus(siblings, base.clone()),
                        if link.is_forward {
                            table
                        } else {
                            table.transpose()
                        },
                    ));
                }
            }
        }
        messages
    }

    /// What each place makes of its own potentials and all messages.
    fn beliefs(
        &self,
        own: &[Tensor<2>],
        up: &[Option<Tensor<2>>],
        down: &[Option<Tensor<2>>],
    ) -> Vec<Tensor<2>> {
        let places = self.tree.places.iter().zip(own).zip(down);
        places
            .map(|((here, own), down)| {
                let from_below = of(&here.children, up).into_iter();
                from_below.fold(plus(down.clone(), own.clone()), |sum, more| sum + more)
            })
            .collect()
    }
}

/// `[rows, classes of the sender]` and `[classes of the sender, of the receiver]` to `[rows, classes of the receiver]`.
fn message(cavity: Tensor<2>, table: Tensor<2>) -> Tensor<2> {
    let [rows, _] = cavity.dims();
    let [_, classes] = table.dims();
    let all = cavity.unsqueeze_dim::<3>(2) + table.unsqueeze::<3>();
    let largest = all.clone().detach().max_dim(1);
    let sum = (all - largest.clone()).exp().sum_dim(1).log() + largest;
    let message = sum.reshape([rows, classes]);
    message.clone() - message.narrow(1, 0, 1)
}

/// The messages of these places.
fn of(places: &[usize], messages: &[Option<Tensor<2>>]) -> Vec<Tensor<2>> {
    let messages = places.iter().map(|&place| messages.get(place)?.clone());
    messages.flatten().collect()
}

/// For each child the sum of its elder siblings' messages in `elder` and of its younger ones' in `younger`.
fn beside(elder: &[Tensor<2>], younger: &[Tensor<2>]) -> Vec<Option<Tensor<2>>> {
    let mut sums = Vec::with_capacity(younger.len());
    let mut sum = None;
    for message in younger.iter().rev() {
        sums.push(sum.clone());
        sum = Some(plus(sum, message.clone()));
    }
    let mut sum: Option<Tensor<2>> = None;
    let beside = sums.into_iter().rev().zip(elder).map(|(younger, own)| {
        let both = match (sum.clone(), younger) {
            (Some(elder), Some(younger)) => Some(elder + younger),
            (elder, younger) => elder.or(younger),
        };
        sum = Some(plus(sum.take(), own.clone()));
        both
    });
    beside.collect()
}

fn plus(sum: Option<Tensor<2>>, more: Tensor<2>) -> Tensor<2> {
    match sum {
        Some(sum) => sum + more,
        None => more,
    }
}
