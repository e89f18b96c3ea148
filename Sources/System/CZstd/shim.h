// zstd: files of order IDs that are read, in the form of RFC 8878.
#include <zstd.h>
