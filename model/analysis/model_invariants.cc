// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/model_invariants.h"

#include <utility>

namespace mimir::analysis {

invariant::Options invariants_of(const learn::ModelContext& context,
                                 graph::Observation observation) {
  invariant::KnownDestinations known;
  for (const learn::ServiceNetworks& each : context.destinations) {
    auto& networks = known[each.service];
    for (const std::string& text : each.networks) {
      if (const auto network = entity::parse_cidr(text)) networks.push_back(*network);
    }
  }
  return {.observation = observation,
          .form = context.is_prototype ? invariant::Form::kPrototype : invariant::Form::kIntended,
          .sensitive_service = context.sensitive_service,
          .destinations = std::move(known),
          .pod_laws = context.pod_laws};
}

}  // namespace mimir::analysis
