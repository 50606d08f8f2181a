//! Something that is not finite: named, and without a trace in the state.

use polytask_training::step::step;

use crate::world::{bits, groups, three_tasks, world};

const KEPT: &[&str] = &["model", "optimizer", "weighting", "average"];

fn config(policy: &str) -> String {
    three_tasks(&format!(
        "[multitask]\nweighting = \"uncertainty\"\n[encoder]\ntype = \"mlp\"\nhidden = [6]\nnorm = \"batch\"\n\
         [train]\nbatch_size = 30\non_nan = \"{policy}\"\nmax_skips = 2\nema = 0.9\n"
    ))
}

#[test]
fn stop_names_task_step_tensor_and_rows_and_leaves_the_state() {
    let mut world = world(&config("stop"));
    let groups = groups(&world.plan, 0);
    step(&world.plan, &mut world.state, &groups[0]).unwrap();
    let before = bits(&mut world.state, KEPT);
    let mut broken = groups[1].clone();
    let row = broken[0].targets[1]
        .mask
        .iter()
        .position(|&mask| mask > 0.0)
        .unwrap();
    broken[0].targets[1].values[row] = f32::NAN;
    let error = step(&world.plan, &mut world.state, &broken).unwrap_err();
    assert_eq!((error.step, error.what), (2, "the loss"));
    assert_eq!(error.tasks, ["y_1"]);
    assert!(
        error
            .parameters
            .iter()
            .any(|name| name == "heads.y_1.weight")
    );
    // The row that was broken and no other, as people count.
    assert_eq!(error.samples, [broken[0].rows[row]]);
    let told = error.to_string();
    assert!(
        told.starts_with("step 2: the loss is not finite, task y_1, tensor "),
        "{told}"
    );
    let rows = format!(", data rows {}", broken[0].rows[row] + 1);
    assert!(told.ends_with(&rows), "{told}");
    assert_eq!(before, bits(&mut world.state, KEPT));
}

#[test]
fn skipping_leaves_the_state_and_gives_up_after_max_skips() {
    let mut world = world(&config("skip_step"));
    let groups = groups(&world.plan, 0);
    step(&world.plan, &mut world.state, &groups[0]).unwrap();
    let before = bits(&mut world.state, KEPT);
    let mut broken = groups[1].clone();
    broken[0].numeric[0] = f32::INFINITY;
    for skips in [1, 2] {
        let stepped = step(&world.plan, &mut world.state, &broken).unwrap();
        assert!(stepped.skipped.is_some() && stepped.loss.is_nan());
        assert_eq!(world.state.progress.skips, skips);
        assert_eq!(before, bits(&mut world.state, KEPT));
    }
    let error = step(&world.plan, &mut world.state, &broken).unwrap_err();
    let told = error.to_string();
    assert!(told.ends_with("; 2 steps before it were skipped"), "{told}");
}

#[test]
fn a_gradient_that_overflows_teaches_the_weighting_nothing() {
    let text = config("skip_step").replace("y_1.weight", "y_0.weight = 1000.0\ny_1.weight");
    let mut world = world(&text);
    let groups = groups(&world.plan, 0);
    step(&world.plan, &mut world.state, &groups[0]).unwrap();
    let before = bits(&mut world.state, KEPT);
    // A label of 10¹⁹ has the finite loss 10³⁸ and, with weight 1000, a gradient whose square overflows.
    let mut broken = groups[1].clone();
    let row = broken[0].targets[0]
        .mask
        .iter()
        .position(|&mask| mask > 0.0)
        .unwrap();
    broken[0].targets[0].values[row] = 1e19;
    let stepped = step(&world.plan, &mut world.state, &broken).unwrap();
    let problem = stepped.skipped.unwrap();
    assert_eq!(problem.what, "the gradient's norm");
    // The largest loss and gradient are those of the label.
    assert_eq!(problem.tasks, ["y_0"]);
    assert_eq!(problem.parameters.len(), 1);
    // Every loss is finite: the rows of the step are all there is to tell.
    assert_eq!(problem.samples, broken[0].rows);
    assert_eq!(before, bits(&mut world.state, KEPT));
}
