
// Integers of 64 bits, low word first.
fn long_sum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn long_negative(a: vec2<u32>) -> vec2<u32> {
    return long_sum(~a, vec2<u32>(1u, 0u));
}

fn long_product(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = (a.x & 0xffffu) * (b.x & 0xffffu);
    let left = (a.x >> 16u) * (b.x & 0xffffu);
    let right = (a.x & 0xffffu) * (b.x >> 16u);
    let middle = (low >> 16u) + (left & 0xffffu) + (right & 0xffffu);
    let high = (a.x >> 16u) * (b.x >> 16u) + (left >> 16u) + (right >> 16u) + (middle >> 16u);
    return vec2<u32>((low & 0xffffu) | (middle << 16u), high + a.x * b.y + a.y * b.x);
}

fn long_is_less(a: vec2<u32>, b: vec2<u32>) -> bool {
    return bitcast<i32>(a.y) < bitcast<i32>(b.y) || (a.y == b.y && a.x < b.x);
}

fn long_least(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return select(b, a, long_is_less(a, b));
}

fn long_most(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return select(a, b, long_is_less(a, b));
}

// Toward zero; 0 where the divisor is.
fn long_quotient(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    if (all(b == vec2<u32>())) {
        return b;
    }
    let n = select(a, long_negative(a), bitcast<i32>(a.y) < 0);
    let d = select(b, long_negative(b), bitcast<i32>(b.y) < 0);
    var quotient = vec2<u32>();
    var rest = vec2<u32>();
    for (var k = 63; k >= 0; k--) {
        let bit = (select(n.x, n.y, k >= 32) >> (bitcast<u32>(k) & 31u)) & 1u;
        rest = vec2<u32>((rest.x << 1u) | bit, (rest.y << 1u) | (rest.x >> 31u));
        quotient = vec2<u32>(quotient.x << 1u, (quotient.y << 1u) | (quotient.x >> 31u));
        if (rest.y > d.y || (rest.y == d.y && rest.x >= d.x)) {
            rest = long_sum(rest, long_negative(d));
            quotient.x |= 1u;
        }
    }
    return select(quotient, long_negative(quotient), bitcast<i32>(a.y ^ b.y) < 0);
}

// a^b, wrapping; for exponents that are negative or beyond 32 bits the real power, toward zero and saturating.
fn long_power(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let one = vec2<u32>(1u, 0u);
    let most = vec2<u32>(0xffffffffu, 0x7fffffffu);
    let is_odd = (b.x & 1u) == 1u;
    if (b.y != 0u) {
        let is_negative = bitcast<i32>(b.y) < 0;
        if (all(a == one) || all(a == vec2<u32>(0xffffffffu))) {
            return select(one, a, is_odd);
        }
        if (all(a == vec2<u32>())) {
            return select(a, most, is_negative);
        }
        if (is_negative) {
            return vec2<u32>();
        }
        return select(most, ~most, is_odd && bitcast<i32>(a.y) < 0);
    }
    var result = one;
    var square = a;
    for (var rest = b.x; rest != 0u; rest >>= 1u) {
        if ((rest & 1u) == 1u) {
            result = long_product(result, square);
        }
        square = long_product(square, square);
    }
    return result;
}
