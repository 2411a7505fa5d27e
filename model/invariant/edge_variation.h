// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// How unevenly the bytes from one service to another spread over their pairs of
/// pods: standard deviation (of the population) over mean of the edges' bytes. A
/// load balancer keeps it where it is.
///
/// Columns `edge_variation(A>B)`, A != B, between pods; VIPs take no part. NaN
/// without an edge, 0 of a single one. kPrototype: A <= B only, the constant 0 for
/// A = B, and edges to B's VIP take part.
/// Cost: O(m).
class EdgeVariation final : public Invariant {
 public:
  EdgeVariation(const Services& services, Form form);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  [[nodiscard]] std::uint32_t column(const graph::PodNode& source,
                                     const graph::PodNode& target) const;

  const Services& services_;
  Form form_;
  PairColumns column_of_;
  std::vector<std::string> columns_;
  std::vector<std::uint64_t> count_;  // by column, as the next two
  std::vector<double> mean_;
  std::vector<double> squares_;
};

}  // namespace mimir::invariant
