//! Text to the host, without `core::fmt`: it would be larger than the runtime.

use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hio;

/// Prints text.
pub fn print(text: &str) {
    if let Ok(mut out) = hio::hstdout() {
        let _ = out.write_all(text.as_bytes());
    }
}

/// Prints `key value`.
pub fn print_number(key: &str, value: u64) {
    let mut digits = [0; 20];
    let mut rest = value;
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    print(key);
    print(" ");
    let number = digits.get(digits.len() - used..).unwrap_or(&[]);
    print(core::str::from_utf8(number).unwrap_or(""));
    print("\n");
}

/// Prints `key` and bytes in hexadecimal.
pub fn print_hex(key: &str, bytes: &[u8]) {
    print(key);
    print(" ");
    for chunk in bytes.chunks(64) {
        let mut text = [0; 128];
        for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
            let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        let used = text.get(..chunk.len() * 2).unwrap_or(&[]);
        print(core::str::from_utf8(used).unwrap_or(""));
    }
    print("\n");
}

/// Ends the emulation.
pub fn exit(is_success: bool) -> ! {
    debug::exit(if is_success { EXIT_SUCCESS } else { EXIT_FAILURE });
    loop {
        cortex_m::asm::wfi();
    }
}
