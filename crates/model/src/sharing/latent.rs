//! Shared latent space: every task is linear in the same k numbers.
//!
//! z = φ(x) P + p in R^k and f_t(x) = ⟨w_t, z⟩ + b_t, for several outputs z W_tᵀ + b_t with W_t `[outputs, k]`.
//! φ is the encoder and P a linear map, so z may take any sign and the space can be put in canonical form.
//! With the identity as encoder and squared losses this is reduced-rank regression (Izenman 1975).

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use polytask_config::Entry;

use super::{Built, Plan, Sharing, Site, Wiring};
use crate::encoder::Encoder;
use crate::error::ShapeError;
use crate::features::Inputs;
use crate::head::{Dense, Head, Mixing};
use crate::initial::{Scale, data, replace};
use crate::layer::Linear;
use crate::matrix::Matrix;
use crate::stack::Origin;
use crate::stacked::Recorded;

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "latent",
    summary: "one latent space; every task is a linear function of it",
    source: "Caruana 1997; with a linear encoder reduced-rank regression, Izenman 1975",
    new: |fields| {
        Box::new(LatentOptions {
            dimension: fields
                .integer("dimension", "numbers of the latent space")
                .at_least(1)
                .or(32),
        })
    },
    facts: (),
};

/// Options of the shared latent space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatentOptions {
    /// k.
    pub dimension: usize,
}

impl Plan for LatentOptions {
    fn build(&self, site: &Site<'_>) -> Result<Built, Vec<ShapeError>> {
        let encoder = site.encoder()?;
        let shape = [encoder.width(), self.dimension];
        let origin = Origin::new("sharing.dimension", "latent space");
        origin.fits(&shape).map_err(|problem| vec![problem])?;
        site.heads_fit("sharing.dimension", self.dimension)?;
        let projection = Linear::new(
            &site.initial,
            "sharing.projection",
            shape,
            Scale::Linear,
            true,
        );
        let heads = site
            .tasks
            .iter()
            .map(|task| Head {
                tower: Vec::new(),
                mixing: Mixing::Dense(Dense {
                    weight: site.score_weights(task, self.dimension),
                }),
                offset: site.offset(task),
                cascade: site.cascade(task),
            })
            .collect();
        let sharing = Sharing::Latent(Latent {
            encoder,
            projection,
        });
        Ok(Built { sharing, heads })
    }
}

/// z = φ(x) P + p.
#[derive(Module, Debug)]
pub(crate) struct Latent {
    pub encoder: Encoder,
    pub projection: Linear,
}

impl Wiring for Latent {
    fn represent(&self, features: Tensor<2>) -> Tensor<2> {
        self.projection.apply(features)
    }

    fn record(&self, inputs: &Inputs) -> Recorded {
        let (features, mut layers) = self.encoder.record(inputs);
        let (representation, projection) = self.projection.record_vector(features);
        layers.0.push(projection);
        Recorded {
            representation,
            layers,
        }
    }

    fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    fn width(&self) -> usize {
        self.projection.dims()[1]
    }

    fn describe(&self) -> String {
        format!("latent space of {} numbers", self.width())
    }

    fn canonical_form(&self) -> Option<&'static str> {
        Some(
            "z of mean 0 and covariance I over training rows, the sum of W'W over tasks diagonal and descending, the largest weight of \
             each direction positive",
        )
    }

    /// Any invertible M gives the same model, (z M, M⁻¹ Wᵀ). The canonical one has z of mean 0 and covariance I on the
    /// sample, Σ_t W_tᵀ W_t diagonal and descending, and the largest entry of each of its columns positive. Among
    /// directions that no task reads, Pᵀ P takes the place of that sum.
    fn canonicalise(&mut self, heads: &mut [Head], sample: &Inputs) {
        let z = Matrix::of(self.representation(sample));
        let mean = z.column_means();
        let (whiten, colour) = z.covariance(&mean).root_and_inverse();
        // In the whitened space a head's weights [k, outputs] are colour W, and their Gram matrix sums over tasks.
        let mut gram = Matrix::zeros(self.width(), self.width());
        for weight in heads.iter().filter_map(dense) {
            let white = colour.times(&Matrix::of(weight.val()));
            gram = gram.plus(&white.times(&white.transposed()));
        }
        let projection = Matrix::of(self.projection.weight.val());
        let (rotation, read) = rotation(&gram, &projection.times(&whiten));
        let forth = whiten.times(&rotation);
        let back = rotation.transposed().times(&colour);
        let stacked: Vec<Matrix> = heads
            .iter()
            .filter_map(dense)
            .map(|weight| back.times(&Matrix::of(weight.val())))
            .collect();
        let mut signs = Matrix::signs_of_largest(self.width(), &stacked);
        let unread =
            Matrix::signs_of_largest(self.width(), &[projection.times(&forth).transposed()]);
        signs.truncate(read);
        signs.extend(unread.iter().skip(read));
        let (forth, back) = (forth.scale_columns(&signs), back.scale_rows(&signs));
        self.move_origin(heads, &mean);
        for weight in heads.iter_mut().filter_map(dense_mut) {
            let moved = back
                .times(&Matrix::of(weight.val()))
                .into_tensor(&weight.device());
            replace(weight, moved);
        }
        let weight = projection.times(&forth);
        let device = self.projection.weight.device();
        replace(&mut self.projection.weight, weight.into_tensor(&device));
        if let Some(bias) = &mut self.projection.bias {
            let row = Matrix::of(bias.val().unsqueeze::<2>()).times(&forth);
            replace(bias, row.into_tensor(&device).flatten(0, 1));
        }
    }
}

impl Latent {
    /// Subtracts the mean from z and gives each head's scores what it was worth.
    fn move_origin(&mut self, heads: &mut [Head], mean: &[f64]) {
        for head in heads.iter_mut() {
            if let Some(weight) = dense(head) {
                let worth = Matrix::row(mean).times(&Matrix::of(weight.val()));
                head.offset.add_to_scores(worth.values());
            }
        }
        if let Some(bias) = &mut self.projection.bias {
            let mean = Tensor::from_data(data([mean.len()], mean.to_vec()), &bias.device());
            let moved = bias.val() - mean;
            replace(bias, moved);
        }
    }
}

/// The rotation that makes the weights' Gram matrix diagonal and descending, and how many directions tasks read. The
/// others come by the Gram matrix of the projection (both in the whitened space), for theirs is zero.
fn rotation(gram: &Matrix, projection: &Matrix) -> (Matrix, usize) {
    let (values, vectors) = gram.eigen();
    let largest = values.first().copied().unwrap_or(0.0);
    // The share that the rounding of weights to f32 leaves where there is nothing, with room.
    let read = values
        .iter()
        .filter(|&&value| value > 1e-10 * largest)
        .count();
    let unread = vectors.columns_from(read);
    let reach = projection.times(&unread);
    let (_, turn) = reach.transposed().times(&reach).eigen();
    (vectors.with_columns_from(read, &unread.times(&turn)), read)
}

fn dense(head: &Head) -> Option<&Param<Tensor<2>>> {
    match &head.mixing {
        Mixing::Dense(mixing) => Some(&mixing.weight),
        _ => None,
    }
}

fn dense_mut(head: &mut Head) -> Option<&mut Param<Tensor<2>>> {
    match &mut head.mixing {
        Mixing::Dense(mixing) => Some(&mut mixing.weight),
        _ => None,
    }
}
