/* Runs an artifact on a PC: c-host MODEL.sndl INPUT...
 *
 * Each INPUT is a file of the bytes of an input, in the model's order. Inputs and outputs are described, the model proves
 * itself, and the outputs are printed as real numbers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanderling.h>

static void fail(const char *what, const char *why) {
    fprintf(stderr, "error: %s: %s\n", what, why);
    exit(1);
}

static void must(SanderlingStatus status, const char *what) {
    if (status != SANDERLING_STATUS_OK) {
        fail(what, sanderling_message(status));
    }
}

/* A whole file, aligned as the library likes it. The caller frees it. */
static uint8_t *read_file(const char *path, size_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(path, "cannot be read");
    }
    const long size = ftell(file);
    rewind(file);
    /* Such sizes are multiples of the alignment. */
    uint8_t *data = size < 0 ? NULL : aligned_alloc(16, ((size_t)size + 16) / 16 * 16);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        fail(path, "cannot be read");
    }
    fclose(file);
    *bytes = (size_t)size;
    return data;
}

static void describe(const char *kind, size_t index, const SanderlingTensor *tensor) {
    static const char *const elements[] = {"i8", "u8", "f32", "i32", "i64", "bool", "f16", "i16"};
    printf("%s %zu %.*s %s[", kind, index, (int)tensor->name_bytes, tensor->name, elements[tensor->element]);
    for (uint32_t i = 0; i < tensor->rank; i++) {
        printf(i == 0 ? "%u" : "x%u", tensor->shape[i]);
    }
    printf("] scale %.9g zero point %d\n", tensor->scale, tensor->zero_point);
}

static void print_values(const SanderlingTensor *tensor) {
    if (tensor->element == SANDERLING_ELEMENT_F32) {
        for (size_t i = 0; i < tensor->bytes / 4; i++) {
            float value;
            memcpy(&value, tensor->data + 4 * i, 4);
            printf(" %.5f", value);
        }
    } else if (tensor->element == SANDERLING_ELEMENT_I8 && tensor->scale != 0) {
        for (size_t i = 0; i < tensor->bytes; i++) {
            printf(" %.5f", (double)tensor->scale * ((int8_t)tensor->data[i] - tensor->zero_point));
        }
    } else {
        for (size_t i = 0; i < tensor->bytes; i++) {
            printf(" %02x", tensor->data[i]);
        }
    }
    printf("\n");
}

int main(int count, char **arguments) {
    if (count < 2) {
        fail("usage", "c-host MODEL.sndl INPUT...");
    }
    size_t artifact_bytes;
    uint8_t *artifact = read_file(arguments[1], &artifact_bytes);
    SanderlingContext model = {0};
    SanderlingInfo info;
    must(sanderling_load(&model, artifact, artifact_bytes), arguments[1]);
    must(sanderling_info(&model, &info), arguments[1]);
    uint8_t *arena = aligned_alloc(16, (info.arena_bytes + 16) / 16 * 16);
    must(sanderling_start(&model, arena, info.arena_bytes), "arena");
    printf("arena %zu bytes, %llu multiply-accumulates\n", info.arena_bytes, (unsigned long long)info.macs);
    must(sanderling_self_test(&model), "self-test");

    SanderlingTensor tensor;
    for (size_t i = 0; i < info.inputs; i++) {
        must(sanderling_input(&model, i, &tensor), "input");
        describe("input", i, &tensor);
        if (i + 2 >= (size_t)count) {
            fail("usage", "an input is missing");
        }
        size_t bytes;
        uint8_t *data = read_file(arguments[i + 2], &bytes);
        must(sanderling_write_input(&model, i, data, bytes), arguments[i + 2]);
        free(data);
    }
    must(sanderling_run(&model), "run");
    for (size_t i = 0; i < info.outputs; i++) {
        must(sanderling_output(&model, i, &tensor), "output");
        describe("output", i, &tensor);
        print_values(&tensor);
    }
    free(arena);
    free(artifact);
    return 0;
}
