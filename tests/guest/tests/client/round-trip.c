/* Compresses a file and gives it back: both by the library that was built beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "zstd.h"

static char *read_whole(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    if (!file || fseek(file, 0, SEEK_END)) { perror(path); exit(1); }
    *length = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) { perror(path); exit(1); }
    fclose(file);
    return bytes;
}

static void write_whole(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) { perror(path); exit(1); }
}

int main(int count, char **words)
{
    size_t length, packed_length, room;
    char *bytes, *packed, *again;
    if (count != 4) { fprintf(stderr, "usage: round-trip FILE PACKED AGAIN\n"); return 2; }
    bytes = read_whole(words[1], &length);
    room = ZSTD_compressBound(length);
    packed = malloc(room);
    packed_length = ZSTD_compress(packed, room, bytes, length, 3);
    if (ZSTD_isError(packed_length)) { fprintf(stderr, "%s\n", ZSTD_getErrorName(packed_length)); return 1; }
    write_whole(words[2], packed, packed_length);
    packed = read_whole(words[2], &packed_length);
    again = malloc(length + 1);
    if (ZSTD_decompress(again, length, packed, packed_length) != length) { fprintf(stderr, "damaged\n"); return 1; }
    write_whole(words[3], again, length);
    printf("round trip of %lu bytes through %lu\n", (unsigned long)length, (unsigned long)packed_length);
    return 0;
}
