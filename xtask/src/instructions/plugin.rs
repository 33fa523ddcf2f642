//! A plugin of QEMU that counts the instructions of the emulated program.
//!
//! Compiled by itself, by `cargo xtask instructions`, to a library that QEMU loads; at the end the count is the last line
//! on standard error.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The version of QEMU's plugin interface; QEMU 9 refuses the first.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = if cfg!(first_interface) { 1 } else { 2 };

static COUNT: AtomicUsize = AtomicUsize::new(0);

type Translated = extern "C" fn(u64, *mut c_void);
type Executed = extern "C" fn(c_uint, *mut c_void);
type AtExit = extern "C" fn(u64, *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: u64, callback: Translated);
    fn qemu_plugin_tb_n_insns(block: *const c_void) -> usize;
    fn qemu_plugin_register_vcpu_tb_exec_cb(block: *mut c_void, callback: Executed, flags: c_int, data: *mut c_void);
    fn qemu_plugin_register_atexit_cb(id: u64, callback: AtExit, data: *mut c_void);
}

/// Called by QEMU when it loads the plugin.
#[unsafe(no_mangle)]
pub extern "C" fn qemu_plugin_install(id: u64, _info: *const c_void, _count: c_int, _arguments: *mut *mut c_char) -> c_int {
    // SAFETY: QEMU gave the id, and the callbacks have the types of its interface.
    unsafe {
        qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
        qemu_plugin_register_atexit_cb(id, at_exit, std::ptr::null_mut());
    }
    0
}

/// A block was translated: each time that it runs, its instructions count.
extern "C" fn translated(_id: u64, block: *mut c_void) {
    // SAFETY: QEMU gave the block; the datum is a number that nothing dereferences. 0: no registers are read.
    unsafe {
        let instructions = qemu_plugin_tb_n_insns(block);
        qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, std::ptr::without_provenance_mut(instructions));
    }
}

extern "C" fn executed(_cpu: c_uint, instructions: *mut c_void) {
    COUNT.fetch_add(instructions.addr(), Ordering::Relaxed);
}

extern "C" fn at_exit(_id: u64, _data: *mut c_void) {
    eprintln!("{}", COUNT.load(Ordering::Relaxed));
}
