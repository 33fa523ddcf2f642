
// An output element: its image, the top left corner of its window, and its channel.
struct Place {
    image: u32,
    y: i32,
    x: i32,
    c: u32,
}

fn place(i: u32) -> Place {
    let pixel = i / OUT_C;
    let row = pixel / OUT_W;
    let y = i32(row % OUT_H * STRIDE_H) - i32(PAD_TOP);
    let x = i32(pixel % OUT_W * STRIDE_W) - i32(PAD_LEFT);
    return Place(row / OUT_H, y, x, i % OUT_C);
}

fn is_inside(y: i32, x: i32) -> bool {
    return y >= 0 && y < i32(IN_H) && x >= 0 && x < i32(IN_W);
}

// The pixel of an image at coordinates inside.
fn pixel_at(image: u32, y: i32, x: i32) -> u32 {
    return (image * IN_H + u32(y)) * IN_W + u32(x);
}
