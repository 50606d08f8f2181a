//! What training must find where the answer is known: the optimum of a linear model, and the codes that were planted.

use polytask_data::builtin::planted_codes::{PlantedCodes, truth};
use polytask_model::names::export;
use polytask_planted::best_matching;
use polytask_random::{Seed, SplitMix64};

use crate::world::{World, reports, world};

type Matrix = Vec<Vec<f64>>;

fn matrix(world: &World, name: &str) -> Matrix {
    let values = export(&world.state.model);
    let (_, shape, values) = values.iter().find(|value| value.0 == name).unwrap();
    let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    wide.chunks(*shape.last().unwrap())
        .map(<[f64]>::to_vec)
        .collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn times(left: &Matrix, right: &Matrix) -> Matrix {
    left.iter()
        .map(|row| {
            (0..right[0].len())
                .map(|column| row.iter().zip(right).map(|(a, b)| a * b[column]).sum())
                .collect()
        })
        .collect()
}

/// X `[200, 6]` and Y = X L S + E / 2 `[200, 5]`, L `[6, 2]`.
fn of_rank_two() -> (Matrix, Matrix) {
    let mut draws = SplitMix64::new(5);
    let [x, l] = [draws.normals(200, 6), draws.normals(6, 2)];
    let [s, noise] = [draws.normals(2, 5), draws.normals(200, 5)];
    let mut y = times(&times(&x, &l), &s);
    for (y, noise) in y.iter_mut().flatten().zip(noise.iter().flatten()) {
        *y += 0.5 * noise;
    }
    (x, y)
}

#[test]
fn a_linear_latent_model_finds_the_optimum_of_reduced_rank_regression() {
    // Least squares over all maps of rank k: the least squares map projected on its first k right singular vectors
    // (Izenman 1975). The errors of ranks 1 to 3 and the first row of rank 2, from an independent computation.
    let wanted = [2.571_730_085_6, 0.222_738_113_2, 0.221_747_426_9];
    let wanted_row = [
        1.352_256_67,
        -2.101_660_83,
        0.650_551_75,
        -2.892_980_21,
        2.184_378_43,
    ];

    let (x, y) = of_rank_two();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rank_two.csv");
    let mut text = "a,b,c,d,e,f,v,w,x,y,z\n".to_owned();
    for (x, y) in x.iter().zip(&y) {
        let cells: Vec<String> = x.iter().chain(y).map(f64::to_string).collect();
        text.push_str(&format!("{}\n", cells.join(",")));
    }
    std::fs::write(&path, text).unwrap();
    let tasks: String = ["v", "w", "x", "y", "z"]
        .map(|name| format!("[tasks.{name}]\ntype = \"regression\"\nnormalize = \"none\"\n"))
        .concat();

    for (rank, wanted) in (1..).zip(wanted) {
        let mut world = world(&format!(
            "[data]\nsource = {:?}\nsplit = {{ type = \"random\", train = 1.0, val = 0.0, test = 0.0 }}\n[inputs.x]\n\
             [encoder]\ntype = \"mlp\"\nhidden = []\n[sharing]\ntype = \"latent\"\ndimension = {rank}\n{tasks}\
             [train]\nepochs = 500\nbatch_size = 200\noptimizer = {{ type = \"adam\", lr = 0.1 }}\n\
             schedule = \"cosine\"\n",
            path.display().to_string()
        ));
        reports(&mut world);

        let all: Vec<u32> = (0..200).collect();
        let batch = world.plan.encoded.batch(&all);
        let inputs: Matrix = batch
            .numeric
            .chunks(6)
            .map(|row| row.iter().map(|&value| f64::from(value)).collect())
            .collect();
        let projection = matrix(&world, "sharing.projection.weight");
        let bias = matrix(&world, "sharing.projection.bias").concat();
        let mut error = 0.0;
        let mut first_row = Vec::new();
        for (column, name) in ["v", "w", "x", "y", "z"].iter().enumerate() {
            let head = matrix(&world, &format!("heads.{name}.weight"));
            let offset = matrix(&world, &format!("heads.{name}.bias")).concat()[0];
            let head = head.concat();
            let map: Vec<f64> = projection.iter().map(|row| dot(row, &head)).collect();
            let constant = dot(&bias, &head) + offset;
            for (inputs, y) in inputs.iter().zip(&y) {
                error += (dot(inputs, &map) + constant - y[column]).powi(2) / 1000.0;
            }
            // The inputs are standardized, the map is by their own unit.
            let scale = (x[0][0] - x[1][0]) / (inputs[0][0] - inputs[1][0]);
            first_row.push(map[0] / scale);
        }
        assert!(
            (error - wanted).abs() < 1e-3 * wanted,
            "rank {rank}: {error} for {wanted}"
        );
        if rank == 2 {
            for (found, wanted) in first_row.iter().zip(wanted_row) {
                assert!((found - wanted).abs() < 1e-2, "{first_row:?}");
            }
        }
    }
}

/// Trains on planted codes; the mean |cosine| of the codes and those planted, matched one to one.
fn recovered(sparsity: usize, tasks: usize, seed: u64) -> f64 {
    let options = PlantedCodes {
        tasks,
        sparsity,
        data_seed: seed,
        ..PlantedCodes::default()
    };
    let heads: String = (0..tasks)
        .map(|task| format!("y_{task}.type = \"regression\"\n"))
        .collect();
    let mut world = world(&format!(
        "seed = {seed}\n[data]\nsource = {{ type = \"planted_codes\", tasks = {tasks}, codes = {}, features = {}, \
         sparsity = {sparsity}, train = {}, val = 1, test = 1, data_seed = {seed} }}\n[inputs.x]\n\
         [encoder]\ntype = \"mlp\"\nhidden = []\n\
         [sharing]\ntype = \"codes\"\ncount = {}\nl1 = 0.01\nunit_norm = true\n\
         [train]\nepochs = 25\nbatch_size = 240\noptimizer = {{ type = \"adam\", lr = 0.02 }}\n\
         schedule = \"cosine\"\n[tasks]\n{heads}",
        options.codes, options.features, options.rows.train, options.codes
    ));
    reports(&mut world);
    // The inputs are standardized, but of 2,400 standard normal rows, so their unit is 1 to about 1 %.
    let planted = truth(&options, Seed(seed)).codes;
    let found = matrix(&world, "sharing.codes");
    let cosines: Matrix = found
        .iter()
        .map(|code| {
            let norm = dot(code, code).sqrt();
            planted
                .iter()
                .map(|other| dot(code, other).abs() / norm)
                .collect()
        })
        .collect();
    let matched = cosines.iter().zip(best_matching(&cosines));
    matched.map(|(row, column)| row[column]).sum::<f64>() / options.codes as f64
}

#[test]
fn planted_codes_are_found_again() {
    for seed in 1..=2 {
        let cosine = recovered(1, 40, seed);
        assert!(cosine >= 0.99, "one code per task, seed {seed}: {cosine}");
    }
    let cosine = recovered(2, 80, 1);
    assert!(cosine >= 0.95, "two codes per task: {cosine}");
}

/// `cargo test --release -p polytask -p polytask-training --test suite -- --ignored --nocapture ten_seeds`
#[test]
#[ignore = "ten seeds take a minute; scripts/planted_codes.sh runs them"]
fn planted_codes_are_found_again_from_ten_seeds() {
    for (sparsity, tasks, mark, most_misses) in [(1, 40, 0.99, 0), (2, 80, 0.95, 1)] {
        let cosines: Vec<f64> = (1..=10)
            .map(|seed| recovered(sparsity, tasks, seed))
            .collect();
        println!("{sparsity} of 6 codes per task, {tasks} tasks: {cosines:.4?}");
        let misses = cosines.iter().filter(|&&cosine| cosine < mark).count();
        assert!(misses <= most_misses, "{misses} of 10 below {mark}");
    }
}
