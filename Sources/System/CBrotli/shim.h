// brotli's encoder (RFC 7932): static files compressed once, when they are read. Its library is in the process
// through libcurl already.
#include <brotli/encode.h>
