//! Spectral band replication, from the definitions at [`Kernels`](crate::Kernels).

/// Real and imaginary part.
type Complex = (f32, f32);

/// `a` times the conjugate of `b`.
fn times_conjugate(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 + a.1 * b.1, a.1 * b.0 - a.0 * b.1)
}

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn plus(a: Complex, b: Complex) -> Complex {
    (a.0 + b.0, a.1 + b.1)
}

fn square(a: Complex) -> f32 {
    a.0 * a.0 + a.1 * a.1
}

/// Panics unless there are three slots; gives the index of the last one.
#[track_caller]
pub(crate) fn check_covariance(low: &[[[f32; 32]; 2]]) -> usize {
    assert!(low.len() >= 3, "{} slots", low.len());
    low.len() - 1
}

pub(crate) fn sbr_covariance(sums: &mut [[f32; 32]; 8], low: &[[[f32; 32]; 2]]) {
    let last = check_covariance(low);
    for i in 0..32 {
        let x = |n: usize| (low[n][0][i], low[n][1][i]);
        // The sums have all but their first or last terms in common.
        let (mut squares, mut next, mut second) = (0.0, (0.0, 0.0), (0.0, 0.0));
        for n in 2..last {
            squares += square(x(n - 1));
            next = plus(next, times_conjugate(x(n), x(n - 1)));
            second = plus(second, times_conjugate(x(n), x(n - 2)));
        }
        let p01 = plus(next, times_conjugate(x(last), x(last - 1)));
        let p02 = plus(second, times_conjugate(x(last), x(last - 2)));
        let p12 = plus(times_conjugate(x(1), x(0)), next);
        sums[0][i] = squares + square(x(last - 1));
        sums[1][i] = square(x(0)) + squares;
        (sums[2][i], sums[3][i]) = p01;
        (sums[4][i], sums[5][i]) = p02;
        (sums[6][i], sums[7][i]) = p12;
    }
}

/// Panics unless the arguments of `sbr_generate` fit each other; gives the band behind the last patch.
#[track_caller]
pub(crate) fn check_generate(
    y: &[[[f32; 64]; 2]],
    low: &[[[f32; 32]; 2]],
    first: usize,
    patches: &[(usize, usize)],
) -> usize {
    assert!(low.len() >= y.len() + 2, "{} slots from {}", y.len(), low.len());
    let mut end = first;
    for &(start, bands) in patches {
        assert!(start <= 32 && bands <= 32 - start, "bands {start} + {bands}");
        end = end.saturating_add(bands);
    }
    assert!(end <= 64, "band {end}");
    end
}

pub(crate) fn sbr_generate(
    y: &mut [[[f32; 64]; 2]],
    low: &[[[f32; 32]; 2]],
    first: usize,
    patches: &[(usize, usize)],
    filters: &[[f32; 80]; 4],
) {
    check_generate(y, low, first, patches);
    for (i, slot) in y.iter_mut().enumerate() {
        let mut q = first;
        for &(start, bands) in patches {
            for p in start..start + bands {
                let x = |n: usize| (low[n][0][p], low[n][1][p]);
                let (a, b) = ((filters[0][q], filters[1][q]), (filters[2][q], filters[3][q]));
                (slot[0][q], slot[1][q]) = plus(plus(x(i + 2), times(a, x(i + 1))), times(b, x(i)));
                q += 1;
            }
        }
    }
}

pub(crate) fn sbr_energy(sums: &mut [f32; 64], y: &[[[f32; 64]; 2]]) {
    *sums = [0.0; 64];
    for slot in y {
        for i in 0..64 {
            sums[i] += square((slot[0][i], slot[1][i]));
        }
    }
}

pub(crate) fn sbr_assemble(slot: &mut [[f32; 64]; 2], gains: &[f32; 64], noises: &[f32; 64], random: [&[f32; 64]; 2]) {
    for i in 0..64 {
        slot[0][i] = slot[0][i] * gains[i] + noises[i] * random[0][i];
        slot[1][i] = slot[1][i] * gains[i] + noises[i] * random[1][i];
    }
}
