//! SplitMix64: the small generator in which the project states its golden numbers.
//!
//! s ← s + 0x9E3779B97F4A7C15; z = s; z = (z ⊕ z≫30) · 0xBF58476D1CE4E5B9; z = (z ⊕ z≫27) · 0x94D049BB133111EB;
//! out = z ⊕ z≫31, all modulo 2⁶⁴. A uniform draw is ((out ≫ 11) + ½) · 2⁻⁵³, a normal one √(−2 ln u₁) cos(2π u₂).
//! Source: Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators; Box and Muller 1958.
//!
//! Ten lines in any language, so that another implementation can check the same numbers. Training draws from
//! [`Seed`](crate::Seed) instead.

/// The generator.
///
/// ```
/// use polytask_random::SplitMix64;
///
/// let mut draws = SplitMix64::new(1);
/// assert_eq!(draws.word(), 0x910a_2dec_8902_5cc1);
/// ```
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator that starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// 64 uniform bits.
    pub fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = self.state;
        let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// Uniform on (0, 1).
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.word() >> 11) as f64 + 0.5) * STEP
    }

    /// Standard normal; takes two uniform draws.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Normal draws, row by row.
    pub fn normals(&mut self, rows: usize, columns: usize) -> Vec<Vec<f64>> {
        (0..rows)
            .map(|_| (0..columns).map(|_| self.normal()).collect())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Golden: information.md 7.1, from an implementation in Python.
    #[test]
    fn the_golden_numbers_of_seed_one() {
        let mut words = SplitMix64::new(1);
        assert_eq!(words.word(), 0x910a_2dec_8902_5cc1);
        assert_eq!(words.word(), 0xbeeb_8da1_658e_ec67);
        let mut uniforms = SplitMix64::new(1);
        assert_eq!(uniforms.uniform(), 0.566_561_575_172_281);
        assert_eq!(uniforms.uniform(), 0.745_781_757_262_701_2);
        let mut normals = SplitMix64::new(1);
        for golden in [-0.028_249_746_095_854_695, -0.227_919_522_867_635_17] {
            // Another library's logarithm and cosine may differ in the last bit.
            assert!((normals.normal() - golden).abs() < 1e-15);
        }
    }
}
