/* Sanderling for C: runs artifacts (.sndl) in memory that the caller gives.
 *
 *     static SanderlingContext model;
 *     SanderlingInfo info;
 *     SanderlingTensor input, output;
 *     sanderling_load(&model, artifact, artifact_bytes);       checks everything, once
 *     sanderling_info(&model, &info);
 *     sanderling_start(&model, arena, info.arena_bytes);
 *     sanderling_input(&model, 0, &input);
 *     sanderling_output(&model, 0, &output);
 *     memcpy(input.data, features, input.bytes);               before each run
 *     sanderling_run(&model);                                  then output.data
 *
 * Every function returns a SanderlingStatus that says what went wrong; sanderling_message has words for it. Nothing is
 * allocated, nothing has to be closed, nothing prints. Sizes are in bytes. Null pointers are refused.
 *
 * Written by `cargo xtask header`; do not edit.
 */

#ifndef SANDERLING_H
#define SANDERLING_H

#include <stddef.h>
#include <stdint.h>

// Words of 8 bytes in a `SanderlingContext`: 320 bytes.
#define SANDERLING_CONTEXT_WORDS 40

// Most dimensions of an input or output.
#define SANDERLING_RANK_MAX 8

// What a function returns: 0 where it did what it says, and otherwise has changed nothing but what its page names.
enum SanderlingStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Done.
    SANDERLING_STATUS_OK = 0,
    // A pointer is null, not aligned, or its bytes would go beyond the address space.
    SANDERLING_STATUS_NULL = 1,
    // The context holds no model.
    SANDERLING_STATUS_NOT_LOADED = 2,
    // The model has no arena yet.
    SANDERLING_STATUS_NOT_STARTED = 3,
    // The arena lies over the artifact or the context.
    SANDERLING_STATUS_OVERLAP = 4,
    // The buffer has too few bytes, or an input not as many as it takes.
    SANDERLING_STATUS_SIZE = 5,
    // The model has no input or output of this number.
    SANDERLING_STATUS_INDEX = 6,
    // The arena has fewer bytes than `SanderlingInfo.arena_bytes`.
    SANDERLING_STATUS_ARENA = 7,
    // The bytes are no artifact.
    SANDERLING_STATUS_MAGIC = 16,
    // The artifact is of another format version.
    SANDERLING_STATUS_VERSION = 17,
    // The artifact needs a newer runtime.
    SANDERLING_STATUS_RUNTIME = 18,
    // The artifact has not as many bytes as it says.
    SANDERLING_STATUS_LENGTH = 19,
    // The artifact is damaged.
    SANDERLING_STATUS_HASH = 20,
    // The artifact's table of sections contradicts itself.
    SANDERLING_STATUS_SECTION = 21,
    // The artifact needs kernels of a kind that this library lacks.
    SANDERLING_STATUS_FEATURES = 22,
    // The artifact's program breaks off.
    SANDERLING_STATUS_PROGRAM = 23,
    // The artifact calls a kernel that this library lacks.
    SANDERLING_STATUS_KERNEL = 24,
    // A kernel call contradicts itself or reaches outside its memory.
    SANDERLING_STATUS_CALL = 25,
    // An input, output or state contradicts itself or lies outside the arena.
    SANDERLING_STATUS_IO = 26,
    // The artifact has changed since it was loaded.
    SANDERLING_STATUS_CHANGED = 27,
    // The self-test's outputs are not the compiler's.
    SANDERLING_STATUS_SELF_TEST_OUTPUTS = 32,
    // The self-test's outputs are the compiler's, but not what every layer wrote.
    SANDERLING_STATUS_SELF_TEST_TRACE = 33,
    // Some error that this version of the header has no number for.
    SANDERLING_STATUS_OTHER = 63,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum SanderlingStatus SanderlingStatus;
#else
typedef int32_t SanderlingStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The type of an input's or output's elements, which are little-endian.
enum SanderlingElement
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // `int8_t`
    SANDERLING_ELEMENT_I8 = 0,
    // `uint8_t`
    SANDERLING_ELEMENT_U8 = 1,
    // `float`
    SANDERLING_ELEMENT_F32 = 2,
    // `int32_t`
    SANDERLING_ELEMENT_I32 = 3,
    // `int64_t`
    SANDERLING_ELEMENT_I64 = 4,
    // One byte, 0 or 1.
    SANDERLING_ELEMENT_BOOL = 5,
    // IEEE 754 half precision.
    SANDERLING_ELEMENT_F16 = 6,
    // `int16_t`
    SANDERLING_ELEMENT_I16 = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum SanderlingElement SanderlingElement;
#else
typedef uint32_t SanderlingElement;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What the library knows of a loaded model. The caller gives the memory and never looks inside.
//
// Set it to zero before its first use: `SanderlingContext context = {0};`. It owns nothing, so that nothing has to be
// closed: it may be dropped, or loaded anew, whenever no call on it runs. One thread at a time may use it.
typedef struct {
    // Private.
    uint64_t opaque[SANDERLING_CONTEXT_WORDS];
} SanderlingContext;

// What a loaded model needs and has.
typedef struct {
    // Bytes of the arena: the whole need of memory, inputs, outputs, states and scratch included.
    size_t arena_bytes;
    // An upper bound for the stack of a run on the model's target, in bytes.
    size_t stack_bytes;
    // Number of inputs.
    size_t inputs;
    // Number of outputs.
    size_t outputs;
    // Multiply-accumulates of a run.
    uint64_t macs;
    // The seed of the self-test's inputs, for `sanderling_digests`.
    uint32_t seed;
} SanderlingInfo;

