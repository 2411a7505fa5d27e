// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// Which part of the bytes that leave the cluster a service sends:
///
///   share(A) = w(A > outside) / sum over B of w(B > outside)
///
/// Columns `external_share(A)`, A not outside. 0 for a service that sends nothing
/// out while others do; NaN when nothing leaves.
/// Cost: O(e), e edges between services.
class ExternalShare final : public Invariant {
 public:
  explicit ExternalShare(const Services& services);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  const Services& services_;
  std::vector<std::uint32_t> column_of_;  // by slot; that of outside is not used
  std::vector<std::string> columns_;
};

}  // namespace mimir::invariant
