// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/detector/finding.h"
#include "model/detector/party.h"

namespace mimir::detector {

/// What need not be reported, until when, and why.
struct Suppression {
  std::optional<Kind> kind{};  ///< none: every kind
  std::string source{};        ///< a service, a pod, an address or a range; empty: anybody
  std::string target{};        ///< the same of every target; empty: anybody
  std::uint16_t port = 0;      ///< one that every target was tried at; 0: any
  TimeNs until_ns = 0;         ///< exclusive, in packet time
  std::string reason{};

  friend bool operator==(const Suppression&, const Suppression&) = default;
};

/// Applies suppressions and keeps count of them.
///
/// Threads: one owner. Cost: a comparison of names for each finding and suppression;
/// findings are few.
class Suppressor {
 public:
  explicit Suppressor(std::vector<Suppression> suppressions);

  /// Others take their place. One that stays, stays with its counts; what others suppressed
  /// stays in the sum.
  void replace(std::vector<Suppression> suppressions);

  /// Whether one of them covers the finding. One that has expired covers nothing, but
  /// that it would have is counted.
  [[nodiscard]] bool covers(const Finding& finding, const Resolver& resolver);

  struct Use {
    Suppression suppression;
    std::uint64_t suppressed_count = 0;
    std::uint64_t expired_count = 0;  ///< findings it would have covered, had it not ended
  };
  [[nodiscard]] const std::vector<Use>& uses() const { return uses_; }
  [[nodiscard]] std::uint64_t suppressed_count() const;

 private:
  std::vector<Use> uses_;
  std::uint64_t replaced_count_ = 0;  ///< suppressed by those that are gone
};

}  // namespace mimir::detector
