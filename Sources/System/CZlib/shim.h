// zlib: static files compressed once, when they are read, and files of order IDs read, in gzip form (RFC 1952).
// Its library is in the process through libcurl already.
#include <zlib.h>

// deflateInit2 is a macro that carries the header's version; Swift sees functions only.
static inline int hongbao_deflate_init_gzip(z_stream *stream, int level) {
    // 15 window bits + 16: gzip's header and trailer around it; 9: the most memory, for the smallest output.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
}

// inflateInit2 is such a macro too. 15 window bits + 16: gzip's header and trailer, and nothing else.
static inline int hongbao_inflate_init_gzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}
