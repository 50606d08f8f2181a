//! The engines agree: each against one backward pass a task, for every kind of layer and sharing.

mod bound;
mod cases;
mod cost;
mod ran;

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Tensor;
use polytask_balance::{GradientEngine, Level, Sight};
use polytask_data::Batch;

use super::present::Present;
use super::{Shared, heads};
use crate::device::{Backend, resolve};
use crate::tensors;

use cases::*;
use ran::*;

/// Dropout draws from one generator of the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn the_stacked_engine_is_one_backward_pass_a_task() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let mut texts = worlds();
    texts.push(many_tasks(
        "[encoder]\ntype = \"mlp\"\nhidden = [8, 6]\nactivation = \"gelu\"\n[heads]\ninit = \"random\"\n\
         [train]\nbatch_size = 40\n",
    ));
    texts.push(categories(
        folder.path(),
        "[encoder]\ntype = \"mlp\"\nhidden = [9]\n[heads]\ninit = \"random\"\nhidden = [5]\ndropout = 0.1\n[train]\nbatch_size = 8\n",
    ));
    for text in &texts {
        let world = world(text);
        for sight in [Sight::Whole, Sight::Layers, Sight::LastShared] {
            let [stacked, reference] = [GradientEngine::Stacked, GradientEngine::Reforward]
                .map(|method| run(&world, Level::Parameter, method, sight, 0));
            grams_agree(text, &stacked, &reference);
            agree(text, &stacked, &reference);
        }
    }
}

#[test]
fn the_stacked_engine_learns_nothing_from_categories_without_a_training_row() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let text = categories(
        folder.path(),
        "[encoder]\ntype = \"mlp\"\nhidden = [9]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 8\n",
    );
    let mut world = world(&text);
    // Two columns a row: unseen, missing and known ones in both.
    for (index, category) in world.groups[0][0].categorical.iter_mut().enumerate() {
        if index % 3 == 0 {
            *category = (index / 3 % 2) as i32;
        }
    }
    let [stacked, reference] = [GradientEngine::Stacked, GradientEngine::Reforward]
        .map(|method| run(&world, Level::Parameter, method, Sight::Whole, 0));
    grams_agree(&text, &stacked, &reference);
    agree(&text, &stacked, &reference);
}

/// As above on another backend: a software rasterizer takes half a minute to compile the kernels of one model.
#[test]
fn the_stacked_engine_is_one_backward_pass_a_task_on_wgpu() {
    // In a process of its own, with few kernels tuned.
    let ended = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "engine::tests::on_wgpu",
            "--nocapture",
        ])
        .env("CUBECL_AUTOTUNE_LEVEL", "minimal")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}");
    eprintln!("{told}");
}

#[test]
#[ignore = "the test above runs it"]
fn on_wgpu() {
    let place = match resolve(Backend::Wgpu, None) {
        Ok(place) => place,
        Err(error) => {
            let must = std::env::var_os("POLYTASK_REQUIRE_WGPU").is_some();
            assert!(!must, "there is no WGPU adapter: {error}");
            eprintln!("skipped for wgpu: {error}");
            return;
        }
    };
    let model = |encoder: &str| {
        format!("[encoder]\n{encoder}\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 8\n")
    };
    for text in [table(&model(ENCODERS[4])), pictures(&model(NETWORKS[1]))] {
        let world = world_on(&text, place.clone());
        let [stacked, reference] = [GradientEngine::Stacked, GradientEngine::Reforward]
            .map(|method| run(&world, Level::Parameter, method, Sight::Whole, 0));
        grams_agree(&text, &stacked, &reference);
        agree(&text, &stacked, &reference);
        let micro = run_on(
            &world,
            Level::Parameter,
            GradientEngine::Stacked,
            Sight::Whole,
            &world.groups[0],
            0.5,
        );
        agree(&text, &micro, &reference);
    }
}

#[test]
fn the_representation_engine_has_the_gradient_of_the_weighted_loss() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for text in &worlds() {
        let world = world(text);
        let one = run(
            &world,
            Level::Representation,
            GradientEngine::Stacked,
            Sight::Whole,
            0,
        );
        let reference = run(
            &world,
            Level::Parameter,
            GradientEngine::Reforward,
            Sight::Whole,
            0,
        );
        agree(text, &one, &reference);
    }
}

/// A batch that has each row twice, the copies behind the rows.
fn doubled(batch: &Batch) -> Batch {
    let rows: Vec<usize> = (0..batch.rows.len()).collect();
    batch.select(&[rows.clone(), rows].concat())
}

