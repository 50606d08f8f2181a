//! The engines agree: each against one backward pass a task, for every kind of layer and sharing.

mod bound;
mod cost;

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::{GradientEngine, Level, Sight, View};
use polytask_data::Batch;
use polytask_model::{MultiTaskModel, names};

use super::judge::{Decision, Seen};
use super::plain::Backward;
use super::present::Present;
use super::{Engine, Shared, Work, heads};
use crate::device::{Backend, Place, resolve};
use crate::load::experiment;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::tensors;

/// Dropout draws from one generator of the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Three regressions, of which each row has one; four numeric columns.
fn table(rest: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 3, codes = 2, features = 4, train = 20, val = 6, \
         test = 6 }}\n[inputs.x]\n[tasks]\ny_0.type = \"regression\"\ny_1.type = \"regression\"\n\
         y_2.type = \"regression\"\n{rest}"
    )
}

/// Pictures with the label of one of two tasks each.
fn pictures(rest: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"glyphs\", train = 800, val = 4, test = 4 }}\n[inputs.image]\n\
         [tasks.digit]\ntype = \"multiclass\"\n[tasks.letter]\ntype = \"multiclass\"\n[tasks.slanted]\n\
         type = \"binary\"\n{rest}"
    )
}

/// Categorical columns beside numeric ones, and missing labels.
fn categories(folder: &std::path::Path, rest: &str) -> String {
    let mut text = "town,kind,size,price,sold\n".to_owned();
    for row in 0..40_u32 {
        let [town, kind] = [row * 7 % 5, row * 3 % 4];
        let price = if row % 3 == 0 {
            String::new()
        } else {
            format!("{}", f64::from(row * 13 % 17) / 4.0)
        };
        text.push_str(&format!(
            "t{town},k{kind},{},{price},{}\n",
            f64::from(row * 11 % 19) / 3.0,
            row % 2
        ));
    }
    let path = folder.join("rows.csv");
    std::fs::write(&path, text).unwrap();
    format!(
        "[data]\nsource = \"{}\"\n[inputs.x]\ncolumns = [\"town\", \"kind\", \"size\"]\n\
         categorical = [\"town\", \"kind\"]\n[tasks.price]\ntype = \"regression\"\ntarget = \"price\"\n\
         [tasks.sold]\ntype = \"binary\"\ntarget = \"sold\"\n{rest}",
        path.display()
    )
}

struct World {
    plan: Plan,
    state: TrainState,
    groups: Vec<Vec<Batch>>,
}

fn world(text: &str) -> World {
    world_on(text, Place::cpu())
}

