//! What it costs to see in each step that loss and gradient are finite: one norm over the gradient, read together with the
//! losses, which are read anyway.

use std::sync::PoisonError;
use std::time::Instant;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::TURN;
use super::cases::table;
use super::ran::world;
use crate::gradients::squared_norm;
use crate::step::step;
use crate::tensors;

/// The weights in the place of their gradients, which have the same shapes.
struct AsGradients(GradientsParams);

impl ModuleVisitor for AsGradients {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        self.0.register(parameter.id, parameter.val().inner());
    }
}

/// The median of some times, in microseconds.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2] * 1e6
}

#[test]
#[ignore = "a measurement, for docs/reliability.md"]
fn the_check_takes_a_small_part_of_a_step() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let configs = [
        (
            "digits-letters",
            include_str!("../../../../../configs/digits-letters.toml").to_owned(),
            0.02,
        ),
        (
            // So small a step that each call of a kernel counts.
            "3 regressions, 64-64",
            table("[encoder]\nhidden = [64, 64]\n[train]\nbatch_size = 20\n"),
            0.1,
        ),
    ];
    for (name, text, share) in configs {
        let mut world = world(&text);
        let mut gradients = AsGradients(GradientsParams::new());
        world.state.model.visit(&mut gradients);
        let (mut steps, mut checks) = (Vec::new(), Vec::new());
        for turn in 0..200 {
            let group = &world.groups[turn % world.groups.len()];
            let begun = Instant::now();
            step(&world.plan, &mut world.state, group).unwrap();
            steps.push(begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let norm = squared_norm(&world.state.model, &gradients.0).unwrap();
            assert!(tensors::read_scalars(vec![norm])[0].is_finite());
            checks.push(begun.elapsed().as_secs_f64());
        }
        let (step, check) = (median(steps), median(checks));
        println!(
            "{name}: a step {step:.0} µs, its check {check:.1} µs, {:.2} %",
            100.0 * check / step
        );
        assert!(check < share * step, "{name}: {check} of {step}");
    }
}
