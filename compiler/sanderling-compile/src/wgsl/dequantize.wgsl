
fn value(i: u32) -> f32 {
    let channel = i / INNER % SIZE;
    let v = bitcast<i32>(input_long(i).x) - bitcast<i32>(params_word(2u * channel + 1u));
    return f32(v) * params_real(2u * channel);
}
