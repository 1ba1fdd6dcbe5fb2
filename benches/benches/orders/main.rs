//! What a command costs with each type of order, by itself:
//! `cargo bench -p ringfence-benches --bench orders`.

mod linked;
mod plain;
mod unseen;
mod waiting;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("orders");
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    let scenes = [plain::scenes(), unseen::scenes(), waiting::scenes(), linked::scenes()];
    for scene in scenes.iter().flatten() {
        group.throughput(Throughput::Elements(scene.len()));
        group.bench_function(scene.name, |bencher| {
            bencher.iter_custom(|times| scene.play(times));
        });
    }
    group.finish();
}

criterion_group!(orders, benches);
criterion_main!(orders);
