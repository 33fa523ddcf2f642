/* From reset to main: memory as C expects it, floating point on. */

#include <stdint.h>

#include "board.h"

int main(void);
void reset(void);

extern uint32_t stack_top[];
extern uint32_t data_start[], data_end[], data_load[];
extern uint32_t bss_start[], bss_end[];

/* Access to coprocessors 10 and 11, which are the FPU. */
#define CPACR (*(volatile uint32_t *)0xe000ed88u)

static void fault(void) {
    print("error a fault of the CPU\n");
    leave(0);
}

/* Stack, reset, and the sixteen exceptions of the core; interrupts of the chip stay off. */
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,     (uintptr_t)fault, (uintptr_t)fault,
};

void reset(void) {
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n isb" ::: "memory");
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    main();
    leave(1);
}
