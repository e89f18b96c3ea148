// librdkafka, the whole public API. The mock cluster's header is experimental upstream (no ABI promise
// between versions): only LocalCluster.swift may use names that begin with rd_kafka_mock_.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/prctl.h>

/// Names the calling thread, beside the library's own "rdk:..." threads in top and gdb; cut to 15 bytes.
/// prctl is variadic, and pthread_setname_np hides behind _GNU_SOURCE: Swift can call neither.
static inline void hb_rdkafka_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
