
// What a row has in common: its largest value, and the reciprocal of its sum with its exponent.
var<private> row: u32 = 0xffffffffu;
var<private> largest: i32;
var<private> scale: i32;
var<private> exponent: u32;

fn value(i: u32) -> i32 {
    if (i / DEPTH != row) {
        enter_row(i / DEPTH);
    }
    let d = input_byte(i) - largest;
    if (d < DIFF_MIN) {
        return -128;
    }
    let probability = divide_by_power(high_mul(scale, exponential(d)), exponent);
    return clamp(probability - 128, -128, 127);
}

fn enter_row(r: u32) {
    row = r;
    largest = -128;
    for (var k = 0u; k < DEPTH; k++) {
        largest = max(largest, input_byte(r * DEPTH + k));
    }
    var sum = 0;
    for (var k = 0u; k < DEPTH; k++) {
        let d = input_byte(r * DEPTH + k) - largest;
        if (d >= DIFF_MIN) {
            sum += divide_by_power(exponential(d), 12u);
        }
    }
    let headroom = countLeadingZeros(bitcast<u32>(sum));
    scale = one_over_one_plus(bitcast<i32>((bitcast<u32>(sum) << (headroom & 31u)) - 0x80000000u));
    exponent = bitcast<u32>(clamp(35 - i32(headroom), 0, 31));
}

// exp of a difference, with 31 fraction bits.
fn exponential(d: i32) -> i32 {
    let x = rescale(d, MULTIPLIER, SHIFT);
    let quarter = 1 << 24u;
    let reduced = (x & (quarter - 1)) - quarter;
    var result = exp_on_last_quarter(reduced << 5u);
    let rest = reduced - x;
    var powers = array<i32, 7>(1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242);
    for (var k = 0u; k < 7u; k++) {
        if ((rest & (quarter << k)) != 0) {
            result = high_mul(result, powers[k]);
        }
    }
    return select(result, 0x7fffffff, x == 0);
}

// exp of what lies in [-1/4, 0), both with 31 fraction bits.
fn exp_on_last_quarter(a: i32) -> i32 {
    let c = 1895147668;
    let x = a + (1 << 28u);
    let x2 = high_mul(x, x);
    let x3 = high_mul(x2, x);
    let x4 = high_mul(x2, x2);
    let tail = divide_by_power(high_mul(divide_by_power(x4, 2u) + x3, 715827883) + x2, 1u);
    let product = high_mul(c, x + tail);
    let sum = c + product;
    return select(sum, 0x7fffffff, product > 0 && sum < 0);
}

// 1 / (1 + x) for x in [0, 1), both with 31 fraction bits.
fn one_over_one_plus(x: i32) -> i32 {
    let half = bitcast<i32>((bitcast<u32>(x) + 0x80000000u) >> 1u);
    var guess = 1515870810 + high_mul(half, -1010580540);
    for (var step = 0u; step < 3u; step++) {
        guess += saturating_times(high_mul(guess, (1 << 29u) - high_mul(half, guess)), 2u);
    }
    return saturating_times(guess, 1u);
}

// x * 2^n
fn saturating_times(x: i32, n: u32) -> i32 {
    let most = 0x7fffffff >> n;
    if (x > most) {
        return 0x7fffffff;
    }
    return select(x << n, bitcast<i32>(0x80000000u), x < -most - 1);
}
