//! What every Gram aggregator costs at 40 and at 256 tasks: `cargo bench -p polytask-balance -- 'cagrad/40'`.
//!
//! Three kinds of gradients: `random` in 4 T dimensions, of which half conflict; `agreeing` around one direction, as of tasks that
//! are alike; `crowded` in T/2 dimensions, so that G is singular and every task conflicts.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use polytask_balance::{
    Family, GRAM_AGGREGATORS, Gram, GramAggregator, Losses, Moment, Seed, TaskFacts,
};
use polytask_config::describe;

fn gram(kind: &str, tasks: usize) -> Gram {
    let mut stream = Seed(1).stream(kind, tasks as u64);
    let (parameters, common) = match kind {
        "agreeing" => (4 * tasks, 0.3),
        "crowded" => (tasks / 2, 0.0),
        _ => (4 * tasks, 0.0),
    };
    let rows: Vec<Vec<f64>> = (0..tasks)
        .map(|_| {
            let length = stream.between(0.3, 3.0);
            (0..parameters)
                .map(|_| length * (common + stream.normal()))
                .collect()
        })
        .collect();
    let gram = Gram::of_rows((0..tasks).collect(), &rows);
    gram.unwrap_or_else(|error| unreachable!("finite rows: {error}"))
}

fn aggregation(criterion: &mut Criterion) {
    for entry in GRAM_AGGREGATORS {
        let mut group = criterion.benchmark_group(entry.name);
        group.sample_size(10);
        for tasks in [40, 256] {
            for kind in ["random", "agreeing", "crowded"] {
                let gram = gram(kind, tasks);
                let losses = Losses {
                    present: (0..tasks).collect(),
                    values: vec![1.0; tasks],
                    rows: vec![1; tasks],
                };
                let facts: Vec<TaskFacts> = (0..tasks)
                    .map(|task| TaskFacts {
                        name: format!("task_{task}"),
                        family: Family::Other,
                        weight: 1.0,
                        entropy: 0.0,
                        variance: 0.0,
                    })
                    .collect();
                let mut made: Option<Box<dyn GramAggregator>> = None;
                describe(|options| made = Some((entry.new)(options)));
                let Some(mut aggregator) = made else { continue };
                aggregator.start(&facts);
                let name = BenchmarkId::new(tasks.to_string(), kind);
                group.bench_function(name, |bencher| {
                    bencher.iter(|| {
                        black_box(aggregator.weights(black_box(&gram), &losses, Moment::default()))
                    });
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, aggregation);
criterion_main!(benches);
