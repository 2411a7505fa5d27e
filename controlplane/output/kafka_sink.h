// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "controlplane/output/sink.h"

namespace mimir::controlplane {

struct KafkaOptions {
  std::string brokers;  ///< "host:9092,host:9092"
  std::string topic;
  bool is_tls = false;
  std::string
      ca_path;  ///< PEM: who signs the brokers' certificates; empty: whom the machine trusts
};

/// Produces each alert as one message without a key, acknowledged by all replicas in sync,
/// in order and by an idempotent producer; what is tried again after a fault may be there
/// twice. A message the broker will never take (too large) is refused.
///
/// Threads: librdkafka has its own. Null, with the reason, if it takes no such options.
[[nodiscard]] std::unique_ptr<Sink> make_kafka_sink(const KafkaOptions& options,
                                                    std::string& fault);

}  // namespace mimir::controlplane
