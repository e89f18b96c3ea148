// hiredis's reply reader and command formatter, and nothing else of it: sockets are SwiftNIO's.
//
// Only the argv form of the formatter can be called from Swift (the others are variadic), and only
// it is safe for bytes that may hold anything. `redisReaderSetPrivdata` is a macro that casts a
// pointer to int, so it has a typed counterpart here.
#pragma once
#include <stddef.h>
#include <hiredis.h>
#include <read.h>

/// Hands `privdata` to the object functions: it shows as `privdata` of every read task.
static inline void hb_redis_reader_set_context(redisReader *reader, void *context) {
    reader->privdata = context;
}

/// Bytes that were fed but do not make a whole reply yet, as far as the reader still keeps them.
static inline size_t hb_redis_reader_unread(const redisReader *reader) {
    return reader->len - reader->pos;
}
