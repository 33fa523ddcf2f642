/* What this board's program uses of the board: text to the host, a clock that counts instructions, the depth of the stack. */

#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Prints text. */
void print(const char *text);
/* Prints `key value`. */
void print_number(const char *key, uint64_t value);
/* Prints `key` and bytes in hexadecimal. */
void print_hex(const char *key, const uint8_t *bytes, size_t count);
/* Prints `key` and a number in 16 hexadecimal digits. */
void print_digest(const char *key, uint64_t digest);
/* Ends the emulation. */
_Noreturn void leave(int is_success);

/* Starts to count instructions. */
void clock_start(void);
/* Instructions since `clock_start`, to 40, if they are fewer than 671 million. */
uint64_t clock_instructions(void);

/* Paints the free stack. */
void stack_paint(void);
/* Bytes of stack that were used, below the caller's, since it was painted. */
size_t stack_high_water_bytes(void);

#endif
