// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/record/payload_fact.h"
#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// DNS that nobody can read: TLS to a resolver that anybody may use, told by its address, by
/// the name asked for, or by the port (DNS over TLS, RFC 7858; DNS over HTTPS, RFC 8484).
/// In a cluster everybody asks the cluster's own resolver; who does not may carry anything
/// in the names, unseen by DnsTunnel.
///
/// Threads: one owner. Memory: fixed. Cost: that of the window's TLS facts.
class EncryptedDns {
 public:
  static constexpr std::size_t kPairCountMax = 4096;

  explicit EncryptedDns(const Resolver& resolver) : resolver_(resolver), pairs_(kPairCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Pair {
    TimeNs last_ns = 0;
    TimeNs reported_ns = 0;  ///< 0: never
    std::uint64_t count = 0;
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  const Resolver& resolver_;
  BoundedTable<Pair> pairs_;
};

}  // namespace mimir::detector
