// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// How much of what two services send each other is answered in kind:
///
///   r(A,B) = sum over i != j of min(w_ij, w_ji) / sum over all edges of w_ij
///
/// over the edges between the endpoints of A and of B, their VIPs included; for
/// A = B over the edges within A. Weighted reciprocity of Squartini, Picciolo,
/// Ruzzenenti, Garlaschelli, "Reciprocity of weighted networks" (2013).
///
/// Columns `reciprocity(A,B)`, A <= B; none for outside with itself. NaN without
/// traffic. kPrototype: -1 then, and outside with itself too.
/// Cost: O(m log d), m edges, d the largest out-degree.
class Reciprocity final : public Invariant {
 public:
  Reciprocity(const Services& services, Form form);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  const Services& services_;
  Form form_;
  PairColumns column_of_;
  std::vector<std::string> columns_;
  std::vector<std::uint64_t> mutual_;  // by column, as the next
  std::vector<std::uint64_t> total_;
};

}  // namespace mimir::invariant
