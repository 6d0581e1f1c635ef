//! Every kernel at every level: ids are `<kernel>/<level>`.

use criterion::Criterion;
use std::time::Duration;
use transcode_simd::Kernels;
use transcode_simd::testing::audio::AudioCase;
use transcode_simd::testing::bands::BandsCase;
use transcode_simd::testing::cost::CostCase;
use transcode_simd::testing::deblock::DeblockCase;
use transcode_simd::testing::deblock_mb::DeblockMbCase;
use transcode_simd::testing::intra::IntraCase;
use transcode_simd::testing::lowres::LowresCase;
use transcode_simd::testing::mc::McCase;
use transcode_simd::testing::residual::ResidualCase;
use transcode_simd::testing::scale::ScaleCase;
use transcode_simd::testing::transform::{HighDepthCase, TransformCase};
use transcode_simd::testing::{Case, levels};

fn family<C: Case>(criterion: &mut Criterion) {
    for case in C::bench() {
        let mut group = criterion.benchmark_group(case.name());
        for kernels in [Kernels::scalar()].into_iter().chain(levels()) {
            let mut case = case.clone();
            group.bench_function(kernels.level().name(), |bencher| bencher.iter(|| case.run(kernels)));
        }
        group.finish();
    }
}

fn main() {
    // Kernels take nanoseconds: short runs are precise enough, and there are hundreds of them.
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .sample_size(20)
        .configure_from_args();
    family::<AudioCase>(&mut criterion);
    family::<BandsCase>(&mut criterion);
    family::<CostCase>(&mut criterion);
    family::<DeblockCase>(&mut criterion);
    family::<DeblockCase<u16>>(&mut criterion);
    family::<DeblockMbCase>(&mut criterion);
    family::<DeblockMbCase<u16>>(&mut criterion);
    family::<IntraCase>(&mut criterion);
    family::<IntraCase<u16>>(&mut criterion);
    family::<LowresCase>(&mut criterion);
    family::<McCase>(&mut criterion);
    family::<McCase<u16>>(&mut criterion);
    family::<ResidualCase>(&mut criterion);
    family::<ScaleCase>(&mut criterion);
    family::<TransformCase>(&mut criterion);
    family::<HighDepthCase>(&mut criterion);
    criterion.final_summary();
}
