
// Not by comparison, which compilers may take for always true.
fn is_nan(v: f32) -> bool {
    return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

fn quiet_nan() -> f32 {
    var bits = 0x7fc00000u;
    return bitcast<f32>(bits);
}

// 2^n for n from -126 to 127.
fn power_of_two(n: i32) -> f32 {
    return bitcast<f32>(bitcast<u32>(n + 127) << 23u);
}

// exp(v) to the last bits: devices may compute theirs with an error that grows with v.
fn exponential(v: f32) -> f32 {
    if (is_nan(v)) {
        return v;
    }
    let n = round(clamp(v, -104.0, 89.0) * 1.44269504);
    // ln 2 in two parts, so that the first product is exact.
    let r = fma(n, -1.42860677e-6, fma(n, -0.693145752, clamp(v, -104.0, 89.0)));
    var p = fma(r, 1.98412698e-4, 1.38888889e-3);
    p = fma(r, p, 8.33333333e-3);
    p = fma(r, p, 4.16666667e-2);
    p = fma(r, p, 1.66666667e-1);
    p = fma(r, p, 0.5);
    p = fma(r * r, p, r) + 1.0;
    // In two steps, for the ends of the range.
    let half = i32(n) / 2;
    return p * power_of_two(half) * power_of_two(i32(n) - half);
}

// exp(v) - 1
fn exponential_less_one(v: f32) -> f32 {
    if (abs(v) < 0.5) {
        var p = fma(v, 2.75573192e-6, 2.48015873e-5);
        p = fma(v, p, 1.98412698e-4);
        p = fma(v, p, 1.38888889e-3);
        p = fma(v, p, 8.33333333e-3);
        p = fma(v, p, 4.16666667e-2);
        p = fma(v, p, 1.66666667e-1);
        p = fma(v, p, 0.5);
        return fma(v * v, p, v);
    }
    return exponential(v) - 1.0;
}

fn sigmoid(v: f32) -> f32 {
    return 1.0 / (1.0 + exponential(-v));
}

fn hyperbolic_tangent(v: f32) -> f32 {
    let e = exponential_less_one(-2.0 * abs(v));
    return select(-e / (e + 2.0), e / (e + 2.0), v < 0.0);
}

// The natural logarithm of 1 + v for v of at least 0.
fn logarithm_of_one_more(v: f32) -> f32 {
    let u = 1.0 + v;
    if (u == 1.0) {
        return v;
    }
    return logarithm(u) * v / (u - 1.0);
}

fn logarithm(v: f32) -> f32 {
    let bits = bitcast<u32>(v);
    if (is_nan(v) || bits == 0x7f800000u) {
        return v;
    }
    if (v == 0.0) {
        var lowest = 0xff800000u;
        return bitcast<f32>(lowest);
    }
    if (v < 0.0) {
        return quiet_nan();
    }
    // v = m * 2^n with m around 1.
    var n = i32(bits >> 23u) - 127;
    var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
    if (m > 1.41421356) {
        m *= 0.5;
        n++;
    }
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    var p = fma(z, 0.0909090909, 0.111111111);
    p = fma(z, p, 0.142857143);
    p = fma(z, p, 0.2);
    p = fma(z, p, 0.333333333);
    let small = 2.0 * s * fma(z, p, 1.0);
    return fma(f32(n), 0.693145752, fma(f32(n), 1.42860677e-6, small));
}

// The error function: a series near 0, elsewhere its complement as in Numerical Recipes (erfcc, to 1.2e-7).
fn error_function(v: f32) -> f32 {
    let x = abs(v);
    if (x < 1.0) {
        let z = v * v;
        var p = fma(z, -1.32275132e-5, 1.06837607e-4);
        p = fma(z, p, -7.57575758e-4);
        p = fma(z, p, 4.62962963e-3);
        p = fma(z, p, -0.0238095238);
        p = fma(z, p, 0.1);
        p = fma(z, p, -0.333333333);
        return 1.12837917 * fma(v * z, p, v);
    }
    let t = 1.0 / (1.0 + 0.5 * x);
    var p = fma(t, 0.17087277, -0.82215223);
    p = fma(t, p, 1.48851587);
    p = fma(t, p, -1.13520398);
    p = fma(t, p, 0.27886807);
    p = fma(t, p, -0.18628806);
    p = fma(t, p, 0.09678418);
    p = fma(t, p, 0.37409196);
    p = fma(t, p, 1.00002368);
    let e = 1.0 - t * exponential(-x * x - 1.26551223 + t * p);
    return select(e, -e, v < 0.0);
}
