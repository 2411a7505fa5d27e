// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/graph/observation.h"
#include "model/invariant/registry.h"
#include "model/learn/model.h"

namespace mimir::analysis {

/// The columns that a model was learned from.
[[nodiscard]] invariant::Options invariants_of(const learn::ModelContext& context,
                                               graph::Observation observation);

}  // namespace mimir::analysis