fn world_on(text: &str, place: Place) -> World {
    let experiment = experiment(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let (plan, balancing) = Plan::resolve(experiment, place).unwrap();
    let mut state = plan.start(balancing).unwrap();
    // A rate that costs nothing has no gradient to compare.
    state.model = state.model.with_rate_price(0.25);
    let batches: Vec<Batch> = plan
        .sampler
        .batches(0)
        .map(|rows| plan.encoded.batch(&rows))
        .collect();
    let groups = batches
        .chunks(plan.train.accumulate)
        .map(<[Batch]>::to_vec)
        .collect();
    World {
        plan,
        state,
        groups,
    }
}

/// Weights that differ by task, and by layer where there are several.
fn some_weights(tasks: usize, layers: usize) -> Decision {
    let weight = |layer: usize, task: usize| 0.3 + 0.7 * task as f64 + 0.2 * layer as f64;
    let layer = |layer| (0..tasks).map(|task| weight(layer, task)).collect();
    Decision {
        shared: (0..layers).map(layer).collect(),
        heads: (0..tasks).map(|task| 1.5 - 0.4 * task as f64).collect(),
    }
}

struct Ran {
    seen: Seen,
    backward: Backward,
    model: MultiTaskModel,
}

fn run(world: &World, level: Level, method: GradientEngine, sight: Sight, group: usize) -> Ran {
    run_on(world, level, method, sight, &world.groups[group], 1.0)
}

fn run_on(
    world: &World,
    level: Level,
    method: GradientEngine,
    sight: Sight,
    batches: &[Batch],
    micro_batch: f64,
) -> Ran {
    let view = View {
        level,
        engine: method,
        micro_batch,
    };
    run_clipped(world, view, sight, batches, None)
}

fn run_clipped(
    world: &World,
    view: View,
    sight: Sight,
    batches: &[Batch],
    clip: Option<f64>,
) -> Ran {
    let plan = &world.plan;
    let model = world.state.model.clone();
    let shared = Shared::of(&model, &plan.input_shape, &plan.device);
    let layers = shared.layers();
    let present = Present::of(batches, plan.tasks.len());
    let work = Work {
        clip,
        ..Work::new(plan, &model, 5, batches, &present)
    };
    let engine = Engine::new(view, shared);
    assert_eq!(
        engine.view.engine,
        view.engine,
        "{}",
        engine.describe(sight)
    );
    let mut seen = None;
    let backward = engine.backward(&work, sight, &mut |given| {
        let tasks = given.losses.len();
        seen = Some(given);
        some_weights(tasks, if sight == Sight::Layers { layers } else { 1 })
    });
    Ran {
        seen: seen.unwrap(),
        backward: backward.unwrap(),
        model,
    }
}

/// The relative distance of two vectors.
fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let apart = norm(&mut left.iter().zip(right).map(|(l, r)| l - r));
    apart / norm(&mut right.iter().copied()).max(1e-30)
}

fn gradient(model: &MultiTaskModel, gradients: &GradientsParams) -> Vec<(String, Vec<f64>)> {
    struct Read<'a>(&'a GradientsParams, Vec<(burn::module::ParamId, Vec<f64>)>);
    impl ModuleVisitor for Read<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(parameter.id) {
                assert_eq!(gradient.dims(), parameter.dims());
                let values = tensors::read(gradient).into_iter().map(f64::from);
                self.1.push((parameter.id, values.collect()));
            }
        }
    }
    let mut read = Read(gradients, Vec::new());
    model.visit(&mut read);
    let all = names::parameters(model);
    let name = |id| all.iter().find(|one| one.id == id).unwrap().name.clone();
    read.1.into_iter().map(|(id, v)| (name(id), v)).collect()
}

/// Gradients agree as a whole, and each by itself unless it is nearly nothing beside the others.
fn agree(text: &str, left: &Ran, right: &Ran) {
    let bound = 1e-4;
    assert!(distance(&left.seen.losses, &right.seen.losses) < 1e-5);
    let [l, r] = [left, right].map(|ran| gradient(&ran.model, &ran.backward.gradients));
    let all = |of: &[(String, Vec<f64>)]| -> Vec<f64> {
        of.iter().flat_map(|(_, v)| v.iter().copied()).collect()
    };
    assert_eq!(
        l.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        r.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "{text}"
    );
    let whole = distance(&all(&l), &all(&r));
    assert!(whole < bound, "{whole}\n{text}");
    for ((name, l), (_, r)) in l.iter().zip(&r) {
        let apart = distance(l, r);
        let small = r.iter().map(|v| v.abs()).fold(0.0, f64::max) < 1e-4;
        assert!(small || apart < bound, "{name}: {apart}\n{text}");
    }
    // Both ran the trunk once as far as the running statistics know.
    let statistics = |ran: &Ran| -> Vec<f64> {
        names::export(&ran.model)
            .into_iter()
            .filter(|(name, ..)| name.contains("running_"))
            .flat_map(|(.., values)| values.into_iter().map(f64::from))
            .collect()
    };
    let (l, r) = (statistics(left), statistics(right));
    assert!(l.is_empty() || distance(&l, &r) < 1e-5, "{text}");
}

