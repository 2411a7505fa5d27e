// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "model/learn/model.h"
#include "tools/evaluation/learner.h"

namespace mimir::evaluation {

/// A model as it came from its file: fit() changes nothing. Scores are those of
/// learn::score() and learn::combine(), as the appliance has them.
/// REQUIRES: the dataset has the model's granularities; the model outlives it.
[[nodiscard]] std::unique_ptr<Learner> model_learner(const learn::Model& model);

/// The same family, fitted anew by learn::train() to whatever it is given: lasso on scaled
/// invariants, and a lasso that combines the granularities.
[[nodiscard]] std::unique_ptr<Learner> lasso_learner();

/// The published prototype: its columns, scaling, lasso and thresholds, as
/// `mimir train --prototype` has them. REQUIRES: datasets with its columns.
[[nodiscard]] std::unique_ptr<Learner> prototype_learner();

}  // namespace mimir::evaluation
