use super::*;

fn request(text: &str) -> Request {
    serde_json::from_str(text).unwrap()
}

/// The weights of tasks that are all present.
fn all(numbers: Option<Numbers>) -> Option<Vec<f64>> {
    numbers?.into_iter().collect()
}

#[test]
fn every_method_of_both_registries_answers() {
    let request = request(
        r#"{ "jacobian": [[1.0, 0.5, 0.0], [-0.2, 1.0, 0.3], [0.1, -1.0, 2.0]], "losses": [0.5, 1.0, 2.0],
             "cross": [[1.0, 0.0, -0.2], [0.1, 2.0, -0.3], [0.0, -0.1, 3.0]] }"#,
    );
    let aggregators = AGGREGATORS.iter().map(|entry| entry.name);
    let weightings = WEIGHTINGS.iter().map(|entry| entry.name);
    for name in aggregators.chain(weightings) {
        let answer = answer(name, &request).unwrap();
        let is_weighted = answer
            .weights
            .as_ref()
            .is_none_or(|weights| weights.len() == 3);
        assert!(is_weighted, "{name}: {answer:?}");
        assert_eq!(answer.direction.map(|direction| direction.len()), Some(3));
    }
}

#[test]
fn a_row_aggregator_answers_with_a_direction_and_wants_the_gradients() {
    let rows = request(r#"{ "jacobian": [[1.0, 9.0], [2.0, 1.0], [90.0, 2.0]] }"#);
    let answered = answer("trimmed_mean", &rows).unwrap();
    assert_eq!(
        (answered.weights, answered.direction),
        (None, Some(vec![2.0, 2.0]))
    );
    let gram = request(r#"{ "gram": [[1.0]] }"#);
    assert_eq!(
        answer("trimmed_mean", &gram),
        Err(missing("trimmed_mean", "jacobian"))
    );
    let infinite = request(r#"{ "jacobian": [[1e39], [1.0], [2.0]] }"#);
    // Beyond single precision the largest number there is.
    assert_eq!(
        answer("trimmed_mean", &infinite).unwrap().direction,
        Some(vec![2.0])
    );
}

#[test]
fn a_method_of_two_batches_wants_their_products() {
    let cross = request(r#"{ "cross": [[2.0, 1.0], [-0.5, 1.0]], "options": { "gamma": 0.1 } }"#);
    let weights = all(answer("modo", &cross).unwrap().weights).unwrap();
    assert!((weights[0] - 0.4375).abs() < 1e-12, "{weights:?}");
    let gram = request(r#"{ "gram": [[1.0]] }"#);
    assert_eq!(answer("modo", &gram), Err(missing("modo", "cross")));
}

#[test]
fn the_direction_is_the_weighted_sum_of_the_rows() {
    let request = request(
        r#"{ "jacobian": [[1.0, 2.0], [3.0, 4.0]], "options": { "weights": { "task_1": 0.5 } } }"#,
    );
    let answer = answer("constant", &request).unwrap();
    assert_eq!(answer.direction, Some(vec![2.5, 4.0]));
}

#[test]
fn wrappers_are_put_around_when_asked_for() {
    let plain = request(r#"{ "gram": [[4.0, 0.0], [0.0, 4.0]] }"#);
    assert_eq!(
        all(answer("mean", &plain).unwrap().weights),
        Some(vec![0.5, 0.5])
    );
    let wrapped = request(r#"{ "gram": [[4.0, 0.0], [0.0, 4.0]], "wrap": { "heads": "unit" } }"#);
    let answer = answer("mean", &wrapped).unwrap();
    assert_eq!(all(answer.weights), Some(vec![1.0, 1.0]));
    // The same as the weights.
    assert_eq!(answer.heads, None);
}

#[test]
fn what_does_not_fit_is_said() {
    let one = request(r#"{ "gram": [[1.0]] }"#);
    assert!(matches!(
        answer("no_such", &one),
        Err(RequestError::UnknownMethod { .. })
    ));
    let ragged = request(r#"{ "gram": [[1.0, 0.0], [0.0]] }"#);
    assert!(matches!(
        answer("mgda", &ragged),
        Err(RequestError::Length { .. })
    ));
    let short = request(r#"{ "gram": [[1.0]], "losses": [1.0, 2.0] }"#);
    assert!(matches!(
        answer("mgda", &short),
        Err(RequestError::Length { .. })
    ));
    let misspelt = request(r#"{ "gram": [[1.0]], "options": { "normalise": "l2" } }"#);
    assert!(matches!(
        answer("mgda", &misspelt),
        Err(RequestError::Options(_))
    ));
    let outside = request(r#"{ "gram": [[1.0]], "options": { "c": -1 } }"#);
    assert!(matches!(
        answer("cagrad", &outside),
        Err(RequestError::Options(_))
    ));
    assert!(matches!(
        answer("mgda", &Request::default()),
        Err(RequestError::Missing { .. })
    ));
    for (method, text, wanted) in [
        (
            "dwa",
            r#"{ "losses": [1.0], "steps": [{ "losses": [1.0] }] }"#,
            "losses stands beside steps: put it into one of them",
        ),
        (
            "dwa",
            r#"{ "steps": [{ "losses": [1.0] }, { "losses": [1.0, 2.0] }] }"#,
            "steps[1]: losses has 2 entries, wanted 1",
        ),
        (
            "dwa",
            r#"{ "steps": [{ "losses": [1.0], "losses_after": [0.5] }] }"#,
            "steps[0]: dwa does not look at losses_after",
        ),
        (
            "famo",
            r#"{ "steps": [{ "losses": [1.0], "look_ahead": [0.5] }] }"#,
            "steps[0]: famo does not look at look_ahead",
        ),
        (
            "sum",
            r#"{ "gram": [[1.0, null], [null, 2.0]] }"#,
            "gram[0][1] is null, though its tasks are present",
        ),
        (
            "pbi",
            r#"{ "losses": [1.0, 2.0], "task_weights": [1.0] }"#,
            "task_weights has 1 entries, wanted 2",
        ),
        (
            "pbi",
            r#"{ "losses": [1.0, 2.0], "task_weights": [1.0, -1.0] }"#,
            "task_weights[1] is negative",
        ),
        (
            "uncertainty",
            r#"{ "losses": [1.0], "families": [] }"#,
            "families has 0 entries, wanted 1",
        ),
        (
            "dwa",
            r#"{ "steps": [{ "end_epoch": true }] }"#,
            "the request has no losses, which dwa needs",
        ),
    ] {
        let error = answer(method, &request(text)).unwrap_err();
        assert_eq!(error.to_string(), wanted, "{text}");
    }
}

/// What each method learns from is shown to it, and every step is answered.
#[test]
fn steps_show_what_is_learned() {
    // DWA: the second epoch's means over the first's are 1/2 and 1: 2 softmax of half of these.
    let text = r#"{ "steps": [
        { "losses": [4.0, 1.0] }, { "losses": [2.0, 1.0], "end_epoch": true },
        { "losses": [1.5, 1.0], "end_epoch": true }, { "losses": [1.0, 1.0] } ] }"#;
    let answered = answer("dwa", &request(text)).unwrap();
    assert_eq!(answered.steps.len(), 4);
    for step in &answered.steps[..3] {
        assert_eq!(all(step.weights.clone()), Some(vec![1.0, 1.0]));
    }
    let weights = all(answered.weights).unwrap();
    let wanted = 2.0 / (1.0 + 0.25_f64.exp());
    assert!((weights[0] - wanted).abs() < 1e-12, "{weights:?} {wanted}");
    // FAMO: Adam's first step is its rate, away from the task that fell more; weights of equal losses are the shares.
    let text = r#"{ "options": { "decay": 0.0 }, "steps": [
        { "losses": [1.0, 1.0], "losses_after": [0.5, 0.9] }, { "losses": [1.0, 1.0] } ] }"#;
    let weights = all(answer("famo", &request(text)).unwrap().weights).unwrap();
    let wanted = 1.0 / (1.0 + 0.05_f64.exp());
    assert!((weights[0] - wanted).abs() < 1e-7, "{weights:?} {wanted}");
    // Auto-λ: Adam's first step is its rate, against the slopes.
    let text = r#"{ "steps": [{ "losses": [1.0, 1.0], "look_ahead": [3.0, -2.0] }] }"#;
    let weights = all(answer("auto_lambda", &request(text)).unwrap().weights).unwrap();
    assert!((weights[0] - 0.0999).abs() < 1e-9 && (weights[1] - 0.1001).abs() < 1e-9);
}

#[test]
fn an_absent_task_has_no_weight_and_moves_nothing() {
    let text = r#"{ "steps": [{ "losses": [1.0, null, 3.0] }, { "losses": [1.0, 2.0, 3.0] }] }"#;
    let answered = answer("gls", &request(text)).unwrap();
    let first = answered.steps[0].weights.clone().unwrap();
    let alone = answer("gls", &request(r#"{ "losses": [1.0, 3.0] }"#)).unwrap();
    assert_eq!(first[1], None);
    assert_eq!(vec![first[0], first[2]], alone.weights.unwrap());
    let text = r#"{ "gram": [[4.0, 9.0, 1.0], null, [1.0, null, 2.0]] }"#;
    let weights = answer("mgda", &request(text)).unwrap().weights.unwrap();
    let alone = answer("mgda", &request(r#"{ "gram": [[4.0, 1.0], [1.0, 2.0]] }"#)).unwrap();
    assert_eq!(vec![weights[0], weights[2]], alone.weights.unwrap());
    assert_eq!(weights[1], None);
    let text = r#"{ "jacobian": [[1.0, 2.0], null, [3.0, -1.0]] }"#;
    for name in ["sum", "trimmed_mean", "pcgrad"] {
        let answered = answer(name, &request(text)).unwrap();
        assert_eq!(answered.direction.unwrap().len(), 2, "{name}");
    }
}

/// The slope of what PBI minimizes is the preference itself where the penalty is 0, at norm 1.
#[test]
fn task_weights_are_preferences_and_are_multiplied_in() {
    let text =
        r#"{ "losses": [1.0, 2.0], "task_weights": [3.0, 4.0], "options": { "penalty": 0.0 } }"#;
    let weights = all(answer("pbi", &request(text)).unwrap().weights).unwrap();
    assert!((weights[0] - 0.6).abs() < 1e-12 && (weights[1] - 0.8).abs() < 1e-12);
    let text = r#"{ "losses": [1.0, 2.0], "task_weights": [3.0, 4.0] }"#;
    assert_eq!(
        all(answer("dwa", &request(text)).unwrap().weights),
        Some(vec![3.0, 4.0])
    );
    // Gradients of twice a loss: the shortest combination in terms of the losses themselves.
    let text = r#"{ "gram": [[1.0, 0.0], [0.0, 1.0]], "task_weights": [2.0, 1.0], "options": { "normalize": "none" } }"#;
    let weights = all(answer("mgda", &request(text)).unwrap().weights).unwrap();
    assert!((weights[0] - 0.4).abs() < 1e-12 && (weights[1] - 0.8).abs() < 1e-12);
    let text = r#"{ "losses": [2.0, 2.0], "families": ["classification", "squared_error"] }"#;
    let weights = all(answer("uncertainty", &request(text)).unwrap().weights);
    assert_eq!(weights, Some(vec![1.0, 0.5]));
    let text = r#"{ "losses": [2.0, 2.0], "families": ["classification", "classification"], "entropies": [0.5, 2.0] }"#;
    let weights = all(answer("entropy_fraction", &request(text)).unwrap().weights);
    assert_eq!(weights, Some(vec![2.0, 0.5]));
}

/// What is kept or averaged is of the loss's logarithm, and 1/l is of the step that is taken.
#[test]
fn the_slope_of_a_logarithm_is_neither_kept_nor_averaged() {
    let near = |found: Option<Numbers>, wanted: [f64; 2]| {
        let found = all(found).unwrap();
        let mut pairs = found.iter().zip(wanted);
        assert!(
            pairs.all(|(found, wanted)| (found - wanted).abs() < 1e-5),
            "{found:?}"
        );
    };
    for keeping in [r#""update_every": 2"#, r#""moving_average": 0.9"#] {
        let ask = |name: &str, gram: [&str; 2], wrap: &str| {
            let [before, now] = gram;
            let text = format!(
                r#"{{ {now} "losses": [0.1, 1.0], "step": 1, "earlier": [{{ {before} "losses": [1.0, 1.0] }}],
                     "wrap": {{ {wrap}, {keeping} }} }}"#
            );
            answer(name, &request(&text)).unwrap()
        };
        let found = ask("dwa", ["", ""], r#""log_loss": true"#);
        near(found.weights, [10.0, 1.0]);
        let gram = r#""gram": [[1.0, 0.0], [0.0, 1.0]],"#;
        let wrap = r#""log_loss": true, "gain": "native""#;
        let found = ask("pcgrad", [gram, gram], wrap);
        near(found.weights.clone(), [10.0, 1.0]);
        // The same as the weights.
        near(found.heads.or(found.weights), [10.0, 1.0]);
        let longer = r#""gram": [[4.0, 0.0], [0.0, 1.0]],"#;
        let wrap = r#""normalize_rows": "l2", "gain": "native""#;
        let found = ask("pcgrad", [gram, longer], wrap);
        near(found.weights, [0.5, 1.0]);
        near(found.heads, [1.0, 1.0]);
    }
}

/// Of a run of three steps the last, as the method says it step by step.
#[test]
fn steps_before_are_steps_of_the_same_run() {
    let options = r#""wrap": { "moving_average": 0.5, "gain": "native" }, "options": { "normalize": "none" }"#;
    let grams = [
        "[[4.0, 0.0], [0.0, 1.0]]",
        "[[1.0, 0.0], [0.0, 4.0]]",
        "[[1.0, 0.0], [0.0, 1.0]]",
    ];
    let [first, second, third] = grams;
    let text = format!(
        r#"{{ "gram": {third}, "step": 2, "earlier": [{{ "gram": {first} }}, {{ "gram": {second} }}], {options} }}"#
    );
    let weights = all(answer("mgda", &request(&text)).unwrap().weights).unwrap();
    // ½ of (½ of 1/5 and 4/5, and ½).
    assert!((weights[0] - 0.5).abs() < 1e-12, "{weights:?}");
    let text = format!(r#"{{ "gram": {second}, "earlier": [{{ "gram": {first} }}], {options} }}"#);
    let weights = all(answer("mgda", &request(&text)).unwrap().weights).unwrap();
    assert!((weights[0] - 0.5).abs() < 1e-12, "{weights:?}");
    let text = format!(r#"{{ "gram": {first}, "earlier": [{{ "gram": {third} }}], {options} }}"#);
    let weights = all(answer("mgda", &request(&text)).unwrap().weights).unwrap();
    assert!((weights[0] - 0.35).abs() < 1e-12, "{weights:?}");
    let losses = r#"{ "losses": [0.5, 2.0], "earlier": [{ "losses": [1.0, 1.0] }], "wrap": { "moving_average": 0.5 } }"#;
    let weights = answer("scale_invariant", &request(losses)).unwrap().weights;
    assert_eq!(all(weights), Some(vec![1.5, 0.75]));
}

#[test]
fn the_shared_gradient_is_no_longer_than_it_may_be() {
    let jacobian = r#""jacobian": [[3.0, 0.0], [0.0, 4.0]], "cross": [[1.0, 0.0], [0.0, 1.0]]"#;
    for (method, key) in [
        ("sum", "jacobian"),
        ("graddrop", "jacobian"),
        ("modo", "cross"),
    ] {
        for largest in [0.5, 100.0] {
            let asked =
                |clip: &str| request(&format!(r#"{{ {jacobian}, "options": {{ {clip} }} }}"#));
            let free = answer(method, &asked("")).unwrap();
            let bound = answer(method, &asked(&format!(r#""clip": {largest}"#))).unwrap();
            let norm = |answer: &Answer| {
                answer
                    .direction
                    .iter()
                    .flatten()
                    .copied()
                    .fold(0.0, f64::hypot)
            };
            let wanted = norm(&free).min(largest);
            assert!(
                (norm(&bound) - wanted).abs() < 1e-6,
                "{method} by {key}: {bound:?}"
            );
        }
    }
    // Without gradients the inner products tell the norm.
    let gram = request(
        r#"{ "gram": [[9.0, 0.0], [0.0, 16.0]], "options": { "clip": 1.0, "heads": "weighted" } }"#,
    );
    let bound = answer("sum", &gram).unwrap();
    assert_eq!(
        (bound.weights, bound.heads),
        (
            Some(vec![Some(0.2), Some(0.2)]),
            Some(vec![Some(1.0), Some(1.0)])
        )
    );
}

#[test]
fn a_tiny_gradient_is_one_all_the_same_and_a_huge_number_is_told_in_few_digits() {
    // The product of two squared norms of 10⁻²⁰⁰ is no number any more.
    let tiny = request(r#"{ "gram": [[1e-200, 0.5e-200], [0.5e-200, 1e-200]] }"#);
    let weights = all(answer("mgda", &tiny).unwrap().weights).unwrap();
    assert!(
        weights.iter().all(|weight| (weight - 0.5).abs() < 1e-12),
        "{weights:?}"
    );
    let alone = request(r#"{ "gram": [[1e-200]] }"#);
    for (method, wanted) in [
        ("sum", 1.0),
        ("mgda", 1.0),
        ("upgrad", 1.0),
        ("config", 1.0),
        ("aligned_mtl", 1.0),
        // α G α = 1.
        ("nash_mtl", 1e100),
    ] {
        let weights = all(answer(method, &alone).unwrap().weights).unwrap();
        assert!(
            (weights[0] / wanted - 1.0).abs() < 1e-12,
            "{method}: {weights:?}"
        );
    }
    let huge = request(r#"{ "gram": [[1e150]] }"#);
    let refused = answer("mgda", &huge).unwrap_err().to_string();
    assert!(refused.ends_with("huge: 1e150"), "{refused}");
}
