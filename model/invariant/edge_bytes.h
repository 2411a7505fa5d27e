// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// What one service sent another, in bytes: no invariant by itself, but what the law of
/// sizes (learn/law.h) and first contacts (learn/first_contact.h) are made of.
///
/// Columns `bytes(A>B)`, A != B, their VIPs included. NaN where neither sent the other
/// anything; 0 where only the other direction did.
/// Cost: O(e + s^2), e edges between s services.
class EdgeBytes final : public Invariant {
 public:
  explicit EdgeBytes(const Services& services);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  const Services& services_;
  PairColumns column_of_;
  std::vector<std::string> columns_;
};

}  // namespace mimir::invariant
