#include "board.h"

/* Semihosting: the emulator sees the breakpoint and does what r0 asks. */
static uintptr_t host(uintptr_t operation, uintptr_t argument) {
    register uintptr_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT = 0x18, OPEN_W = 4 };

static void write_bytes(const char *text, size_t count) {
    static uintptr_t console;
    if (console == 0) {
        const uintptr_t open[3] = {(uintptr_t) ":tt", OPEN_W, 3};
        console = host(SYS_OPEN, (uintptr_t)open);
    }
    const uintptr_t write[3] = {console, (uintptr_t)text, count};
    host(SYS_WRITE, (uintptr_t)write);
}

void print(const char *text) {
    size_t count = 0;
    while (text[count] != 0) {
        count++;
    }
    write_bytes(text, count);
}

void print_number(const char *key, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(key);
    print(" ");
    write_bytes(digits + at, sizeof digits - at);
    print("\n");
}

void print_hex(const char *key, const uint8_t *bytes, size_t count) {
    print(key);
    print(" ");
    for (size_t i = 0; i < count; i++) {
        const char pair[2] = {"0123456789abcdef"[bytes[i] >> 4], "0123456789abcdef"[bytes[i] & 15]};
        write_bytes(pair, 2);
    }
    print("\n");
}

void print_digest(const char *key, uint64_t digest) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(digest >> (56 - 8 * i));
    }
    print_hex(key, bytes, sizeof bytes);
}

_Noreturn void leave(int is_success) {
    /* "Application exit" and "run-time error". */
    host(SYS_EXIT, is_success ? 0x20026 : 0x20023);
    for (;;) {
    }
}

/* SysTick counts down with a clock of 25 MHz; with -icount shift=0 an instruction takes one virtual nanosecond. */
#define SYST_CSR (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018u)
enum { INSTRUCTIONS_PER_TICK = 40, TICKS_MAX = 0xffffff, CORE_CLOCK = 4, ENABLE = 1 };

static uint32_t clock_began;

void clock_start(void) {
    SYST_RVR = TICKS_MAX;
    SYST_CVR = 0;
    SYST_CSR = CORE_CLOCK | ENABLE;
    clock_began = SYST_CVR;
}

uint64_t clock_instructions(void) {
    return (uint64_t)((clock_began - SYST_CVR) & TICKS_MAX) * INSTRUCTIONS_PER_TICK;
}

/* Painted below the stack pointer; deeper use is not seen. */
enum { PAINTED_BYTES = 16 * 1024, MARGIN_BYTES = 128 };
static const uint32_t paint = 0x5a5a5a5a;
static uintptr_t stack_began;

static uintptr_t stack_pointer(void) {
    uintptr_t pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer & ~(uintptr_t)7;
}

void stack_paint(void) {
    stack_began = stack_pointer();
    /* The margin covers the frames of this function and of the exceptions, of which there are none. */
    for (uintptr_t at = stack_began - PAINTED_BYTES; at < stack_began - MARGIN_BYTES; at += 4) {
        *(volatile uint32_t *)at = paint;
    }
}

size_t stack_high_water_bytes(void) {
    uintptr_t at = stack_began - PAINTED_BYTES;
    while (at < stack_began && *(volatile uint32_t *)at == paint) {
        at += 4;
    }
    return stack_began - at;
}
