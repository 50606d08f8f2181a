//! What every Gram aggregator costs at 40 and at 256 tasks on every scene:
//! `cargo bench --manifest-path benches/balance/Cargo.toml --bench aggregation -- 'cagrad/40'`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use polytask_balance::GRAM_AGGREGATORS;

mod asked;
mod scenes;

use asked::Asked;
use scenes::SCENES;

fn aggregation(criterion: &mut Criterion) {
    for entry in GRAM_AGGREGATORS {
        let mut group = criterion.benchmark_group(entry.name);
        group.sample_size(10);
        group.warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_secs(1));
        for tasks in [40, 256] {
            for scene in SCENES {
                let gram = scene.gram(tasks);
                let mut asked = Asked::new(entry, &gram);
                let name = BenchmarkId::new(tasks.to_string(), scene.name);
                group.bench_function(name, |bencher| {
                    bencher.iter(|| black_box(asked.weights()));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, aggregation);
criterion_main!(benches);
