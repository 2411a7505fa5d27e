// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/json.h"
#include "model/learn/model.h"

namespace mimir::learn {

// A model and its parts as a model file has them: what is compared or shown of a model is
// what is kept of it. Cost: linear in what they hold.

[[nodiscard]] config::Json to_json(const Model& model);
[[nodiscard]] config::Json to_json(const Feature& feature);
[[nodiscard]] config::Json to_json(const Confusion& counts);
[[nodiscard]] config::Json to_json(const EdgeBaseline& edge);
[[nodiscard]] config::Json to_json(const PodLaw& law);

}  // namespace mimir::learn
