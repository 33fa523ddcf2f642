/* Runs whatever artifact and samples the host has put into memory, and says what the Rust firmware of this board says:
 * `SANDERLING_FIRMWARE=target/firmware.elf sanderling verify MODEL.sndl --backend qemu` reads it. */

#include <sanderling.h>

#include "board.h"

/* Where the host's loader puts the artifact: the flash above the program. */
#define ARTIFACT ((const uint8_t *)0x00100000u)
/* Where it puts the samples: their length as a word, then their bytes. The upper half of the 16 MB of PSRAM. */
#define SAMPLES ((const uint8_t *)0x21800000u)
/* The arena may fill the lower half. */
#define ARENA ((uint8_t *)0x21000000u)
enum { HALF_BYTES = 8 << 20, ARTIFACT_BYTES_MAX = 3 << 20 };

static SanderlingContext model;

static _Noreturn void fail(const char *why) {
    print("error ");
    print(why);
    print("\n");
    leave(0);
}

static void must(SanderlingStatus status) {
    if (status != SANDERLING_STATUS_OK) {
        fail(sanderling_message(status));
    }
}

static uint32_t word(const uint8_t *at) {
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static void self_test(void) {
    const SanderlingStatus status = sanderling_self_test(&model);
    if (status == SANDERLING_STATUS_OK) {
        print("self_test passed\n");
    } else if (status == SANDERLING_STATUS_SELF_TEST_OUTPUTS) {
        print("self_test outputs differ\n");
    } else if (status == SANDERLING_STATUS_SELF_TEST_TRACE) {
        print("self_test a layer differs\n");
    } else {
        fail(sanderling_message(status));
    }
}

static void measure(void) {
    stack_paint();
    must(sanderling_run(&model));
    print_number("stack_high_water_bytes", stack_high_water_bytes());
    clock_start();
    must(sanderling_run(&model));
    print_number("instructions", clock_instructions());
}

/* Runs inputs that lie one behind another, and prints the outputs of each and a digest of all layers. */
static void run_samples(const SanderlingInfo *info) {
    const uint8_t *sample = SAMPLES + 4;
    size_t left = word(SAMPLES);
    must(sanderling_reset(&model));
    while (left > 0) {
        SanderlingTensor tensor;
        for (size_t i = 0; i < info->inputs; i++) {
            must(sanderling_input(&model, i, &tensor));
            if (tensor.bytes > left) {
                return;
            }
            must(sanderling_write_input(&model, i, sample, tensor.bytes));
            sample += tensor.bytes;
            left -= tensor.bytes;
        }
        uint64_t trace;
        must(sanderling_run_traced(&model, &trace));
        print_digest("sample_trace", trace);
        for (size_t i = 0; i < info->outputs; i++) {
            must(sanderling_output(&model, i, &tensor));
            print_hex("output", tensor.data, tensor.bytes);
        }
    }
}

int main(void) {
    uint32_t artifact_bytes = word(ARTIFACT + 8);
    if (artifact_bytes > ARTIFACT_BYTES_MAX) {
        artifact_bytes = ARTIFACT_BYTES_MAX;
    }
    must(sanderling_load(&model, ARTIFACT, artifact_bytes));
    SanderlingInfo info;
    must(sanderling_info(&model, &info));
    print_number("arena_bytes", info.arena_bytes);
    if (info.arena_bytes > HALF_BYTES) {
        fail("the board has too little RAM for the arena");
    }
    /* One byte less must be refused before anything runs. */
    if (info.arena_bytes > 0 &&
        sanderling_start(&model, ARENA, info.arena_bytes - 1) != SANDERLING_STATUS_ARENA) {
        fail("an arena that is too small was accepted");
    }
    must(sanderling_start(&model, ARENA, info.arena_bytes));
    self_test();
    uint64_t outputs, trace;
    must(sanderling_digests(&model, info.seed, &outputs, &trace));
    print_digest("digest", outputs);
    print_digest("trace", trace);
    measure();
    run_samples(&info);
    return 0;
}