#[test]
fn a_micro_batch_that_is_like_the_batch_has_its_inner_products() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let model = |accumulate: usize| {
        format!(
            "[encoder]\ntype = \"mlp\"\nhidden = [8, 6]\nactivation = \"gelu\"\n[heads]\ninit = \"random\"\n\
             [train]\nbatch_size = 8\naccumulate = {accumulate}\n"
        )
    };
    // The head of the first task is shared with the second, which reads its predictions.
    let cascade = table(&model(2)).replace("y_1.type", "y_1.after = [\"y_0\"]\ny_1.type");
    for text in [table(&model(1)), table(&model(2)), cascade] {
        let methods: &[GradientEngine] = if text.contains("after") {
            &[GradientEngine::Reforward]
        } else {
            &[GradientEngine::Stacked, GradientEngine::Reforward]
        };
        let world = world(&text);
        let batches: Vec<Batch> = world.groups[0].iter().map(doubled).collect();
        for (level, sight) in [
            (Level::Parameter, Sight::Whole),
            (Level::Parameter, Sight::LastShared),
            (Level::Representation, Sight::Whole),
            (Level::LastShared, Sight::Whole),
        ] {
            for &method in methods {
                let ran = |share| run_on(&world, level, method, sight, &batches, share);
                let [half, whole] = [ran(0.5), ran(1.0)];
                grams_agree(&text, &half, &whole);
                agree(&text, &half, &whole);
            }
        }
    }
}

#[test]
fn a_micro_batch_keeps_every_task_that_has_a_label() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let world = world(&pictures(
        "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[train]\nbatch_size = 40\n",
    ));
    let batch = &world.groups[0][0];
    let micro = super::micro::first_rows(batch, 0.1);
    assert!(micro.rows.len() < batch.rows.len() / 2);
    for (all, kept) in batch.targets.iter().zip(&micro.targets) {
        assert!(all.labelled > 0);
        assert!(
            10 * kept.labelled >= all.labelled,
            "{} of {}",
            kept.labelled,
            all.labelled
        );
    }
}

#[test]
fn what_two_tasks_reach_is_shared() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let world = world(&table(
        "[encoder]\ntype = \"mlp\"\nhidden = [8, 6]\n[heads]\nhidden = [5]\n",
    ));
    let shared = Shared::of(
        &world.state.model,
        &world.plan.input_shape,
        &world.plan.device,
    );
    assert_eq!(shared.parameters(), 4 * 8 + 8 + 8 * 6 + 6);
    assert_eq!((shared.layers(), shared.is_trunk()), (2, true));
}

#[test]
fn heads_side_by_side_are_heads_one_by_one() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for text in &worlds() {
        let world = world(text);
        let (plan, model) = (&world.plan, &world.state.model);
        let batch = &world.groups[0][0];
        let present = Present::of(std::slice::from_ref(batch), plan.tasks.len());
        let z = model
            .representation(&tensors::inputs(batch, &plan.input_shape, &plan.device))
            .inner();
        let together = heads::pass(plan, model, &z, batch, &present).unwrap();
        let apart = heads::outright(plan, model, &z, batch, &present).unwrap();
        let numbers = |all: Tensor<3>| -> Vec<f64> {
            tensors::read(all).into_iter().map(f64::from).collect()
        };
        let square = |all: Tensor<2>| numbers(all.unsqueeze::<3>());
        let [one, other] = [&together, &apart].map(|pass| numbers(pass.cotangents.outright()));
        assert!(distance(&one, &other) < 1e-5, "{text}");
        let [one, other] = [&together, &apart].map(|pass| square(pass.cotangents.gram()));
        assert!(distance(&one, &other) < 1e-5, "{text}");
        let weights: Vec<f64> = (0..present.tasks.len())
            .map(|task| 0.5 + task as f64)
            .collect();
        let [one, other] =
            [&together, &apart].map(|pass| square(pass.cotangents.weighted(&weights)));
        assert!(distance(&one, &other) < 1e-5, "{text}");
        for ((name, one), (other_name, other)) in gradient(model, &together.gradients)
            .iter()
            .zip(&gradient(model, &apart.gradients))
        {
            assert_eq!(name, other_name);
            let small = other.iter().map(|v| v.abs()).fold(0.0, f64::max) < 1e-6;
            assert!(small || distance(one, other) < 1e-5, "{name}\n{text}");
        }
    }
}
