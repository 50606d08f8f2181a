//! What is chosen where the config says nothing: the terms of the score, the first bias of a target left as it stands.

use polytask_model::names::export;

use crate::world::{started, three_tasks};

fn score(text: &str) -> Vec<(String, f64)> {
    let (plan, _) = started(text);
    let terms = plan.score.into_iter();
    terms.map(|term| (term.key, term.sign)).collect()
}

#[test]
fn no_task_counts_more_in_the_score_for_its_unit() {
    let wanted = |keys: [(&str, f64); 3]| keys.map(|(key, sign)| (key.to_owned(), sign)).to_vec();
    let text = three_tasks("[encoder]\ntype = \"mlp\"\n");
    assert_eq!(
        score(&text),
        wanted([
            ("val/y_0/r2", 1.0),
            ("val/y_1/r2", 1.0),
            ("val/y_2/r2", 1.0)
        ])
    );
    // A metric without a unit is kept if it comes first, and found if it does not; the loss is of standardized targets.
    let text = text.replace(
        "y_2.type",
        "y_0.metrics = [\"rmse\", \"nmse\"]\ny_1.metrics = [\"mae\"]\ny_2.metrics = [\"spearman\", \"r2\"]\ny_2.type",
    );
    assert_eq!(
        score(&text),
        wanted([
            ("val/y_0/nmse", -1.0),
            ("val/y_1/loss", -1.0),
            ("val/y_2/spearman", 1.0)
        ])
    );
}

#[test]
fn the_only_task_is_judged_by_its_first_metric() {
    let text = "[data]\nsource = { type = \"planted_codes\", tasks = 1, codes = 2, features = 4, train = 30, val = 4, \
                test = 4 }\n[inputs.x]\n[tasks]\ny_0.type = \"regression\"\n";
    assert_eq!(score(text), [("val/y_0/mae".to_owned(), -1.0)]);
}

#[test]
fn a_target_as_it_stands_starts_at_its_mean() {
    let text = three_tasks("y_0.normalize = \"none\"\n");
    let (plan, state) = started(&text);
    let (mut sum, mut count) = (0.0, 0.0);
    for &row in &plan.splits.train {
        let labels = &plan.encoded.batch(&[row]).targets[0];
        if labels.labelled == 1 {
            sum += f64::from(labels.values[0]);
            count += 1.0;
        }
    }
    let biases: Vec<f64> = export(&state.model)
        .into_iter()
        .filter(|(name, ..)| name.ends_with(".bias") && name.starts_with("heads."))
        .map(|(_, _, values)| f64::from(values[0]))
        .collect();
    let mean = sum / count;
    assert!(mean.abs() > 1e-3);
    assert!((biases[0] - mean).abs() < 1e-6, "{biases:?} {mean}");
    assert!(biases[1].abs() < 1e-12 && biases[2].abs() < 1e-12);
}
