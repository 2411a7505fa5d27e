// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/entity/address_text.h"
#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// Where each service is known to send over connections that it opens itself, by the name
/// of the service.
using KnownDestinations = std::map<std::string, std::vector<entity::Cidr>, std::less<>>;

/// A service that training saw with more networks is a client of the world: what is new
/// among them says nothing.
inline constexpr std::size_t kKnownNetworkMax = 16;

/// What a service sent outside, to networks that training did not see it send to:
///
///   bytes(A>elsewhere) = sum of the bytes over connections that A opened to such networks
///
/// NaN where there is nothing of it, which in training is everywhere: the column counts as
/// a first contact (learn/first_contact.h). None for a service with more than
/// kKnownNetworkMax networks. Cost: O(d log k), d destinations, k known.
class NewDestination final : public Invariant {
 public:
  NewDestination(const Services& services, const KnownDestinations& known);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  const Services& services_;
  std::vector<std::size_t> column_of_;            // by slot; columns_.size() for none
  std::vector<std::vector<entity::Cidr>> known_;  // by column, ascending
  std::vector<std::string> columns_;
};

}  // namespace mimir::invariant