fn grams_agree(text: &str, left: &Ran, right: &Ran) {
    assert_eq!(left.seen.grams.len(), right.seen.grams.len(), "{text}");
    for (layer, (l, r)) in left.seen.grams.iter().zip(&right.seen.grams).enumerate() {
        let apart = distance(l, r);
        let small = r.iter().map(|v| v.abs()).fold(0.0, f64::max) < 1e-9;
        assert!(
            small || apart < 1e-4,
            "layer {layer}: {apart}\n{l:?}\n{r:?}\n{text}"
        );
    }
}

const ENCODERS: &[&str] = &[
    "type = \"mlp\"\nhidden = [8]\nactivation = \"gelu\"",
    "type = \"mlp\"\nhidden = [8, 6]\nactivation = \"relu\"\nnorm = \"batch\"\ndropout = 0.3",
    "type = \"mlp\"\nhidden = [7, 7]\nactivation = \"tanh\"\nnorm = \"layer\"\nresidual = true\ndropout = 0.2",
    "type = \"mlp\"\nhidden = [6]\nactivation = \"identity\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"silu\"\nnorm = \"batch\"\nresidual = true",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"elu\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"sigmoid\"",
    "type = \"mlp\"\nhidden = [6, 5]\nactivation = \"leaky_relu\"",
];

const NETWORKS: &[&str] = &[
    "type = \"cnn\"\nchannels = [3, 4]\ndense = [8]",
    "type = \"cnn\"\nchannels = [3, 4]\nnorm = \"batch\"\npool = \"avg\"\nkernel = [4, 3]\nactivation = \"gelu\"\ndense = [8]\ndropout = 0.2",
    "type = \"cnn\"\nchannels = [4, 8]\nnorm = \"group\"\npool = \"none\"\nstride = [3, 2]\nkernel = [5, 3]\npadding = \"valid\"\ncollapse = \"average\"\ndense = []",
    "type = \"cnn\"\nchannels = [3]\nkernel = [4]\nstride = [3]\npool = \"none\"\ndense = []",
];

const SHARINGS: &[&str] = &[
    "type = \"hard\"",
    "type = \"latent\"\ndimension = 3",
    "type = \"codes\"\ncount = 3\nl1 = 0.01\nfrobenius = 0.01",
    "type = \"codes\"\ncount = 4\nalpha = \"per_task\"\ngate = \"softmax\"",
];

fn worlds() -> Vec<String> {
    let mut texts = Vec::new();
    let model = |encoder: &str, sharing: &str, accumulate: usize| {
        format!(
            "[encoder]\n{encoder}\n[sharing]\n{sharing}\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 8\n\
             accumulate = {accumulate}\n"
        )
    };
    for (index, encoder) in ENCODERS.iter().enumerate() {
        let sharing = SHARINGS[index % SHARINGS.len()];
        texts.push(table(&model(encoder, sharing, 1)));
    }
    for sharing in SHARINGS {
        texts.push(table(&model(ENCODERS[1], sharing, 2)));
    }
    for accumulate in [1, 2] {
        let text = model(ENCODERS[1], SHARINGS[accumulate - 1], accumulate);
        for rest in ["", "prior = \"learned\"\nblocks = [0.5, 2.0]\n"] {
            texts.push(table(&format!(
                "{text}[bottleneck]\ntype = \"vib\"\n{rest}"
            )));
        }
    }
    for (index, encoder) in NETWORKS.iter().enumerate() {
        texts.push(pictures(&model(
            encoder,
            SHARINGS[index % 2],
            1 + index % 2,
        )));
    }
    texts
}

/// More tasks than contributions are kept for: the weighted cotangent goes down a second time.
fn many_tasks(rest: &str) -> String {
    let tasks: String = (0..11)
        .map(|task| format!("y_{task}.type = \"regression\"\n"))
        .collect();
    format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 11, codes = 2, features = 4, train = 20, val = 6, \
         test = 6 }}\n[inputs.x]\n[tasks]\n{tasks}{rest}"
    )
}

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
