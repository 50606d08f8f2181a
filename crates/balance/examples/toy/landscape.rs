//! The two losses of two parameters on which multi-task methods are shown since CAGrad: steep, bent and in conflict above
//! x₂ = 0, two bowls below, whose Pareto front is a line.
//!
//! With a₁ = ln max(|½(−x₁−7) − tanh(−x₂)|, l) + 6, a₂ = ln max(|½(−x₁+3) + tanh(−x₂) + 2|, l) + 6, l = 5·10⁻⁶,
//! c₁ = max(tanh(½x₂), 0), c₂ = max(tanh(−½x₂), 0), q₁ = ((−x₁+7)² + ⅒(−x₂−8)²)/10 − 20 and
//! q₂ = ((−x₁−7)² + ⅒(−x₂−8)²)/10 − 20: L₁ = a₁c₁ + q₁c₂, L₂ = a₂c₁ + q₂c₂.
//!
//! Source: Liu et al. 2021, CAGrad, appendix. Where a maximum is at its bound both sides are let through, as PyTorch does, which
//! decides at x₂ = 0 alone.

/// Where both losses cannot fall together: x₂, for x₁ from −7 to 7.
pub(crate) const FRONT: f64 = -8.3552;

const LOWER: f64 = 5e-6;

/// The losses and their gradients `[task][parameter]`.
pub(crate) struct Seen {
    pub(crate) losses: [f64; 2],
    pub(crate) gradients: [[f64; 2]; 2],
}

/// Both at a point.
pub(crate) fn look([x1, x2]: [f64; 2]) -> Seen {
    // tanh(−x₂) falls by 1 − tanh² in x₂.
    let bend = (-x2).tanh();
    let fall = 1.0 - bend * bend;
    let first = steep(0.5 * (-x1 - 7.0) - bend, [-0.5, fall]);
    let second = steep(0.5 * (-x1 + 3.0) + bend + 2.0, [-0.5, -fall]);
    let half = (0.5 * x2).tanh();
    let slope = 0.5 * (1.0 - half * half);
    let above = (half.max(0.0), if half >= 0.0 { slope } else { 0.0 });
    let below = ((-half).max(0.0), if half <= 0.0 { -slope } else { 0.0 });
    let first = joined(first, bowl(x1 - 7.0, x2), above, below);
    let second = joined(second, bowl(x1 + 7.0, x2), above, below);
    Seen {
        losses: [first.0, second.0],
        gradients: [first.1, second.1],
    }
}

type Valued = (f64, [f64; 2]);

/// ln max(|u|, l) + 6, given u and its gradient.
fn steep(value: f64, gradient: [f64; 2]) -> Valued {
    if value.abs() >= LOWER {
        let slopes = gradient.map(|slope| slope / value);
        (value.abs().ln() + 6.0, slopes)
    } else {
        (LOWER.ln() + 6.0, [0.0, 0.0])
    }
}

/// (x² + ⅒(x₂+8)²)/10 − 20, x being how far the bowl's middle is away.
fn bowl(x: f64, x2: f64) -> Valued {
    let y = x2 + 8.0;
    ((x * x + 0.1 * y * y) / 10.0 - 20.0, [0.2 * x, 0.02 * y])
}

/// `up`·`above` + `down`·`below`, of which the last two depend on x₂ alone.
fn joined(up: Valued, down: Valued, above: (f64, f64), below: (f64, f64)) -> Valued {
    let value = up.0 * above.0 + down.0 * below.0;
    let across = up.1[0] * above.0 + down.1[0] * below.0;
    let along = up.1[1] * above.0 + up.0 * above.1 + down.1[1] * below.0 + down.0 * below.1;
    (value, [across, along])
}
