#pragma once
// librdkafka, the whole public API. The mock cluster's header is experimental upstream (no ABI promise
// between versions): only LocalCluster.swift may use names that begin with rd_kafka_mock_.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
