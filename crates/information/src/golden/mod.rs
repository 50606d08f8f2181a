//! The numbers of the specification, and the generator that makes their data.

mod continuous;
mod discrete;
mod grouping;
mod report;
mod representation;
mod residual;
mod structure;
mod usable;

/// SplitMix64: the generator of all reproducible data here.
pub(crate) struct SplitMix(pub u64);

impl SplitMix {
    pub(crate) fn raw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.raw() >> 11) as f64 + 0.5) * (-53.0f64).exp2()
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn normals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.normal()).collect()
    }
}

/// Equal to 1e-9 relative, or to the digits the specification prints.
#[track_caller]
pub(crate) fn near(found: f64, wanted: f64) {
    within(found, wanted, 1e-9 * wanted.abs().max(1e-3) + 1e-10);
}

#[track_caller]
pub(crate) fn within(found: f64, wanted: f64, tolerance: f64) {
    assert!(
        (found - wanted).abs() <= tolerance,
        "{found} is not {wanted} within {tolerance}"
    );
}

#[test]
fn the_generator_is_the_specified_one() {
    let mut raw = SplitMix(1);
    assert_eq!(
        [raw.raw(), raw.raw()],
        [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67]
    );
    let mut uniform = SplitMix(1);
    within(uniform.uniform(), 0.566_561_575_172_281, 1e-15);
    within(uniform.uniform(), 0.745_781_757_262_701_2, 1e-15);
    let mut normal = SplitMix(1);
    within(normal.normal(), -0.028_249_746_095_854_695, 1e-15);
    within(normal.normal(), -0.227_919_522_867_635_17, 1e-15);
}