// An input or output of a model.
typedef struct {
    // Its name in UTF-8, `name_bytes` long and not terminated. It lies in the artifact and lives as long.
    const char *name;
    // Bytes of the name.
    size_t name_bytes;
    // Its elements in the arena; null until the model is started. See `sanderling_input` and `sanderling_output`.
    uint8_t *data;
    // Bytes of all elements.
    size_t bytes;
    // The type of an element.
    SanderlingElement element;
    // `real = scale * (stored - zero_point)`; 0 where the elements are not quantized.
    float scale;
    // See `scale`.
    int32_t zero_point;
    // Dimensions in use.
    uint32_t rank;
    // The dimensions, in elements; those that are not in use are 0.
    uint32_t shape[SANDERLING_RANK_MAX];
} SanderlingTensor;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// What a status means and what to do: one line of English, terminated by zero. It lives as long as the program; nobody frees
// it. Numbers that are no status have a message too.
const char *sanderling_message(int32_t status);

// The release of this library: major times 2^16, plus minor times 2^8, plus patch.
uint32_t sanderling_release(void);

// Checks an artifact, once and wholly, and puts what is known of it into `context`.
//
// `artifact` points to `artifact_bytes` bytes, in flash or memory, best aligned to 16. They stay the caller's and must stay
// there, unchanged, as long as the context is used; the library reads them in place. `context` may hold another model, which
// is forgotten, also where this one is refused. Time is linear in the bytes.
//
// Returns `SANDERLING_STATUS_NULL` for null pointers, and otherwise what is wrong with the artifact.
SanderlingStatus sanderling_load(SanderlingContext *context,
                                 const uint8_t *artifact,
                                 size_t artifact_bytes);

// Writes what the model needs to `info`, which is the caller's. The model has to be loaded, not started.
SanderlingStatus sanderling_info(const SanderlingContext *context, SanderlingInfo *info);

// Lends the model the memory that it works in, and sets its states to their start.
//
// `arena` points to at least `SanderlingInfo.arena_bytes` bytes, best aligned to 16; it may not lie over the artifact or the
// context. It stays the caller's, who leaves it alone, inputs and outputs excepted, as long as the context is used. Starting
// again, with this arena or another, starts afresh.
//
// Returns `SANDERLING_STATUS_NULL`, `_NOT_LOADED`, `_ARENA` where there are too few bytes, or `_OVERLAP`; then the arena is
// untouched, and the model has the arena that it had.
SanderlingStatus sanderling_start(SanderlingContext *context,
                                  uint8_t *arena,
                                  size_t arena_bytes);

// Describes input `index` in `tensor`, which is the caller's.
//
// Write its elements to `tensor->data` before each run: runs use their memory for other things. The place is the same until
// the model is started with another arena.
//
// Returns `SANDERLING_STATUS_INDEX` where the model has no such input.
SanderlingStatus sanderling_input(const SanderlingContext *context,
                                  size_t index,
                                  SanderlingTensor *tensor);

// Describes output `index` in `tensor`, which is the caller's.
//
// Its elements are at `tensor->data` from a run until an input is written. The place is the same until the model is started
// with another arena.
//
// Returns `SANDERLING_STATUS_INDEX` where the model has no such output.
SanderlingStatus sanderling_output(const SanderlingContext *context,
                                   size_t index,
                                   SanderlingTensor *tensor);

// Copies `bytes` bytes from `from` to input `index`. They must be as many as the input has: `SANDERLING_STATUS_SIZE`
// otherwise, and nothing is copied.
SanderlingStatus sanderling_write_input(SanderlingContext *context,
                                        size_t index,
                                        const uint8_t *from,
                                        size_t bytes);

// Copies output `index` to `to`, which has room for `bytes` bytes. They must be at least as many as the output has:
// `SANDERLING_STATUS_SIZE` otherwise, and nothing is copied. Bytes beyond the output's are left as they are.
SanderlingStatus sanderling_read_output(const SanderlingContext *context,
                                        size_t index,
                                        uint8_t *to,
                                        size_t bytes);

// Computes the outputs from the inputs. Takes no more stack than `SanderlingInfo.stack_bytes` on the model's target.
//
// Returns `SANDERLING_STATUS_NOT_STARTED` where there is no arena, and `_CHANGED` where the artifact is no longer what was
// loaded.
SanderlingStatus sanderling_run(SanderlingContext *context);

// As `sanderling_run`, and writes a digest (FNV-1a-64) over what every kernel call wrote to `trace`, which is the caller's.
// Equal inputs and states give equal digests on every machine where the model computes with integers.
SanderlingStatus sanderling_run_traced(SanderlingContext *context,
                                       uint64_t *trace);

// Sets the states to what they were when the model was started. Models without states have nothing to set.
SanderlingStatus sanderling_reset(SanderlingContext *context);

// Runs the model on generated inputs and compares with what the compiler computed. Overwrites inputs and outputs; the states
// start afresh.
//
// Returns `SANDERLING_STATUS_SELF_TEST_OUTPUTS` or `_SELF_TEST_TRACE` where the device computes something else: the model must not
// be used on it.
SanderlingStatus sanderling_self_test(SanderlingContext *context);

// Runs the model on inputs generated from `seed`, from fresh states, and writes two digests (FNV-1a-64) where the caller wants
// them: of all outputs, and of what every kernel call wrote. Overwrites inputs, outputs and states.
SanderlingStatus sanderling_digests(SanderlingContext *context,
                                    uint32_t seed,
                                    uint64_t *outputs,
                                    uint64_t *trace);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SANDERLING_H */
